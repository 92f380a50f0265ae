// Three ways to record an error: by the function that throws it, by hand, and before the process ends.
import { configureOpentelemetry, reportError, reportPanic, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'errors-example' })

// what the function throws is recorded with its stack, the status becomes Error, and the error goes on
await withSpan('load user', async (span) => {
  console.log(traceUrl(span))
  throw new TypeError('user 7 has no name')
}).catch(() => {})

// an error that is handled: an event on the active span, which goes on
withSpan('read cache', (span) => {
  reportError(new Error('cache is cold'), { 'cache.key': 'user:7' })
  console.log(traceUrl(span))
})

// outside of any span it gets one of its own
reportError(new Error('a timer failed'))

// status Error, and everything is sent before the promise resolves: the process may end now
await reportPanic(new Error('the disk is gone'))

await shutdown()
