// winston: lines carry the ids of the active span and are sent as log records.

import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'
import winston from 'winston'

configureOpentelemetry({ serviceName: 'winston-example' })

const log = winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Console()] })

withSpan('order 7', (span) => {
  log.info('stock is checked', { order: 7 })
  log.error('order failed', { reason: 'out of stock' })
  console.log(traceUrl(span))
})

log.info('outside of a span: no ids')
await shutdown()
