/** Requests by node:http and node:https: our own code against OpenTelemetry's instrumentation. */
import { expect, test } from 'vitest'
import { createTls } from '../../faults/tls.ts'
import { comparable, type Outcome, programOf, runUnder, type SpanSeen, type Way } from '../differential.ts'

const PROGRAM = `
const isTls = process.env.TLS !== undefined
const library = isTls ? https : http
const app = (request, response) => {
  const url = request.url
  if (url.startsWith('/status/')) { response.statusCode = Number(url.slice(8)); return response.end('x') }
  if (url === '/reset') return request.socket.destroy()
  if (url === '/slow') return setTimeout(() => response.end('late'), 30)
  request.resume(); request.on('end', () => response.end('ok'))
}
const server = isTls ? https.createServer(JSON.parse(process.env.TLS), app) : http.createServer(app)
server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n'))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const { port } = server.address()
const tls = isTls ? { rejectUnauthorized: false } : {}
const base = (isTls ? 'https' : 'http') + '://127.0.0.1:' + port
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const tracer = trace.getTracer('app'); const here = (name) => tracer.startSpan(name).end()
const finish = (name, make) => new Promise((resolve) => {
  let request
  try { request = make((response) => { here('response of ' + name); response.resume(); response.on('end', () => { here('end of ' + name); say(name, response.statusCode); resolve() }) }) }
  catch (error) { say(name, error.name + error.code); return resolve() }
  request.on('error', (error) => { here('error of ' + name); say(name, error.code); resolve() })
})
const get = (name, ...args) => finish(name, (done) => library.get(...args, done))
for (const path of ['/', '/a/b.html', '/a/../b', '/q?x=1&y=2', '/q?', '/q?sig=1&ok=2', '/q?a=b c'.replace(' ', '+'), '/q?x=%C3%BC', '/q#h', '/a%20b', '/status/204', '/status/302', '/status/404', '/status/500', '/slow'])
  await get(path, base + path, tls)
await get('URL', new URL(base + '/url?x=1'), tls)
await get('options', { host: '127.0.0.1', port, path: '/options', ...tls })
await get('hostname', { hostname: '127.0.0.1', port: String(port), ...tls })
await get('both', { host: '127.0.0.1', hostname: '127.0.0.1', port, path: '/both', method: 'get', ...tls })
await get('text and options', base + '/text', { headers: { 'user-agent': 'x/1' }, ...tls })
await get('frozen', Object.freeze({ host: '127.0.0.1', port, path: '/frozen', headers: Object.freeze({ 'user-agent': 'y/2', 'x-a': '1' }), ...tls }))
await get('legacy', { ...require('node:url').parse(base + '/legacy?x=1'), ...tls })
for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
  await finish(method, (done) => { const request = library.request(base + '/m', { method, ...tls }, done); request.end(method === 'POST' ? 'hello' : undefined); return request })
const agent = new library.Agent({ keepAlive: true, maxSockets: 1, ...tls })
await Promise.all([1, 2, 3].map((n) => get('agent ' + n, { host: '127.0.0.1', port, path: '/agent/' + n, agent })))
await get('no agent', { host: '127.0.0.1', port, path: '/none', agent: false, ...tls })
agent.destroy()
await get('refused', { host: '127.0.0.1', port: 3, path: '/refused' })
await get('reset', { host: '127.0.0.1', port, path: '/reset', ...tls })
await finish('destroyed', (done) => { const request = library.get(base + '/slow', tls, done); request.destroy(new RangeError('enough')); return request })
for (const bad of [null, 1, undefined, {}, [], '', 'no url', { host: 1 }, { path: '/a b' }, { protocol: 'ftp:' }, { method: 'A B' }])
  if (!(bad && typeof bad === 'object' && Object.keys(bad).length === 0)) await get('bad ' + JSON.stringify(bad), bad)
await tracer.startActiveSpan('outer', async (span) => { await get('inside', base + '/inside', tls); here('beside'); span.end() })
await Promise.all(['a', 'b'].map((name) => tracer.startActiveSpan('outer ' + name, async (span) => { await get('in ' + name, base + '/slow', tls); span.end() })))
await context.with(propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage({ user: { value: 'ada' } })), () => get('baggage', base + '/baggage', tls))
await new Promise((resolve) => setTimeout(resolve, 50))
server.closeAllConnections(); server.close()
`
const LIBRARIES = [
  ['http', 'node:http'],
  ['https', 'node:https'],
] as const
/** Upstream has spans for what Node refuses to send, and none for requests with odd arguments, which go to localhost. */
const isCompared = ({ scope, kind, attributes }: SpanSeen): boolean =>
  kind !== 2 &&
  /^app|instrumentation-http/.test(scope) &&
  attributes['error.type'] !== 'TypeError' &&
  attributes['server.address'] !== 'localhost'

/** What is different on purpose: docs/instrumentation.md lists it. */
function asOurs(span: SpanSeen): SpanSeen | undefined {
  const { 'http.request.method_original': original, ...others } = span.attributes
  if (original !== undefined && String(original).toUpperCase() !== others['http.request.method'])
    others['http.request.method_original'] = original
  return { ...span, attributes: others }
}

const spansOf = ({ spans }: Outcome): SpanSeen[] => spans.filter(isCompared)
const pointsOf = ({ points }: Outcome) =>
  points.filter(
    ({ name, attributes }) =>
      name === 'http.client.request.duration' &&
      attributes['error.type'] !== 'TypeError' &&
      attributes['server.address'] !== 'localhost',
  )

test.for([
  ['cjs', 'http'],
  ['mjs', 'http'],
  ['late', 'http'],
  ['cjs', 'https'],
] as [Way, string][])(
  'the same spans, contexts, answers and durations: %s, %s',
  { timeout: 120_000 },
  async ([way, scheme]) => {
    const { key, cert } = createTls()
    const env: Record<string, string> =
      scheme === 'https' ? { TLS: JSON.stringify({ key, cert }), NODE_NO_WARNINGS: '1' } : { NODE_NO_WARNINGS: '1' }
    const source = programOf(way, LIBRARIES, PROGRAM)
    const [ours, theirs] = await Promise.all([
      runUnder({}, way, source, { env, options: { logLevel: 'none' } }),
      runUnder({ http: { ignoreOutgoingRequestHook: undefined } }, way, source, { env, options: { logLevel: 'none' } }),
    ])
    expect(theirs.spans.length).toBeGreaterThan(80)
    expect(ours.lines).toEqual(theirs.lines)
    expect(comparable(spansOf(ours))).toEqual(
      comparable(
        spansOf(theirs)
          .map(asOurs)
          .filter((span) => span !== undefined),
      ),
    )
    expect(comparable(pointsOf(ours))).toEqual(comparable(pointsOf(theirs)))
  },
)
