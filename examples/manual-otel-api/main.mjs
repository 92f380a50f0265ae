// Spans, attributes, events, links and context with nothing but the OpenTelemetry API.
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

const tracer = trace.getTracer('manual', '1.0.0') // taken early: it works once telemetry is configured

configureOpentelemetry({ serviceName: 'manual-example' })

// active for as long as the function runs, also across awaits
const headers = await tracer.startActiveSpan('checkout', { kind: SpanKind.SERVER }, async (span) => {
  span.setAttributes({ 'cart.items': 3, 'user.id': 'u-17' })
  span.addEvent('payment authorised', { 'payment.provider': 'bank' })

  const child = tracer.startSpan('write receipt')
  await context.with(trace.setSpan(context.active(), child), async () => {
    trace.getActiveSpan().setAttribute('receipt.pages', 1)
  })
  child.end()

  const carrier = {}
  propagation.inject(context.active(), carrier) // what an HTTP client would send
  span.setStatus({ code: SpanStatusCode.OK })
  span.end()
  console.log(traceUrl(span))
  return carrier
})

// the other side: a span that continues the trace, and one that only points at it
const remote = propagation.extract(context.active(), headers)
tracer.startSpan('ship', { kind: SpanKind.CONSUMER }, remote).end()
tracer.startSpan('nightly report', { links: [{ context: trace.getSpanContext(remote) }], root: true }).end()

await shutdown()
