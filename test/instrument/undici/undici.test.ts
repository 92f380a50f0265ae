/** Requests of fetch and undici, where OpenTelemetry's instrumentation is no measure. */

import { trace } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { createOrigins } from '../../../src/instrument/undici/origins.ts'
import { endRequest, type Request, startRequest } from '../../../src/instrument/undici/requests.ts'
import { type Seen, seeQuiet } from '../support.ts'

const SERVER = `
configure(); const http = require('node:http'); const undici = require('undici')
let raw = []
const server = http.createServer((request, response) => { raw = request.rawHeaders; if (request.url === '/hang') return; response.end('ok') })
await_(async () => {
  await new Promise((resolve) => server.listen(0, '::', resolve))
  const port = server.address().port; const base = 'http://127.0.0.1:' + port
  const valuesOf = (name) => raw.filter((_, index) => index % 2 === 1 && raw[index - 1].toLowerCase() === name)
  const { context, propagation, trace } = require('@opentelemetry/api')
  BODY
  server.closeAllConnections(); server.close(); await pause(20); process.exit()
})
function await_(run) { run().catch((error) => { console.error(error); process.exit(1) }) }
`
async function run(body: string): Promise<Seen> {
  const seen = await seeQuiet('cjs', SERVER.replace('BODY', body))
  return { ...seen, spans: seen.spans.filter(({ scope }) => scope === 'undici') }
}

const GIVEN = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const FORMS = [
  ['fetch, an object', `fetch(base, { headers: { traceparent: '${GIVEN}' } })`],
  ['fetch, in capitals', `fetch(base, { headers: { TraceParent: '${GIVEN}' } })`],
  ['fetch, pairs', `fetch(base, { headers: [['x', 'y'], ['traceparent', '${GIVEN}']] })`],
  ['fetch, Headers', `fetch(base, { headers: new Headers({ traceparent: '${GIVEN}' }) })`],
  ['fetch, Request', `fetch(new Request(base, { headers: { traceparent: '${GIVEN}' } }))`],
  ['fetch of the package', `undici.fetch(base, { headers: { traceparent: '${GIVEN}' } })`],
  ['request, an object', `undici.request(base, { headers: { Traceparent: '${GIVEN}' } })`],
  ['request, a list', `undici.request(base, { headers: ['traceparent', '${GIVEN}', 'a', 'b'] })`],
  [
    'request, twice',
    `undici.request(base, { headers: ['traceparent', '${GIVEN}', 'TRACEPARENT', '${GIVEN}', 'a', 'b'] })`,
  ],
  ['request, a list of values', `undici.request(base, { headers: { traceparent: ['${GIVEN}', '${GIVEN}'] } })`],
  ['request, a Map', `undici.request(base, { headers: new Map([['traceparent', '${GIVEN}']]) })`],
] as const

test('a traceparent of the application is replaced, whatever form its headers have', { timeout: 30_000 }, async () => {
  const { spans, lines } = await run(
    FORMS.map(
      ([, call]) =>
        `await ${call}.then((answer) => (answer.text ? answer.text() : answer.body.text())); print(valuesOf('traceparent'))`,
    ).join('\n'),
  )
  expect(lines).toEqual(spans.map(({ trace: traceId, id }) => [`00-${traceId}-${id}-03`]))
  expect(spans).toHaveLength(FORMS.length)
})

test('headers of the application are kept, and its own objects are not written to', async () => {
  const { lines } = await run(`
    const headers = Object.freeze({ 'x-a': '1', traceparent: '${GIVEN}' }), list = Object.freeze(['x-b', '2', 'traceparent', '${GIVEN}'])
    await fetch(base, Object.freeze({ headers })).then((answer) => answer.text()); print([valuesOf('x-a'), headers.traceparent])
    await undici.request(base, { headers: list }).then(({ body }) => body.text()); print([valuesOf('x-b'), list])
    const both = propagation.setBaggage(context.active(), propagation.createBaggage({ ours: { value: '1' } }))
    await context.with(both, () => fetch(base, { headers: { baggage: 'theirs=2' } })).then((answer) => answer.text()); print(valuesOf('baggage'))`)
  expect(lines[0]).toEqual([['1'], GIVEN])
  expect(lines[1]).toEqual([['2'], ['x-b', '2', 'traceparent', GIVEN]])
  expect([lines[2]].flat().join()).toMatch(/theirs=2/)
  expect([lines[2]].flat().join()).toMatch(/ours=1/)
})

test('the caller who cancels has no error; a timeout and a failure are errors', async () => {
  const { spans } = await run(`
    const own = new AbortController(); setTimeout(() => own.abort(), 300)
    await fetch(base + '/hang', { signal: own.signal }).catch(() => {})
    const other = new AbortController(); setTimeout(() => other.abort(), 300)
    await undici.request(base + '/hang', { signal: other.signal }).catch(() => {})
    await fetch(base + '/hang', { signal: AbortSignal.timeout(300) }).catch(() => {})
    await fetch('http://127.0.0.1:3/').catch(() => {})`)
  expect(spans.map(({ status, attributes }) => [status.code, attributes['error.type']])).toEqual([
    [0, undefined],
    [0, undefined],
    [2, 'TimeoutError'],
    [2, 'ECONNREFUSED'],
  ])
})

test('addresses of IPv6 stand without brackets, and secrets of URLs are hidden', async () => {
  const { spans } = await run(`
    await fetch('http://[::1]:' + port + '/x?sig=secret&a=b').then((answer) => answer.text())
    await fetch(base + '/x?X-Amz-Signature=secret&c').then((answer) => answer.text())
    await fetch(base, { method: 'PROPFIND' }).then((answer) => answer.text())`)
  const [six, amazon, propfind] = spans.map(({ attributes }) => attributes)
  expect(six).toMatchObject({ 'server.address': '::1', 'url.query': 'sig=REDACTED&a=b' })
  expect(six!['url.full']).toMatch(/^http:\/\/\[::1\]:\d+\/x\?sig=REDACTED&a=b$/)
  expect(amazon!['url.full']).not.toContain('secret')
  expect(propfind).toMatchObject({ 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' })
  expect(spans[2]!.name).toBe('HTTP')
  expect(six).not.toHaveProperty('http.request.method_original')
})

test('headers as one text, as undici had them before version 6', () => {
  const request = {
    method: 'GET',
    origin: 'http://a.test',
    path: '/',
    headers: `user-agent: x/1\r\nTraceparent: ${GIVEN}\r\n`,
  }
  const origins = createOrigins(() => ({ record() {} }))
  const tracer = trace.getTracer('test')
  startRequest({ tracer, origins, requestHook: undefined, responseHook: undefined }, request as Request)
  endRequest(request as Request)
  // no propagator is registered here
  expect(request.headers).toContain('user-agent: x/1')
})
