// Metrics that Prometheus fetches, traces that are sent: the page at http://localhost:9464/metrics.

import { metrics } from '@opentelemetry/api'
import { configureOpentelemetry, shutdown, traceUrl, withSpan } from 'uptrace-node'

// usually set outside
process.env.OTEL_METRICS_EXPORTER ??= 'prometheus'
process.env.OTEL_EXPORTER_PROMETHEUS_HOST ??= '127.0.0.1'
process.env.OTEL_EXPORTER_PROMETHEUS_PORT ??= '9464'

configureOpentelemetry({ serviceName: 'prometheus-example' })

const orders = metrics.getMeter('shop').createCounter('shop.orders', { description: 'Orders taken' })
withSpan('take orders', (span) => {
  orders.add(3, { country: 'fr' })
  console.log(traceUrl(span))
})

// as Prometheus does it, every 15 s
await new Promise((resolve) => setTimeout(resolve, 500))
const { OTEL_EXPORTER_PROMETHEUS_HOST: host, OTEL_EXPORTER_PROMETHEUS_PORT: port } = process.env
const page = await (await fetch(`http://${host}:${port}/metrics`)).text()
console.log(page.split('\n').find((line) => line.startsWith('shop_orders_total')))
await shutdown()
