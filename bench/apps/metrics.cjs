/** Ten measurements a request by counters, histograms and gauges of the application. */
const { metrics } = require('@opentelemetry/api')
const { createServer } = require('node:http')
const { listening } = require('./report.cjs')

const meter = metrics.getMeter('bench', '1.0.0')
const orders = meter.createCounter('orders')
const open = meter.createUpDownCounter('orders.open')
const value = meter.createHistogram('orders.value', { unit: 'EUR' })
const stock = meter.createGauge('stock')
const KINDS = ['book', 'game', 'toy']

const server = createServer((request, response) => {
  const id = request.url.slice(7)
  for (const kind of KINDS) {
    orders.add(1, { kind, plan: 'free' })
    value.record(id % 100, { kind, plan: 'free' })
    stock.record(1_000 - id, { kind })
  }
  open.add(1, { plan: 'free' })
  const body = JSON.stringify({ id })
  response.writeHead(200, { 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => listening(server))
