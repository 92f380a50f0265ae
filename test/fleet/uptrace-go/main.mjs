// Sends what main.go beside it sends, by this package.
import { metrics, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { logs, SeverityNumber } from '@opentelemetry/api-logs'
import { configureOpentelemetry, shutdown, traceUrl } from 'uptrace-node'

configureOpentelemetry({
  serviceName: 'shop',
  serviceVersion: '1.2.3',
  deploymentEnvironment: 'testing',
  resourceAttributes: { team: 'orders' },
})

const tracer = trace.getTracer('app', '0.1.0')
tracer.startActiveSpan('checkout', (parent) => {
  const attributes = { text: 'a', int: 7, float: 1.5, whole: 2, flag: true, list: ['a', 'b'], ints: [1, 2] }
  const links = [{ context: parent.spanContext(), attributes: { n: 1 } }]
  const child = tracer.startSpan('GET /posts/:id', { kind: SpanKind.CLIENT, links, attributes })
  child.addEvent('picked', { shelf: 'b' })
  child.recordException(new Error('post 123 is not there'))
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'post 123 is not there' })
  child.end()

  const meter = metrics.getMeter('app', '0.1.0')
  meter.createCounter('shop.orders', { unit: '{order}', description: 'Orders taken' }).add(3, { country: 'fr' })
  meter.createUpDownCounter('shop.orders.open').add(2)
  meter.createHistogram('shop.order.duration', { unit: 's' }).record(0.25)
  meter.createGauge('shop.queue.length').record(4)
  meter.createObservableCounter('shop.visits').addCallback((result) => result.observe(9))

  const record = {
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    body: 'stock is low',
    attributes: { left: 2 },
  }
  logs.getLogger('app', '0.1.0').emit(record)

  parent.end()
  console.log(traceUrl(parent))
})

await shutdown()
