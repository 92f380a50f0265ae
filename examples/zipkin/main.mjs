// The quickstart into Zipkin: no DSN, only its name; the address is that of Zipkin's own page.
import { SpanKind } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({
  backend: 'zipkin', // at http://localhost:9411; or 'zipkin://host:9411', or OTEL_EXPORTER_ZIPKIN_ENDPOINT
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
  console.log(traceUrl(main))
})

const { delivered, dropped } = await shutdown()
console.log({ delivered, dropped })
