/** Requests by node:http, where OpenTelemetry's instrumentation is no measure. */
import path from 'node:path'
import { expect, test } from 'vitest'
import { tellsOfRequests } from '../../../src/instrument/http/created-channel.ts'
import { type Seen, see } from '../support.ts'

const PROGRAM = `
EARLY
configure(OPTIONS); const http = require('node:http')
let raw = [], url
const server = http.createServer((request, response) => {
  raw = request.rawHeaders; url = request.url
  if (request.url === '/hang') return
  if (request.url === '/cut') { response.writeHead(200, { 'content-length': 10 }); response.write('a'); return setTimeout(() => response.destroy(), 50) }
  request.resume(); request.on('end', () => response.end('ok'))
})
server.on('connect', (request, socket) => { raw = request.rawHeaders; socket.end('HTTP/1.1 200 OK\\r\\n\\r\\n') })
server.on('upgrade', (request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: x\\r\\nConnection: Upgrade\\r\\n\\r\\n'))
const { context, ROOT_CONTEXT, trace } = require('@opentelemetry/api'); const tracer = trace.getTracer('app')
const here = (name) => tracer.startSpan(name).end()
;(async () => {
  await new Promise((resolve) => server.listen(0, '::', resolve))
  const port = server.address().port; const base = 'http://127.0.0.1:' + port
  const done = (request) => new Promise((resolve) => { request.on('response', (response) => response.resume().on('close', resolve).on('error', () => {})); request.on('error', resolve); request.on('upgrade', (r, socket) => { socket.on('error', () => {}).end(); resolve() }); request.on('connect', (r, socket) => { socket.end(); resolve() }) })
  const valuesOf = (name) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1].toLowerCase() === name)
  BODY
  await pause(30); server.closeAllConnections(); server.close(); await pause(20); process.exit()
})().catch((error) => { console.error(error); process.exit(1) })
`
async function run(body: string, options: { early?: string; options?: string; node?: string } = {}): Promise<Seen> {
  const source = PROGRAM.replace('BODY', () => body)
    .replace('EARLY', options.early ?? '')
    .replace('OPTIONS', options.options ?? '')
  const seen = await see('cjs', source, options.node ? { node: options.node } : {})
  expect({ code: seen.code, stderr: seen.stderr }).toEqual({ code: 0, stderr: '' })
  return { ...seen, spans: seen.spans.filter(({ kind, scope }) => kind === 2 || scope === 'app') }
}

const GIVEN = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const HEADERS = [
  `['Host', 'shop.test', 'Authorization', 'Bearer x', 'X-A', '1']`,
  `[['Host', 'shop.test'], ['Authorization', 'Bearer x'], ['X-A', '1']]`,
  `['Host', 'shop.test', 'Authorization', 'Bearer x', 'X-A', '1', 'Traceparent', '${GIVEN}']`,
  `{ Host: 'shop.test', Authorization: 'Bearer x', 'X-A': '1', TraceParent: '${GIVEN}' }`,
  `{ host: 'shop.test', authorization: 'Bearer x', 'x-a': '1', expect: '100-continue', traceparent: '${GIVEN}' }`,
  `['Host', 'shop.test', 'Authorization', 'Bearer x', 'X-A', '1', 'Expect', '100-continue']`,
]
const NODES = ['22', '24', '26'] as const

test.for(NODES)(
  'headers in all forms reach the server as given, with one traceparent: Node %s',
  { timeout: 60_000 },
  async (major) => {
    const body = HEADERS.map(
      (headers) => `{ const headers = ${headers}; const before = JSON.stringify(headers)
      await done(http.get(Object.freeze({ port, path: '/x', headers: Object.freeze(headers) })))
      print([valuesOf('host')[0], valuesOf('authorization')[0], valuesOf('x-a')[0], valuesOf('traceparent'), before === JSON.stringify(headers)]) }`,
    ).join('\n')
    const node = major === '24' ? {} : { node: path.join(import.meta.dirname, '../../../.cache/nodes', major, 'node') }
    const { spans, lines } = await run(body, node)
    expect(lines).toEqual(spans.map(({ id, trace }) => ['shop.test', 'Bearer x', '1', [`00-${trace}-${id}-03`], true]))
    expect(spans).toHaveLength(HEADERS.length)
    for (const { attributes } of spans)
      expect(attributes['url.full']).toBe(`http://localhost:${attributes['server.port']}/x`)
  },
)

test('a request in bytes with Expect, and one whose agent is busy, are sent whole', async () => {
  const { lines } = await run(`
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const send = () => { const request = http.request({ port, method: 'POST', agent, headers: { expect: '100-continue', 'content-length': 5 } }); request.on('continue', () => request.end('hello')); request.flushHeaders(); return request }
    const requests = [send(), send()]; await Promise.all(requests.map(done)); print(valuesOf('content-length')); agent.destroy()`)
  expect(lines).toEqual([['5']])
})

test('the caller who cancels has no error; a timeout, a failure and an answer cut off are errors', async () => {
  const { spans } = await run(`
    const own = new AbortController(); setTimeout(() => own.abort(), 200)
    await done(http.get(base + '/hang', { signal: own.signal }))
    await done(http.get(base + '/hang', { signal: AbortSignal.timeout(200) }))
    await done(http.get({ port: 3 }))
    await done(http.get(base + '/cut'))
    await new Promise((resolve) => { const request = http.get(base + '/cut', (response) => { response.on('error', () => {}); response.once('data', () => { request.destroy(); response.on('close', resolve) }) }) })
    await new Promise((resolve) => http.get(base + '/cut', (response) => response.on('close', resolve).destroy()))`)
  expect(spans.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
    [0, undefined],
    [2, 'TimeoutError'],
    [2, 'Error'],
    [2, 'Error'],
    [0, undefined],
    [0, undefined],
  ])
})

test('url.full is well-formed or absent', async () => {
  const { spans } = await run(`
    await done(http.request({ port, method: 'CONNECT', path: 'shop.test:443' }).end())
    await done(http.request({ port, method: 'OPTIONS', path: '*' }).end())
    await done(http.get({ host: '::1', port, path: '/six' }))
    await done(http.get({ port, path: 'http://user:secret@shop.test/absolute?sig=secret' }))
    await done(http.get(base + '/a?X-Amz-Signature=secret&b=1'))
    await done(http.request(base + '/up', { headers: { connection: 'upgrade', upgrade: 'x' } }).end())`)
  const urls = spans.map(({ attributes }) => String(attributes['url.full']).replace(/:\d{4,}/, ':PORT'))
  expect(urls).toEqual([
    'undefined',
    'undefined',
    'http://[::1]:PORT/six',
    'http://REDACTED:REDACTED@shop.test/absolute?sig=REDACTED',
    'http://127.0.0.1:PORT/a?X-Amz-Signature=REDACTED&b=1',
    'http://127.0.0.1:PORT/up',
  ])
  expect(spans[2]!.attributes['server.address']).toBe('::1')
  expect(spans.map(({ attributes }) => attributes['http.response.status_code'])).toEqual([200, 200, 200, 200, 200, 101])
})

test('functions that were taken before telemetry was configured are traced, and nothing is warned of', async () => {
  const { spans } = await run(
    `await done(get(base + '/early')); await done(new http.ClientRequest(base + '/class').end())`,
    {
      early: `const { get } = require('node:http')`,
    },
  )
  expect(spans.map(({ attributes }) => String(attributes['url.full']).replace(/.*:\d+/, ''))).toEqual([
    '/early',
    '/class',
  ])
})

test('listeners run in the context of who made the request, also on a connection that another request opened', async () => {
  const { spans } = await run(`
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    const ask = (name) => context.with(ROOT_CONTEXT, () => tracer.startActiveSpan(name, async (span) => { await new Promise((resolve) => {
      const request = http.get({ port, agent }, (response) => { here('response of ' + name); response.on('data', () => here('data of ' + name)).on('end', () => { here('end of ' + name); resolve() }).on('close', () => here('close of ' + name)) })
      request.on('socket', () => here('socket of ' + name)) }); span.end() }))
    await Promise.all(['a', 'b', 'c'].map(ask)); await pause(50); agent.destroy()`)
  const nameOf = new Map(spans.map(({ id, name }) => [id, name]))
  const inner = spans.filter(({ name }) => name.includes(' of '))
  expect(inner).toHaveLength(15)
  for (const { name, parent } of inner) expect(nameOf.get(parent!)).toBe(name.split(' of ')[1])
})

test('Node tells of requests since 22.12', () => {
  const versions = ['20.19.0', '22.11.0', '22.12.0', '23.1.0', '23.2.0', '24.0.0', '26.1.0']
  expect(versions.map(tellsOfRequests)).toEqual([false, false, true, false, true, true, true])
})
