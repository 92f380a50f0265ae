// pino lines carry the ids of the active span and are sent as log records; nothing but configureOpentelemetry is needed.

import pino from 'pino'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'pino-example' })

const log = pino({ base: undefined, timestamp: false })

withSpan('order 7', (span) => {
  const orders = log.child({ module: 'orders' })
  orders.info({ order: { id: 7 } }, 'stock is checked')
  try {
    throw new RangeError('out of stock')
  } catch (error) {
    orders.error(error, 'order failed')
  }
  console.log(traceUrl(span))
})

log.info('outside of a span: no ids')
await shutdown()
