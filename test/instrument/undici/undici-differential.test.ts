/** Requests of fetch and undici: our own code against OpenTelemetry's instrumentation. */
import { expect, test } from 'vitest'
import {
  comparable,
  type Outcome,
  type PointSeen,
  programOf,
  runUnder,
  type SpanSeen,
  type Way,
} from '../differential.ts'

const PROGRAM = `
const server = http.createServer((request, response) => {
  const url = request.url
  if (url.startsWith('/status/')) { response.statusCode = Number(url.slice(8)); return response.end('x') }
  if (url === '/redirect') return response.writeHead(302, { location: '/q?x=1' }).end()
  if (url === '/hang') return
  if (url === '/cut') { response.writeHead(200, { 'content-length': 10 }); response.write('a'); return setTimeout(() => response.destroy(), 20) }
  if (url === '/reset') return request.socket.destroy()
  if (url === '/headers') return response.end(JSON.stringify(request.rawHeaders.filter((_, index, all) => /^(traceparent|tracestate|x-|baggage)/i.test(all[index - index % 2]))))
  request.resume(); request.on('end', () => response.end('ok'))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const base = 'http://127.0.0.1:' + server.address().port
const say = (name, value) => console.log(name + ' ' + JSON.stringify(value))
const ask = async (name, ...args) => { try { const answer = await fetch(...args); say(name, [answer.status, (await answer.text()).length > -1]) } catch (error) { say(name, [error.name, error.cause?.code]) } }
const tracer = trace.getTracer('app')
for (const path of ['/', '/plain/path.html', '/a/../b', '/a%20b', '/ü', '/a b', '/q?x=1&y=2', '/q?', '/q?a b', '/q?x=%C3%BC', '/q#hash', '/a;b=c', '/a|b', '/a?x=1?y', '/status/204', '/status/301', '/status/404', '/status/500', '/redirect'])
  await ask(path, base + path)
for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND', 'get']) await ask(method, base + '/', { method, ...(method === 'POST' && { body: 'hello' }) })
await ask('agent', base, { headers: { 'User-Agent': 'one/1' } })
await ask('agent pairs', base, { headers: [['x-a', '1'], ['user-agent', 'two/2']] })
await ask('agent Headers', base, { headers: new Headers({ 'user-agent': 'three/3' }) })
await ask('stream', base, { method: 'POST', body: new ReadableStream({ start(c) { c.enqueue(Buffer.from('a')); c.close() } }), duplex: 'half' })
await ask('refused', 'http://127.0.0.1:3/')
await ask('no such host', 'http://no.such.host.invalid/')
await ask('reset', base + '/reset'); await ask('cut', base + '/cut')
const controller = new AbortController(); setTimeout(() => controller.abort(), 400)
await ask('aborted', base + '/hang', { signal: controller.signal })
const request = async (name, ...args) => { try { const { statusCode, body } = await undici.request(...args); await body.dump(); say(name, statusCode) } catch (error) { say(name, error.name) } }
await request('undici', base + '/u?x=1'); await request('undici 404', base + '/status/404', { method: 'POST', body: 'x' })
await request('undici list', base, { headers: ['user-agent', 'list/1', 'x-b', '2'] })
await request('undici object', base, { headers: { 'user-agent': 'object/1', 'x-list': ['a', 'b'] } })
await request('undici bad', base, { method: 'GET', headers: { 'a b': 'c' } })
await request('undici null', null)
const aborted = new AbortController(); setTimeout(() => aborted.abort(), 400)
await request('undici aborted', base + '/hang', { signal: aborted.signal })
const client = new undici.Client(base); await new Promise((resolve) => client.request({ path: '/client', method: 'GET' }, (error, data) => data.body.dump().then(resolve)))
await Promise.all([1, 2, 3].map((n) => client.request({ path: '/many/' + n, method: 'GET' }).then(({ body }) => body.text())))
await undici.stream(base + '/stream', { method: 'GET' }, () => new (require('node:stream').Writable)({ write(a, b, done) { done() } }))
await client.close()
await tracer.startActiveSpan('outer', async (span) => { await fetch(base + '/inside').then((answer) => answer.text()); tracer.startSpan('beside').end(); span.end() })
await context.with(propagation.setBaggage(context.active(), propagation.createBaggage({ user: { value: 'ada' } })), () => ask('baggage', base + '/baggage'))
await new Promise((resolve) => setTimeout(resolve, 80))
server.closeAllConnections(); server.close()
`
const LIBRARIES = [
  ['http', 'node:http'],
  ['undici', 'undici'],
] as const

/** What is different on purpose: docs/instrumentation.md lists it. */
function asOurs({ name, attributes, ...rest }: SpanSeen): SpanSeen {
  const { 'url.query': query, 'http.request.method_original': original, ...others } = attributes
  if (query !== undefined && query !== '') others['url.query'] = String(query).replace(/^\?/, '')
  if (original !== attributes['http.request.method']) others['http.request.method_original'] = original
  return { ...rest, name, attributes: others }
}

const spansOf = ({ spans }: Outcome): SpanSeen[] => spans.filter(({ scope }) => /undici|^app/.test(scope))
const pointsOf = ({ points }: Outcome): PointSeen[] =>
  points.filter(({ name }) => name === 'http.client.request.duration')

test.for(['cjs', 'mjs', 'late'] as Way[])(
  'the same spans, answers and durations: %s',
  { timeout: 120_000 },
  async (way) => {
    const source = programOf(way, LIBRARIES, PROGRAM)
    const off = { http: false }
    const [ours, theirs] = await Promise.all([
      runUnder(off, way, source),
      runUnder({ ...off, undici: { ignoreRequestHook: undefined } }, way, source),
    ])
    expect(theirs.spans.length).toBeGreaterThan(45)
    expect(ours.lines).toEqual(theirs.lines)
    expect(comparable(spansOf(ours))).toEqual(comparable(spansOf(theirs).map(asOurs)))
    expect(comparable(pointsOf(ours))).toEqual(comparable(pointsOf(theirs)))
  },
)
