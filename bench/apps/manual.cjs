/** Spans by hand: one for the work, with attributes, and two below it, by the API alone. */
const { trace } = require('@opentelemetry/api')
const { createServer } = require('node:http')
const { listening } = require('./report.cjs')

const tracer = trace.getTracer('bench', '1.0.0')

function inSpan(name, attributes, run) {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await run(span)
    } finally {
      span.end()
    }
  })
}

const server = createServer(async (request, response) => {
  const id = request.url.slice(7)
  const attributes = { 'user.id': id, 'user.plan': 'free', 'cart.items': 3, 'cart.total': 12.5, 'cart.is_gift': false }
  const body = await inSpan('checkout', attributes, async (span) => {
    const price = await inSpan('price', { 'price.currency': 'EUR' }, async () => 12.5)
    span.setAttribute('price', price)
    await inSpan('reserve', { 'stock.place': 'Berlin' }, async () => span.addEvent('reserved', { 'stock.left': 4 }))
    return JSON.stringify({ id, price })
  })
  response.writeHead(200, { 'content-length': body.length }).end(body)
})
server.listen(0, '127.0.0.1', () => listening(server))
