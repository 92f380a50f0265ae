// bunyan: lines carry the ids of the active span and are sent as log records.

import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'bunyan-example' })

// bunyan hands out a function, which is taken at once by an import: so it is loaded after, or node is started with --import uptrace-node/register
const { default: bunyan } = await import('bunyan')
const log = bunyan.createLogger({ name: 'orders' })

withSpan('order 7', (span) => {
  log.info({ order: 7 }, 'stock is checked')
  log.error({ reason: 'out of stock' }, 'order failed')
  console.log(traceUrl(span))
})

log.info('outside of a span: no ids')
await shutdown()
