// The quickstart: a trace of three spans, one of them with a recorded error, and the address where it can be seen.
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({
  // dsn: 'https://<token>@api.uptrace.dev', or the environment variable UPTRACE_DSN
  serviceName: 'myservice',
  serviceVersion: '1.0.0',
  deploymentEnvironment: 'development',
})

const tracer = trace.getTracer('app_or_package_name', '1.0.0')

const main = tracer.startSpan('main-operation')
await context.with(trace.setSpan(context.active(), main), async () => {
  await tracer.startActiveSpan('GET /posts/:id', { kind: SpanKind.SERVER }, async (span) => {
    span.setAttributes({ 'http.request.method': 'GET', 'http.route': '/posts/:id', 'url.path': '/posts/123' })
    await pause(5)
    span.recordException(new Error('post 123 is not there'))
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'post 123 is not there' })
    span.end()
  })
  await tracer.startActiveSpan('SELECT', { kind: SpanKind.CLIENT }, async (span) => {
    span.setAttributes({ 'db.system.name': 'mysql', 'db.query.text': 'SELECT * FROM posts LIMIT 100' })
    await pause(2)
    span.end()
  })
})
main.end()

console.log(traceUrl(main))
await shutdown()

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
