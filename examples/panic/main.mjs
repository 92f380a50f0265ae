// A program that dies: the error is recorded and sent before the process ends, and the end is as it would be.

import { configureOpentelemetry, reportPanic, traceUrl, withSpan } from 'uptrace-node'

// uncaught errors are recorded by themselves as well; here it is done by hand, as with ReportPanic of uptrace-go
configureOpentelemetry({ serviceName: 'panic-example', captureUncaught: false })

await withSpan('import users', async (span) => {
  console.log(traceUrl(span))
  try {
    JSON.parse('{"name": ')
  } catch (error) {
    await reportPanic(error)
    throw error
  }
})
