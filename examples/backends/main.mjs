// One program, one changed word: UPTRACE_BACKEND says where its trace and its metric go, and the program does not.
import { setTimeout } from 'node:timers/promises'
import { metrics, SpanKind, trace } from '@opentelemetry/api'
import { configureOpentelemetry, registerBackend, shutdown, traceUrl, withSpan } from 'uptrace-node'

// a back end of your own: OTLP, with a key, and a page for each trace
registerBackend('ours', {
  endpoint: 'http://localhost:4318',
  headers: () => ({ 'x-api-key': process.env.OURS_API_KEY ?? '' }),
  siteUrl: 'http://localhost:8080',
  traceUrl: '{site}/t/{traceId}#{spanId}',
})

configureOpentelemetry({ serviceName: 'shop', serviceVersion: '1.0.0' })

const orders = metrics.getMeter('shop').createCounter('shop.orders', { description: 'orders that were paid' })
const earlier = trace.getTracer('shop').startSpan('reserve', { kind: SpanKind.PRODUCER, root: true })
earlier.end()

withSpan('checkout', { kind: SpanKind.SERVER, attributes: { 'http.route': '/checkout', items: 3 } }, (checkout) => {
  const link = { context: earlier.spanContext(), attributes: { reason: 'reserved before' } }
  withSpan(
    'charge',
    { kind: SpanKind.CLIENT, attributes: { 'server.address': 'bank.example' }, links: [link] },
    (charge) => {
      charge.addEvent('retry', { attempt: 2, reason: 'timeout' })
      charge.setStatus({ code: 2, message: 'the card was declined' })
    },
  )
  withSpan('receipt', { kind: SpanKind.PRODUCER, attributes: { 'messaging.system': 'kafka' } }, () => {})
  orders.add(3, { country: 'DE' })
  const { traceId } = checkout.spanContext()
  console.log(traceUrl(checkout) || `trace ${traceId}`)
})

// Prometheus asks for metrics, so the program has to be there: `node main.mjs 60` stays for a minute
await setTimeout(Number(process.argv[2] ?? 0) * 1000)
await shutdown()
