// What is deployed. NODE_OPTIONS=--import uptrace-node/register and UPTRACE_DSN are set on the function.
const { trace } = require('@opentelemetry/api')
const { traceUrl, withSpan } = require('uptrace-node')

exports.handler = async (event) => {
  console.log(traceUrl(trace.getActiveSpan()))
  await withSpan('resize', { attributes: { 'image.name': event.name } }, () => {})
  return { statusCode: 200 }
}
