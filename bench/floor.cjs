/** The hand-written floor: what the least tracing that is still useful costs. One server span a request, context kept, a ring posted as OTLP JSON. */
const { AsyncLocalStorage } = require('node:async_hooks')
const { randomFillSync } = require('node:crypto')
const http = require('node:http')

const RING = 16_384
const context = new AsyncLocalStorage()
const ring = []
const pool = Buffer.allocUnsafe(8_192)
let used = pool.length

function randomHex(bytes) {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.hexSlice(used - bytes, used)
}

const originMillis = Date.now() - performance.now()
const nanos = (millis) => `${Math.round((originMillis + millis) * 1_000)}000`
const text = (key, value) => `{"key":"${key}","value":{"stringValue":${JSON.stringify(value)}}}`
const number = (key, value) => `{"key":"${key}","value":{"intValue":"${value}"}}`

const emit = http.Server.prototype.emit
http.Server.prototype.emit = function (event, ...args) {
  if (event !== 'request') return emit.call(this, event, ...args)
  const [request, response] = args
  const parent = request.headers.traceparent?.split('-')
  const span = {
    traceId: parent?.[1] ?? randomHex(16),
    spanId: randomHex(8),
    parentId: parent?.[2] ?? '',
    start: performance.now(),
    end: 0,
    request,
    response,
  }
  response.once('close', () => {
    span.end = performance.now()
    if (ring.length < RING) ring.push(span)
  })
  return context.run(span, () => emit.call(this, event, request, response))
}

function encode({ traceId, spanId, parentId, start, end, request, response }) {
  const [path] = request.url.split('?', 1)
  const route = request.route?.path ?? path
  return `{"traceId":"${traceId}","spanId":"${spanId}","parentSpanId":"${parentId}","name":${JSON.stringify(`${request.method} ${route}`)},"kind":2,"startTimeUnixNano":"${nanos(start)}","endTimeUnixNano":"${nanos(end)}","attributes":[${text('http.request.method', request.method)},${text('url.path', path)},${text('url.scheme', 'http')},${text('http.route', route)},${number('http.response.status_code', response.statusCode)},${text('server.address', request.headers.host ?? '')},${text('network.protocol.version', request.httpVersion)},${text('client.address', request.socket.remoteAddress ?? '')}],"status":{}}`
}

// one kept connection, apart from the agent of the program
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
setInterval(() => {
  if (ring.length === 0) return
  const spans = ring.splice(0)
  const body = `{"resourceSpans":[{"resource":{"attributes":[${text('service.name', 'bench')}]},"scopeSpans":[{"scope":{"name":"floor"},"spans":[${spans.map(encode).join()}]}]}]}`
  http
    .request({
      host: '127.0.0.1',
      port: process.env.BENCH_SINK_PORT ?? 9,
      path: '/v1/traces',
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    })
    .on('response', (response) => response.resume())
    .on('error', () => undefined)
    .end(body)
}, 500).unref()
