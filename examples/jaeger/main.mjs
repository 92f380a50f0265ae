// The quickstart into Jaeger: no DSN, only the OTLP endpoint; the address is that of Jaeger's own page.
import { SpanKind } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({
  ...(!process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT && { endpoint: 'http://localhost:4318' }),
  siteUrl: `${process.env.JAEGER_UI_URL ?? 'http://localhost:16686'}/trace/{traceId}?uiFind={spanId}`,
  serviceName: 'myservice',
  metricsEnabled: false, // Jaeger takes traces only
  loggingEnabled: false,
})

withSpan('main-operation', (main) => {
  try {
    withSpan('GET /posts/:id', { kind: SpanKind.SERVER, attributes: { 'http.route': '/posts/:id' } }, () => {
      throw new Error('post 123 is not there')
    })
  } catch {
    // withSpan has recorded it
  }
  withSpan(
    'SELECT',
    { kind: SpanKind.CLIENT, attributes: { 'db.query.text': 'SELECT * FROM posts LIMIT 100' } },
    () => {},
  )
  console.log(traceUrl(main))
})

await shutdown()
