// A program that only writes a file; its lines have the ids of the span they were written in.

import pino from 'pino'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'shop', logs: { sending: false } })

const log = pino(pino.destination({ dest: process.argv[2], sync: true }))

withSpan('order 7', (span) => {
  log.info({ order: 7 }, 'stock is checked')
  log.warn('stock is low')
  console.log(traceUrl(span))
})
await shutdown()
