// TypeScript as Node runs it, without a build: types of the package, of options and of helpers.

import type { Span } from '@opentelemetry/api'
import {
  type ConfigureOptions,
  configureOpentelemetry,
  type FlushResult,
  shutdown,
  traceUrl,
  withSpan,
} from 'uptrace-node'

interface Order {
  readonly id: number
  readonly total: number
}

const options: ConfigureOptions = { serviceName: 'typescript-example', resourceAttributes: { team: 'shop' } }
configureOpentelemetry(options)

// the type of what the function returns is the type of the call
const order: Order = await withSpan('load order', async (span: Span): Promise<Order> => {
  span.setAttribute('order.id', 7)
  console.log(traceUrl(span))
  return { id: 7, total: 42 }
})
console.log(`order ${order.id}: ${order.total}`)

const { dropped }: FlushResult = await shutdown()
console.log(`${dropped} items were dropped`)
