/** Whatever fails while telemetry starts, the application goes on: with one line, and with the rest of telemetry. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

/** As Jest 30 answers, and other environments that allow less than Node does. */
const HOSTILE = {
  'module.registerHooks throws': `Module.registerHooks = () => { throw new Error('module.registerHooks() is not supported in Jest.') }`,
  'Module.prototype cannot be written': `Object.defineProperty(Module.prototype, 'require', { value: Module.prototype.require, writable: false, configurable: false })`,
  'Module.register throws': `Module.registerHooks = undefined; Module.register = () => { throw new Error('not here') }`,
  'diagnostics_channel throws': `require('node:diagnostics_channel').subscribe = () => { throw new Error('not here') }`,
  'no list of loaded modules': `process.moduleLoadList = undefined`,
} as const

test.for(Object.entries(HOSTILE))('%s: spans, metrics and records are delivered all the same', async ([, hostile]) => {
  const source = `const Module = require('node:module'); ${hostile}
    const api = require('@opentelemetry/api'); const { configureOpentelemetry, shutdown } = require('uptrace-node')
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}' })
    api.trace.getTracer('t').startActiveSpan('s', (span) => { api.logs.getLogger('l').emit({ body: 'b' }); span.end() }); api.metrics.getMeter('m').createCounter('c').add(1)
    telemetry.diagnostics(); require('node:http'); shutdown().then(() => configureOpentelemetry({ endpoint: '${sink.url}' })).then(() => shutdown())`
  const result = await runSource('cjs', source)
  expect(result).toMatchObject({ code: 0, stdout: '' })
  // it is configured twice, and says each thing once: which part is missing
  const lines = result.stderr.split('\n').filter(Boolean)
  expect(new Set(lines).size).toBeLessThanOrEqual(2)
  for (const line of lines) expect(line).toMatch(/^uptrace: .*\((not here|.*not supported in Jest|Cannot assign).*\)/)
  if (hostile.includes('writable: false')) expect(lines).not.toEqual([])
  expect(sink.items('traces').map(({ name }) => name)).toContain('s')
  expect(sink.items('metrics').map(({ name }) => name)).toContain('c')
  expect(sink.items('logs').length).toBe(1)
})

const USE = (
  url: string,
) => `const api = require('@opentelemetry/api'); const { configureOpentelemetry, withSpan } = require('uptrace-node')
    const telemetry = configureOpentelemetry({ endpoint: '${url}' }); withSpan('s', () => {}); console.log(telemetry.enabled)`

test.for<[string, string]>([
  ['process', 'Object.freeze(process)'],
  ['globalThis', 'Object.freeze(globalThis)'],
  ['both', 'Object.freeze(process); Object.freeze(globalThis)'],
])('%s is frozen before the import: one line, no telemetry, and the application works', async ([, freeze]) => {
  const result = await runSource('cjs', `${freeze}; ${USE(sink.url)}; process.exit(3)`)
  expect(result).toMatchObject({ code: 3, stdout: 'false\n' })
  expect(result.stderr).toMatch(
    /^uptrace: (process|globalThis) takes no change \(freeze it after configureOpentelemetry\); telemetry is disabled\n$/,
  )
})

test.for<[string, string, number]>([
  ['a natural end', '', 0],
  ['process.exit()', 'process.exit(3)', 3],
  ['an uncaught error', `throw new Error('boom')`, 1],
  ['SIGTERM', `process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9000)`, 128 + 15],
  ['shutdown', `require('uptrace-node').shutdown().then(() => console.log('shut down'))`, 0],
])('process and globalThis are frozen later: all is delivered at %s', async ([, end, code]) => {
  const freeze = 'Object.freeze(process); Object.freeze(globalThis)'
  const result = await runSource('cjs', `${USE(sink.url)}; ${freeze}; withSpan('later', () => {})\n${end}`)
  expect(result.stderr.replace(/^.*main\.cjs:\d+\nthrow new Error.*/s, '')).toBe('')
  expect(result.code).toBe(code)
  expect(sink.items('traces').map(({ name }) => name)).toEqual(['s', 'later'])
})

test('a context manager that does nothing does not make each export the cause of the next', async () => {
  const idle = `{ active: () => api.ROOT_CONTEXT, with: (_, run, self, ...args) => run.apply(self, args), bind: (_, target) => target, enable() { return this }, disable() { return this } }`
  await runSource(
    'cjs',
    `const api = require('@opentelemetry/api'); const { configureOpentelemetry, withSpan } = require('uptrace-node')
    configureOpentelemetry({ endpoint: '${sink.url}', contextManager: ${idle}, batchSpanProcessor: { scheduledDelayMillis: 20 } })
    require('http'); withSpan('s', () => {}); setTimeout(() => {}, 400)`,
  )
  expect(sink.items('traces').map(({ name }) => name)).toEqual(['s'])
})

test.for([
  ['a detector that throws', `resourceDetectors: [{ detect() { throw new Error('no') } }]`],
  [
    'a context manager that cannot be enabled',
    `contextManager: { active() {}, with() {}, bind() {}, enable() { throw new Error('no') } }`,
  ],
  [
    'a reader that takes no producer',
    `metricReaders: [{ setMetricProducer() { throw new Error('no') }, collect() {} }]`,
  ],
  [
    'an instrumentation that throws',
    `instrumentations: [{ instrumentationName: 'x', setTracerProvider() { throw new Error('no') }, setMeterProvider() {}, enable() {}, disable() {} }]`,
  ],
  [
    'one instrumentation of two that throws',
    `instrumentations: { add: [{ instrumentationName: 'x', setTracerProvider() { throw new Error('no') }, setMeterProvider() {}, enable() {}, disable() {} }, { instrumentationName: 'y', setTracerProvider() {}, setMeterProvider() {}, enable() { process.exitCode = 0 }, disable() {} }] }`,
  ],
  ['a detector that rejects', `resourceDetectors: [{ async detect() { throw new Error('no') } }]`],
  ['a sampler that rejects', `sampler: { async shouldSample() { throw new Error('no') }, toString: () => 'x' }`],
  [
    'a span processor whose onEnd rejects',
    `spanProcessors: [{ onStart() {}, async onEnd() { throw new Error('no') }, async forceFlush() {}, async shutdown() {} }]`,
  ],
  [
    'a span processor whose onStart rejects',
    `spanProcessors: [{ onStart: () => Promise.reject(null), onEnd() {}, async forceFlush() {}, async shutdown() {} }]`,
  ],
  ['ids that are none', `idGenerator: { generateTraceId: () => 'zz', generateSpanId: () => 5n }`],
  [
    'a logger that rejects',
    `resourceDetectors: [{ detect() { throw new Error('no') } }], logger: { async warn(line) { process.stderr.write('uptrace: ' + line + '\\n'); throw new Error('no') }, error() {}, info() {}, debug() {} }`,
  ],
  [
    'a resource that cannot be read',
    `resource: { attributes: {}, merge() { throw new Error('no') }, get asyncAttributesPending() { throw new Error('no') } }`,
  ],
])('%s: a line, and nothing is thrown', async ([, option]) => {
  const source = `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', ${option} })
    api.trace.getTracer('t').startSpan('s').end(); await shutdown(); console.log('end')`
  const result = await runSource('mjs', source)
  expect(result).toMatchObject({ code: 0, stdout: 'end\n' })
  expect(result.stderr).toMatch(/^uptrace: [^\n]+\n(uptrace: A sampler [^\n]+\n)?$/)
  // without a resource there is no telemetry
  if (!option?.startsWith('resource:')) expect(sink.items('traces').map(({ name }) => name)).toEqual(['s'])
})

test('a wrong option throws and leaves the active configuration as it is', async () => {
  const source = `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'
    for (const options of [{ serviceName: 5 }, { nonsense: 1 }, { metricExportIntervalMillis: -1 }])
      try { configureOpentelemetry(options); console.log('taken') } catch (error) { console.log(error.code) }
    api.trace.getTracer('t').startSpan('s').end(); await shutdown()`
  const result = await runSource('mjs', source, {
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` },
  })
  expect(result).toMatchObject({
    code: 0,
    stdout: 'ERR_OPTION_TYPE\nERR_OPTION_UNKNOWN\nERR_OPTION_RANGE\n',
    stderr: '',
  })
  expect(sink.items('traces').map(({ name }) => name)).toEqual(['s'])
})

const OWN_PROPAGATOR = `{ inject: (context, carrier, setter) => setter.set(carrier, 'x-own', 'yes'), extract: (context) => context, fields: () => ['x-own'] }`

test.for([
  ['OTEL_PROPAGATORS=none, then one of the application', { OTEL_PROPAGATORS: 'none' }, ''],
  ['one that replaces ours later', {}, 'api.propagation.disable();'],
  ['telemetry off and none', { OTEL_PROPAGATORS: 'none', UPTRACE_DISABLED: 'true' }, ''],
] as const)('%s: it is used, and outlives shutdown', async ([, env, before]) => {
  const source = `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'; import http from 'node:http'
    configureOpentelemetry({ endpoint: '${sink.url}' })
    const server = http.createServer((request, response) => response.end(JSON.stringify(Object.keys(request.headers)))).listen(0)
    const get = () => new Promise((resolve) => http.get({ port: server.address().port }, (response) => response.on('data', (body) => resolve(String(body)))))
    ${before}
    const isSet = api.propagation.setGlobalPropagator(${OWN_PROPAGATOR})
    const headers = process.env.UPTRACE_DISABLED ? '["x-own"]' : await get()
    const carrier = {}; await shutdown(); api.propagation.inject(api.ROOT_CONTEXT, carrier)
    console.log(isSet, headers.includes('x-own'), headers.includes('traceparent'), carrier['x-own']); server.close(); server.closeAllConnections()`
  const result = await runSource('mjs', source, { env })
  expect(result).toMatchObject({ code: 0, stdout: 'true true false yes\n', stderr: '' })
})
