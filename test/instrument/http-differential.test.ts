/** Incoming requests: our own code against OpenTelemetry's instrumentation-http, which does them when it is given any setting. */
import { expect, test } from 'vitest'
import { startSink } from '../faults/sink.ts'
import { createTls } from '../faults/tls.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf, type Decoded } from '../wire/proto/otlp.ts'

const HOST = 'example.test:8080'
const request = (line: string, ...headers: string[]): string =>
  `${line}\r\n${headers.some((header) => /^host:/i.test(header)) ? '' : `Host: ${HOST}\r\n`}${headers.map((header) => `${header}\r\n`).join('')}`
const get = (url: string, ...headers: string[]): string => request(`GET ${url} HTTP/1.1`, ...headers)
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

/** What goes over the wire, without the empty line; each on a connection of its own. */
const REQUESTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      '/', '/plain/path.html', '/a/../b', '/a/./b', '/.well-known/x', '/a/.b', '/a..b/c', '//double/slash', '/a//b', '/%2e%2e/x', '/a%20b', '/a%2Fb',
      '/q?x=1&y=2', '/q?', '/q?sig=secret&Signature=s&X-Amz-Security-Token=t&ok=1', '/q?a=b#frag', '/#frag', '/a;b=c', "/a'b(c)*!~$&+,=:@", '/a|b[c]^d`e{f}',
      '/a\\b', '/a"b<c>', 'http://other.test/absolute?x=1', 'http://other.test', '*', '/ü', '/status/404', '/status/500', '/status/503', '/status/204', '/status/301', '/status/599',
      '/status/99x', '/route/7', '/body', '/health', '/healthz?x=1', '/late', '/write', '/head', '/throws', '/inside',
    ].map((url) => [`GET ${url}`, get(url)]),
  ), // biome-ignore format: a table
  ...Object.fromEntries(
    ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD', 'PURGE', 'QUERY', 'MKCOL'].map((method) => [
      method,
      request(`${method} /route/1 HTTP/1.1`, 'Content-Length: 0'),
    ]),
  ),
  'a body': request('POST /body HTTP/1.1', 'Content-Length: 5').concat('\r\nhello'),
  'HTTP/1.0': 'GET /one-zero HTTP/1.0\r\n',
  'HTTP/1.0 with a host': request('GET /one-zero HTTP/1.0'),
  'user agent': get('/', 'User-Agent: Mozilla/5.0 (a; b)'),
  'no port': get('/', 'Host: example.test'),
  'IPv6 host': get('/', 'Host: [::1]:81'),
  'IPv6 host without a port': get('/', 'Host: [::1]'),
  'bare IPv6': get('/', 'Host: ::1'),
  'empty host': get('/x?y=1', 'Host:'),
  'a host that is none': get('/x?y=1', 'Host: a b'),
  'a host with a path': get('/x', 'Host: a/b'),
  'a host with a user': get('/x', 'Host: u:p@h'),
  'port 0': get('/', 'Host: h:0'),
  'odd port': get('/', 'Host: h:abc'),
  forwarded: get('/', 'Forwarded: for=192.0.2.60;proto=https;host=public.test'),
  'forwarded with ports': get('/', 'Forwarded: for="[2001:db8::1]:4711";host="public.test:444"'),
  'forwarded twice': get('/', 'Forwarded: for=192.0.2.43, for=198.51.100.17;host=b.test'),
  'broken forwarded': get('/', 'Forwarded: ;;;=,"'),
  'x-forwarded': get(
    '/',
    'X-Forwarded-For: 203.0.113.195, 70.41.3.18',
    'X-Forwarded-Host: public.test',
    'X-Forwarded-Proto: https',
  ),
  'x-forwarded-host with a port': get('/', 'X-Forwarded-Host: public.test:99'),
  'x-forwarded-host alone': get('/', 'X-Forwarded-Host: public.test'),
  'x-forwarded-for with a port': get('/', 'X-Forwarded-For: 203.0.113.195:1234'),
  'x-forwarded-for IPv6': get('/', 'X-Forwarded-For: 2001:db8::1'),
  'empty x-forwarded': get('/', 'X-Forwarded-For:', 'X-Forwarded-Host:'),
  'a caller': get('/', `traceparent: ${TRACEPARENT}`),
  'a caller who did not sample': get('/', `traceparent: ${TRACEPARENT.slice(0, -2)}00`),
  'a broken traceparent': get('/', 'traceparent: 00-xyz'),
  baggage: get('/inside', `traceparent: ${TRACEPARENT}`, 'baggage: customer=ada'),
  'two requests on a connection': `${get('/first')}\r\n${get('/second')}`,
  'two at once': `${get('/late')}\r\n${get('/route/2')}`,
}

const SERVER = `
const { configureOpentelemetry, shutdown } = require('uptrace-node')
configureOpentelemetry({ dsn: 'http://t@127.0.0.1:' + process.env.SINK, instrumentations: JSON.parse(process.env.INSTRUMENTATIONS), runtimeMetrics: false, metricExportIntervalMillis: 600000, baggageKeys: ['customer'] })
const net = require('net'), http = require('http'), https = require('https'), tls = require('tls')
const { context, trace } = require('@opentelemetry/api'); const { getRPCMetadata } = require('@opentelemetry/core')
const here = (name) => trace.getTracer('app').startSpan(name).end()
process.on('uncaughtException', () => {})
function app(request, response) {
  const url = new URL(request.url, 'http://x').pathname
  request.on('data', () => here('data of ' + url)); request.on('end', () => here('end of ' + url))
  response.on('finish', () => here('finish of ' + url)); response.on('close', () => here('close of ' + url))
  const status = /^\\/status\\/(\\d+)/.exec(url)
  if (status) { response.statusCode = Number(status[1]); return response.end() }
  if (url.startsWith('/route/')) { const rpc = getRPCMetadata(context.active()); if (rpc) rpc.route = '/route/:id'; return response.end('ok') }
  if (url === '/late') return setTimeout(() => { here('late'); response.end('ok') }, 20)
  if (url === '/write') { response.write('a'); return setImmediate(() => response.end('b')) }
  if (url === '/throws') throw new RangeError('thrown')
  if (url === '/inside') { here('inside'); setImmediate(() => { here('after'); response.end() }); return }
  request.resume(); response.end('ok')
}
const isTls = process.env.TLS !== undefined
const server = isTls ? https.createServer(JSON.parse(process.env.TLS), app) : http.createServer(app)
function send(name, text) {
  return new Promise((resolve) => {
    const { port } = server.address()
    const socket = isTls ? tls.connect({ port, rejectUnauthorized: false }) : net.connect(port)
    socket.on('error', () => {}).on('close', resolve)
    socket.write(Buffer.from(text + '\\r\\n', 'latin1'))
    // some are never answered, on purpose; others take their time on a busy machine
    const patience = setTimeout(() => socket.destroy(), /throws|99x/.test(name) ? 400 : 5_000)
    let idle
    socket.on('data', () => { clearTimeout(idle); idle = setTimeout(() => socket.end(), 120) })
    socket.on('close', () => { clearTimeout(patience); clearTimeout(idle) })
  })
}
server.listen(0, '127.0.0.1', async () => {
  for (const [name, text] of JSON.parse(process.env.REQUESTS)) await send(name, text)
  server.close(); server.closeAllConnections()
  await shutdown()
  process.exit()
})`

interface Seen {
  readonly spans: string[]
  readonly points: string[]
}

async function see(instrumentations: object, names: readonly string[], tls: string | undefined): Promise<Seen> {
  const sink = await startSink()
  try {
    const env = {
      SINK: String(sink.port),
      INSTRUMENTATIONS: JSON.stringify(instrumentations),
      REQUESTS: JSON.stringify(names.map((name) => [name, REQUESTS[name]])),
      ...(tls !== undefined && { TLS: tls, NODE_NO_WARNINGS: '1' }),
    }
    const { code, stderr } = await runSource('cjs', SERVER, { env, timeoutMillis: 60_000 })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const spans = sink.items('traces')
    const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]))
    return {
      spans: spans.map((span) => describe(span, nameOf)).sort(),
      points: sink.items('metrics').flatMap(pointsOf).sort(),
    }
  } finally {
    await sink.close()
  }
}

const CHANGES = new Set(['network.peer.port', 'server.port'])

function describe(span: Decoded, nameOf: Map<string, string>): string {
  const attributes = Object.entries(attributesOf(span)).filter(([key]) => !CHANGES.has(key))
  const port = attributesOf(span)['server.port']
  // ports below the ephemeral ones come from headers
  if (port !== undefined && !(Number(port) > 30_000)) attributes.push(['server.port', port])
  const events = (span.events ?? []).map((event: Decoded) => [event.name, attributesOf(event)['exception.message']])
  const parent = span.parentSpanId ? (nameOf.get(span.parentSpanId) ?? span.parentSpanId) : 'none'
  return JSON.stringify([span.name, span.kind, parent, span.status ?? {}, attributes.sort(), events])
}

function pointsOf(metric: Decoded): string[] {
  if (!metric.name.startsWith('http.server')) return []
  return metric.histogram.dataPoints.map((point: Decoded) => {
    const attributes = attributesOf(point)
    // after an error upstream still changes the attributes it has recorded with, when the connection closes
    if (!/^\d*$/.test(String(attributes['error.type'] ?? ''))) delete attributes['http.response.status_code']
    const { name, unit, description } = metric
    return JSON.stringify([
      name,
      unit,
      description,
      Object.entries(attributes).sort(),
      String(point.count),
      point.explicitBounds,
    ])
  })
}

const names = Object.keys(REQUESTS)

for (const [scheme, chosen] of [
  ['http', names],
  ['https', names.filter((_, index) => index % 4 === 0)],
] as const) {
  test(`${scheme}: ${chosen.length} requests give the same spans, parents, contexts and durations`, {
    timeout: 120_000,
  }, async () => {
    const { key, cert } = createTls()
    const tls = scheme === 'https' ? JSON.stringify({ key, cert }) : undefined
    const [ours, theirs] = await Promise.all([
      see({}, chosen, tls),
      see({ http: { ignoreIncomingRequestHook: undefined } }, chosen, tls),
    ])
    expect(theirs.spans.length).toBeGreaterThan(chosen.length)
    expect(ours.spans).toEqual(theirs.spans)
    expect(ours.points).toEqual(theirs.points)
  })
}
