// All seven instruments. They are sent every 15 seconds, and at shutdown; delta temporality unless told otherwise.
import { metrics } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

configureOpentelemetry({ serviceName: 'metrics-example' })

const meter = metrics.getMeter('shop', '1.0.0')

const orders = meter.createCounter('shop.orders', { unit: '{order}', description: 'orders taken' })
const open = meter.createUpDownCounter('shop.orders.open', { unit: '{order}' })
const duration = meter.createHistogram('shop.order.duration', { unit: 'ms' })
const queue = meter.createGauge('shop.queue.length', { unit: '{order}' })

let visits = 0
let carts = 3
meter.createObservableCounter('shop.visits').addCallback((result) => result.observe(visits, { page: 'home' }))
meter.createObservableUpDownCounter('shop.carts').addCallback((result) => result.observe(carts))
meter
  .createObservableGauge('process.memory', { unit: 'By' })
  .addCallback((result) => result.observe(process.memoryUsage.rss()))

withSpan('take orders', (span) => {
  for (let id = 1; id <= 5; id++) {
    orders.add(1, { country: id % 2 ? 'NL' : 'DE' })
    open.add(1)
    duration.record(10 * id, { country: id % 2 ? 'NL' : 'DE' })
    queue.record(5 - id)
    visits += 2
  }
  open.add(-4)
  carts -= 1
  console.log(traceUrl(span))
})

await shutdown()
