// The quickstart into Jaeger: no DSN, only its name; the address is that of Jaeger's own page.
import { SpanKind } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({
  backend: 'jaeger', // takes traces only, at http://localhost:4318; or 'jaeger://host:4318'
  siteUrl: process.env.JAEGER_UI_URL ?? 'http://localhost:16686',
  serviceName: 'myservice',
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
