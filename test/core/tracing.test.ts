/** Requests that are handed on, libraries that could not be loaded for a moment, propagators of the application's own. */
import { expect, test } from 'vitest'
import { linesAbout, run, spanNames } from './program.ts'

const LISTEN = `const http = require('http')
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
const ask = (server, headers = {}) => new Promise((resolve, reject) => http.get({ port: server.address().port, host: '127.0.0.1', path: '/users', headers, agent: false }, (answer) => answer.resume().on('end', () => resolve(answer))).on('error', reject))`

test.concurrent.for<[title: string, servers: string, count: number]>([
  [
    'another server',
    `const inner = http.createServer((q, r) => r.end('ok')); const outer = http.createServer((q, r) => inner.emit('request', q, r))`,
    2,
  ],
  [
    'a server of https',
    `const inner = require('https').createServer((q, r) => r.end('ok')); const outer = http.createServer((q, r) => inner.emit('request', q, r))`,
    2,
  ],
  [
    'two more, one after the other',
    `const last = http.createServer((q, r) => r.end('ok')); const inner = http.createServer((q, r) => last.emit('request', q, r)); const outer = http.createServer((q, r) => setTimeout(() => inner.emit('request', q, r), 5))`,
    3,
  ],
  [
    'another server, which never listens, later',
    `const inner = http.createServer((q, r) => setTimeout(() => r.end('ok'), 5)); const outer = http.createServer(async (q, r) => { await null; inner.emit('request', q, r) })`,
    2,
  ],
  [
    'itself',
    `let depth = 0; const outer = http.createServer((q, r) => (depth++ === 0 ? outer.emit('request', q, r) : r.end('ok')))`,
    2,
  ],
])('C32 · a request that is handed on to %s: all server spans end', async ([, servers, count]) => {
  const ran = await run(`${LISTEN}; ${servers}; listen(outer).then(async () => { await ask(outer); outer.close() })`)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  const spans = ran.sink.items('traces').filter(({ kind }) => kind === 2)
  expect(spans).toHaveLength(count)
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  const ids = spans.map(({ spanId }) => spanId)
  expect(spans.filter(({ parentSpanId }) => ids.includes(parentSpanId))).toHaveLength(count - 1)
})

/** Node raises the limit to the hard one, so the shell sets both. */
const FEW_FILES = {
  node: 'bash',
  flags: ['-c', `ulimit -n 60; exec "${process.execPath}" --require uptrace-node/register "$0"`],
}
const WITHOUT_FILES = (name: string): string => `const fs = require('fs'), taken = []
try { for (;;) taken.push(fs.openSync(__filename)) } catch {}
try { require('${name}') } catch {}
for (const fd of taken) fs.closeSync(fd)`
test.concurrent.for(['pg', 'redis', 'http', 'express'])(
  'C42 · no file descriptor at the first use of %s',
  async (name) => {
    const body = `${WITHOUT_FILES(name)}; require('${name}'); console.log(configureOpentelemetry().diagnostics().active.join(' '))`
    const ran = await run(body, {
      ...FEW_FILES,
      options: null,
      env: { UPTRACE_DSN: '$DSN', OTEL_METRICS_EXPORTER: 'none' },
    })
    expect(ran.stdout.split(/\s/)).toContain(name)
    expect(linesAbout(ran, /could not be loaded/).length).toBeLessThanOrEqual(1)
  },
)
test.concurrent('C42 · no file descriptor at the first use of http: requests are traced later', async () => {
  const body = `${WITHOUT_FILES('http')}; ${LISTEN}; listen(http.createServer((q, r) => r.end('ok'))).then(async (server) => { await ask(server); server.close() })`
  const ran = await run(body, {
    ...FEW_FILES,
    options: null,
    env: { UPTRACE_DSN: '$DSN', OTEL_METRICS_EXPORTER: 'none' },
  })
  expect(spanNames(ran)).toHaveLength(2)
})

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const OWN = `const own = {
  fields: () => ['x-own'],
  inject: (context, carrier, setter) => setter.set(carrier, 'x-own', trace.getSpanContext(context)?.traceId ?? '-'),
  extract: (context, carrier, getter) => { const traceId = getter.get(carrier, 'x-own'); return traceId ? trace.setSpanContext(context, { traceId: String(traceId), spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true }) : context },
}`
/** A server that calls another one, and tells what arrives there. */
const RELAY = `listen(http.createServer((q, r) => { console.log(q.headers['x-own'] ?? '-', q.headers.traceparent ? 'w3c' : '-'); r.end() })).then(async (end) => {
  const relay = await listen(http.createServer(async (q, r) => { await CALL(end); r.end() }))
  await new Promise((resolve) => require('child_process').execFile(process.execPath, ['-e', "require('http').get({ port: " + relay.address().port + ", host: '127.0.0.1', headers: { 'x-own': '${TRACE_ID}' } }, (answer) => answer.resume())"], { env: {} }, resolve))
  relay.close(); end.close()
})`
const BY_HTTP = RELAY.replace('CALL', 'ask')
const BY_FETCH = RELAY.replace(
  'CALL(end)',
  `fetch('http://127.0.0.1:' + end.address().port).then((answer) => answer.text())`,
)
const SET = 'propagation.setGlobalPropagator(own)'
const REPLACE = `propagation.disable(); ${SET}`
const NONE = { OTEL_PROPAGATORS: 'none' }
test.concurrent.for<[title: string, body: string, env: Record<string, string>]>([
  ['none, then one of the application', `${SET}; ${LISTEN}; ${BY_HTTP}`, NONE],
  ['none, then one of the application, fetch', `${SET}; ${LISTEN}; ${BY_FETCH}`, NONE],
  ['none, then one of the application after http was loaded', `${LISTEN}; ${SET}; ${BY_HTTP}`, NONE],
  ['one that replaces ours after http was loaded', `${LISTEN}; ${REPLACE}; ${BY_HTTP}`, {}],
  [
    'one that replaces ours once a server listens',
    `${LISTEN}; listen(http.createServer()).then((first) => { first.close(); ${REPLACE}; ${BY_HTTP} })`,
    {},
  ],
  ['one that replaces b3 after http was loaded', `${LISTEN}; ${REPLACE}; ${BY_FETCH}`, { OTEL_PROPAGATORS: 'b3' }],
])('C52 · propagator: %s', async ([, body, env]) => {
  const ran = await run(`${OWN}; ${body}`, { env })
  expect(ran.stdout).toBe(`${TRACE_ID} -\n`)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  const servers = ran.sink.items('traces').filter(({ kind }) => kind === 2)
  expect(servers.map(({ traceId }) => traceId)).toEqual([TRACE_ID, TRACE_ID])
})
