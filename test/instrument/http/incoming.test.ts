/** Incoming requests that end badly, come from elsewhere than Node, or are handed on: the app is as without us, the spans are true. */
import { expect, test } from 'vitest'
import { runSource } from '../../support/run-node.ts'
import { type SeenSpan, see, seeQuiet } from '../support.ts'

const SERVER = `
configure({ logLevel: 'warn' }); const http = require('http'), net = require('net')
const listen = (handler) => new Promise((resolve) => { const server = http.createServer(handler); server.listen(0, '127.0.0.1', () => resolve(server)) })
const send = (server, text, leaveAfter) => new Promise((resolve) => { const socket = net.connect(server.address().port, '127.0.0.1'); socket.on('error', () => {}).on('close', resolve).resume().write(text); if (leaveAfter) setTimeout(() => socket.destroy(), leaveAfter) })
const GET = 'GET /x HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n';
`
const servers = (spans: readonly SeenSpan[]): SeenSpan[] => spans.filter(({ kind }) => kind === 1)
const outcomeOf = ({ status, attributes }: SeenSpan): unknown[] => [
  status.code,
  attributes['http.response.status_code'],
  attributes['error.type'],
]

test.for([
  ['the client leaves before an answer', '() => {}', 150, [2, undefined, 'ECONNRESET']],
  [
    'the client leaves in the middle of an answer',
    `(q, response) => response.write('half')`,
    150,
    [2, 200, 'ECONNRESET'],
  ],
  [
    'the client leaves in the middle of a 404',
    `(q, response) => { response.statusCode = 404; response.write('half') }`,
    150,
    [2, 404, 'ECONNRESET'],
  ],
  [
    'the client leaves with all that was promised, before the app ends',
    `(q, response) => response.setHeader('content-length', 4).write('half')`,
    150,
    [0, 200, undefined],
  ],
  [
    'the client leaves without the last byte',
    `(q, response) => response.setHeader('content-length', 5).write('half')`,
    150,
    [2, 200, 'ECONNRESET'],
  ],
  ['the app destroys the connection', `(request) => request.socket.destroy()`, 0, [2, undefined, 'ECONNRESET']],
  [
    'the app destroys the response with an error',
    `(q, response) => response.destroy(new TypeError('bad'))`,
    0,
    [2, undefined, 'TypeError'],
  ],
  [
    'the app answers half and destroys with an error',
    `(q, response) => { response.write('half'); setTimeout(() => response.destroy(new RangeError('bad')), 20) }`,
    0,
    [2, 200, 'RangeError'],
  ],
  [
    'the client leaves a stream of events, which has no end',
    `(q, response) => response.setHeader('content-type', 'text/event-stream').write('data: 1')`,
    150,
    [0, 200, undefined],
  ],
  [
    'the client leaves a stream of events whose head was written at once',
    `(q, response) => response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' }).write('data: 1')`,
    150,
    [0, 200, undefined],
  ],
  [
    'the app destroys a stream of events with an error',
    `(q, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1'); setTimeout(() => response.destroy(new RangeError('bad')), 20) }`,
    0,
    [2, 200, 'RangeError'],
  ],
  ['the client leaves once it has the answer', `(q, response) => response.end('whole')`, 300, [0, 200, undefined]],
  [
    'an answer without a body',
    `(q, response) => { response.statusCode = 204; response.end() }`,
    0,
    [0, 204, undefined],
  ],
  ['an answer of 503', `(q, response) => { response.statusCode = 503; response.end() }`, 0, [2, 503, '503']],
] as const)('%s', async ([, handler, leaveAfter, outcome]) => {
  const work = `${SERVER}(async () => { const server = await listen(${handler}); await send(server, GET, ${leaveAfter}); await pause(50); server.close() })()`
  const { spans } = await seeQuiet('cjs', work)
  expect(servers(spans).map(outcomeOf)).toEqual([outcome])
})

const MOCKS: Readonly<Record<string, string>> = {
  'plain objects': `server.emit('request', { url: '/x', method: 'GET', headers: {} }, {})`,
  'objects without anything': `server.emit('request', {}, {})`,
  'frozen objects': `server.emit('request', Object.freeze({ url: '/x', method: 'GET', headers: {} }), Object.freeze({}))`,
  'no objects': `server.emit('request')`,
  'getters that throw': `server.emit('request', { get url() { throw new Error('no') }, get headers() { throw new Error('no') } }, {})`,
  emitters: `const { EventEmitter } = require('events'); const response = new EventEmitter(); server.emit('request', Object.assign(new EventEmitter(), { url: '/x', method: 'GET', headers: {} }), response); response.emit('finish')`,
  'a request of Node without a connection': `const request = new http.IncomingMessage(null); const response = new http.ServerResponse(request); server.emit('request', request, response); response.emit('close')`,
}
test.for(Object.entries(MOCKS))('the handler runs for %s', async ([, emit]) => {
  const work = `${SERVER}const server = http.createServer(() => print('ran')); ${emit}`
  expect((await seeQuiet('cjs', work)).lines).toEqual(['ran'])
})

test.for(['plain objects', 'emitters', 'a request of Node without a connection'])(
  'and the span of %s ends',
  async (name) => {
    const work = `${SERVER}const server = http.createServer(() => {}); ${MOCKS[name]}`
    expect(servers((await seeQuiet('cjs', work)).spans)).toHaveLength(1)
  },
)

test.for([
  ['another server', `inner.emit('request', request, response)`, 2],
  ['two more servers', `last.emit('request', request, response); inner.emit('request', request, response)`, 3],
  ['another server later', `setTimeout(() => inner.emit('request', request, response), 20)`, 2],
] as const)('a request handed on to %s: all spans end, in one trace', async ([, handOn, count]) => {
  const work = `${SERVER}(async () => { const last = http.createServer(() => {}); const inner = http.createServer((q, response) => response.end('ok')); const outer = await listen((request, response) => { ${handOn} }); await send(outer, GET); await pause(50); outer.close() })()`
  const spans = servers((await seeQuiet('cjs', work)).spans)
  expect(spans.map(outcomeOf)).toEqual(Array.from({ length: count }, () => [0, 200, undefined]))
  expect(new Set(spans.map(({ trace }) => trace)).size).toBe(1)
})

test.for([
  ['an error', `throw new TypeError('of the user')`, 'TypeError', 'of the user'],
  ['an object', `throw { status: 500, message: 'an object' }`, '_OTHER', 'an object'],
  ['a text', `throw 'a text'`, '_OTHER', 'a text'],
])('a listener that throws %s: Node shows its line, and the span has it', async ([, statement, type, message]) => {
  const work = `${SERVER}listen((request, response) => {\n  ${statement} // the line\n}).then((server) => send(server, GET))`
  const { spans, stderr, code } = await see('cjs', work)
  expect(stderr).toMatch(/^\n?[^\n]*main\.cjs:\d+\n[^\n]*\/\/ the line/)
  expect(code).toBe(1)
  expect(servers(spans)).toMatchObject([
    { status: { code: 2, message }, attributes: { 'error.type': type }, events: ['exception'] },
  ])
})

test.for([
  [
    'EventEmitter.prototype.emit is wrapped later',
    `const { EventEmitter } = require('events'); const { emit } = EventEmitter.prototype; EventEmitter.prototype.emit = function (event, ...args) { if (event === 'mine') print(this.constructor.name); return emit.call(this, event, ...args) }`,
    `request.emit('mine'); response.emit('mine'); server.emit('mine'); response.end()`,
    ['IncomingMessage', 'ServerResponse', 'Server'],
  ],
  [
    'a domain catches what a listener of the response throws',
    `const domain = require('domain').create(); domain.on('error', (error) => print(error.message))`,
    `domain.add(response); response.on('mine', () => { throw new Error('caught') }); setTimeout(() => response.end(), 20); response.emit('mine')`,
    ['caught'],
  ],
] as const)('%s', async ([, setUp, work, lines]) => {
  const source = `${SERVER}(async () => { const server = await listen((request, response) => { ${work} }); ${setUp}; await send(server, GET); server.close() })()`
  expect((await seeQuiet('cjs', source, { flags: ['--no-deprecation'] })).lines).toEqual(lines)
})

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const MULTI = `X-B3-TraceId: ${TRACE}\\r\\nX-B3-SpanId: ${SPAN}\\r\\nX-B3-Sampled: 1\\r\\n`
const OWN = `{ fields: () => [], inject() {}, extract: (context, carrier, getter) => { const id = getter.get(carrier, 'x-own'); return id ? api.trace.setSpanContext(context, { traceId: id, spanId: '${SPAN}', traceFlags: 1, isRemote: true }) : context } }`
const BY_KEYS = `{ fields: () => ['z'], inject() {}, extract: (context, carrier, getter) => getter.keys(carrier).includes('x-own') ? api.trace.setSpanContext(context, { traceId: carrier['x-own'], spanId: '${SPAN}', traceFlags: 1, isRemote: true }) : context }`
test.for([
  ['b3', `{ propagators: ['b3'] }`, `b3: ${TRACE}-${SPAN}-1\\r\\n`],
  ['b3', `{ propagators: ['b3'] }`, MULTI],
  ['b3multi', `{ propagators: ['b3multi'] }`, MULTI],
  ['b3multi', `{ propagators: ['b3multi'] }`, `b3: ${TRACE}-${SPAN}-1\\r\\n`],
  ['the own propagator of an app that names no fields', 'own', `x-own: ${TRACE}\\r\\n`],
  ['one that looks at all headers', 'keys', `x-own: ${TRACE}\\r\\n`],
] as const)('with %s as propagator, %s, headers continue a trace', async ([, options, header]) => {
  const isOwn = options === 'own' || options === 'keys'
  const set = isOwn
    ? `const api = require('@opentelemetry/api'); api.propagation.setGlobalPropagator(${options === 'own' ? OWN : BY_KEYS})`
    : ''
  const env: Record<string, string> = isOwn ? {} : { OTEL_PROPAGATORS: /'(\w+)'/.exec(options)![1]! }
  const work = `${set}${SERVER}(async () => { const server = await listen((q, response) => response.end()); await send(server, GET.replace('\\r\\n\\r\\n', '\\r\\n${header}\\r\\n')); server.close() })()`
  const { spans } = await see('cjs', work, { env })
  expect(servers(spans).map(({ trace }) => trace)).toEqual([TRACE])
})

test('a program that throws on purpose ends as it does without us', async () => {
  const app = `const http = require('http'); http.createServer((request, response) => {\n  throw new Error('on purpose')\n}).listen(0, function () { http.get({ port: this.address().port }).on('error', () => {}) })`
  const bare = await runSource('cjs', app)
  const ours = await see('cjs', `configure();${app}`)
  expect(ours.code).toBe(bare.code)
  expect(ours.stderr.split('\n').slice(1, 5)).toEqual(bare.stderr.split('\n').slice(1, 5))
})

test('what earlier answers of a connection had does not count for the last one', async () => {
  const { spans } = await seeQuiet(
    'cjs',
    `${SERVER}(async () => { let count = 0; const server = await listen((q, response) => { response.setHeader('content-length', 400); response.write(count++ === 0 ? 'x'.repeat(400) : 'half'); if (count === 1) response.end() })
    const text = GET.replace('Connection: close', 'A: b'); const socket = net.connect(server.address().port, '127.0.0.1'); socket.resume().write(text); await pause(100); socket.write(text); await pause(100); socket.destroy(); await pause(100); process.exit(0) })()`,
  )
  expect(servers(spans).map(outcomeOf)).toEqual([
    [0, 200, undefined],
    [2, 200, 'ECONNRESET'],
  ])
})
