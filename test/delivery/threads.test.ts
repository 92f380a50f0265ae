/** Worker threads hand over what they record, and what they wait for; pools and parked threads are in test/core/endings.test.ts. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attributesOf, type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close().catch(() => {}))

const program = (main: string, worker: string, more = ''): string => `
const { isMainThread, Worker, parentPort } = require('worker_threads')
const { configureOpentelemetry, withSpan, forceFlush } = require('uptrace-node')
const telemetry = configureOpentelemetry({ dsn: 'http://t@127.0.0.1:${sink.port}', metricsEnabled: false${more} })
if (isMainThread) { ${main} } else { ${worker} }`
const names = (): string[] => sink.items('traces').map(({ name }) => name)

test('forceFlush() in a thread resolves when the back end has answered', async () => {
  const { stdout } = await runSource(
    'cjs',
    program(
      'new Worker(__filename)',
      `withSpan('a', () => {}); forceFlush().then(() => { console.log(JSON.stringify(telemetry.health().signals.traces)) })`,
    ),
  )
  expect(JSON.parse(stdout)).toMatchObject({ created: 1, delivered: 1, queued: 0 })
  expect(names()).toEqual(['a'])
})

test('forceFlush() in a thread counts what was recorded last, and does not blame the application for the back end', async () => {
  sink.behaviour = 'hang'
  const { stdout, stderr } = await runSource(
    'cjs',
    program(
      'new Worker(__filename)',
      `withSpan('a', () => {}); forceFlush({ timeoutMillis: 1000 }).then(({ timedOut }) => console.log(timedOut))`,
      ', delivery: { exitTimeoutMillis: 100 }',
    ),
  )
  expect(stdout).toBe('true\n')
  expect(stderr).not.toMatch(/of the application/)
})

test('a thread keeps its own resource and scope', async () => {
  const more = ", serviceName: require('worker_threads').isMainThread ? 'main' : 'thread'"
  await runSource(
    'cjs',
    program(
      `withSpan('m', () => {}); new Worker(__filename)`,
      `require('@opentelemetry/api').trace.getTracer('mine', '1.2.3').startSpan('t').end()`,
      more,
    ),
  )
  const groups = sink.received
    .filter(({ signal }) => signal === 'traces')
    .flatMap(({ request }) => request.resourceSpans)
    .map(({ resource, scopeSpans }) => [
      resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue,
      scopeSpans[0].scope.name,
      resource.attributes.some(({ key }: { key: string }) => key === 'process.pid'),
    ])
  expect(groups).toEqual(
    expect.arrayContaining([
      ['main', 'uptrace-node', true],
      ['thread', 'mine', true],
    ]),
  )
})

test.for<[string, string]>([
  ['text', `new Worker(WORK, { eval: true })`],
  [
    'a data: URL',
    `new Worker(new URL('data:text/javascript,' + encodeURIComponent("import { createRequire } from 'node:module'; const require = createRequire(process.cwd() + '/x'); " + WORK)))`,
  ],
])('a thread that is made from %s is the same service as the main thread', async ([, start]) => {
  const main = `const { Worker } = require('worker_threads'); const WORK = "require('uptrace-node').withSpan('work', () => {})"
require('uptrace-node').withSpan('main', () => {}); ${start}`
  const { stderr } = await runSource('cjs', main, {
    flags: ['-r', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` },
    files: { 'package.json': '{"name":"the-app","version":"3.0.0"}' },
  })
  expect(stderr).toBe('')
  expect(names().toSorted()).toEqual(['main', 'work'])
  const services = sink.received
    .filter(({ signal }) => signal === 'traces')
    .flatMap(({ request }) => request.resourceSpans.map(({ resource }: { resource: never }) => attributesOf(resource)))
  expect(new Set(services.map((one) => `${one['service.name']} ${one['service.version']}`))).toEqual(
    new Set(['the-app 3.0.0']),
  )
})

test('a thread with another destination sends its own', async () => {
  const other = await startSink()
  const source = program('new Worker(__filename)', `withSpan('a', () => {})`).replace(
    `'http://t@127.0.0.1:${sink.port}'`,
    `isMainThread ? 'http://t@127.0.0.1:${sink.port}' : 'http://t@127.0.0.1:${other.port}'`,
  )
  await runSource('cjs', source)
  expect(names()).toEqual([])
  expect(other.items('traces').map(({ name }) => name)).toEqual(['a'])
  await other.close()
})

test('a thread sends its own once the main thread has shut down, and where the main thread has no telemetry', async () => {
  await runSource(
    'cjs',
    program(
      `const worker = new Worker(__filename); worker.on('message', () => telemetry.shutdown().then(() => worker.postMessage('go')))`,
      `withSpan('before', () => {}); parentPort.postMessage(1); parentPort.once('message', () => withSpan('after', () => {}))`,
    ),
  )
  const source = program('', `withSpan('alone', () => {})`).replace(
    'const telemetry = configureOpentelemetry',
    'if (isMainThread) new Worker(__filename); else configureOpentelemetry',
  )
  await runSource('cjs', source)
  expect(names().sort()).toEqual(['after', 'alone', 'before'])
})

test('a thread with more than fits loses nothing, and the counts of the process add up', {
  timeout: 60_000,
}, async () => {
  const { stdout } = await runSource(
    'cjs',
    program(
      `new Worker(__filename).on('exit', () => forceFlush().then(() => console.log(JSON.stringify(telemetry.health().signals.traces))))`,
      `for (let index = 0; index < 40000; index++) withSpan('span ' + index, () => {})`,
    ),
    { timeoutMillis: 50_000 },
  )
  const { created, delivered, dropped, queued } = JSON.parse(stdout)
  expect({ created, delivered, dropped, queued }).toEqual({
    created: 40_000,
    delivered: 40_000,
    dropped: {},
    queued: 0,
  })
  expect(sink.spanIds().size).toBe(40_000)
})

test('a thread that is parked after its task loses no metric, however many there are', async () => {
  const worker = `const meter = require('@opentelemetry/api').metrics.getMeter('app')
    for (let one = 0; one < 40; one++) { const counter = meter.createCounter('c' + one); for (let id = 0; id < 1000; id++) counter.add(1, { id }) }
    Promise.resolve().then(() => { parentPort.postMessage('done'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`
  const main = `new Worker(__filename).on('message', () => process.exit(5))`
  const { code, stderr } = await runSource(
    'cjs',
    program(main, worker, ', metricsEnabled: true, runtimeMetrics: false'),
  )
  expect({ code, stderr }).toEqual({ code: 5, stderr: '' })
  const own = sink.items('metrics').filter(({ name }) => /^c\d+$/.test(name))
  expect(own.reduce((sum, { sum: { dataPoints } }) => sum + dataPoints.length, 0)).toBe(40_000)
})
