/** One deadline from the caller down: it answers in time, says what came of it, and leaves nothing behind that keeps the process alive. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const IMPORTS = `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, forceFlush, shutdown, reportPanic } from 'uptrace-node'`
/** What is created before each call: an item of each signal. */
const WORK = `
  const work = () => { api.trace.getTracer('t').startSpan('s').end(); api.metrics.getMeter('m').createCounter('c').add(1); api.logs.getLogger('l').emit({ body: 'b' }) }
  const timed = async (name, run) => { const start = performance.now(); const result = await run(); console.log(JSON.stringify({ name, millis: performance.now() - start, ...result })) }`

interface Line {
  readonly name: string
  readonly millis: number
  readonly delivered: number
  readonly dropped: number
  readonly timedOut: boolean
}
const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))

/** Start of Node and of telemetry, on a machine with other work. */
const START_MILLIS = 3_000

const CALLS = {
  'forceFlush of the module': 'forceFlush({ timeoutMillis: 500 })',
  'forceFlush of the handle': 'telemetry.forceFlush({ timeoutMillis: 500 })',
  reportPanic: `reportPanic(new Error('panic'), { timeoutMillis: 500 })`,
  'ten at once':
    'Promise.all(Array.from({ length: 10 }, () => forceFlush({ timeoutMillis: 500 }))).then(([first]) => first)',
  'shutdown of the module': 'shutdown({ timeoutMillis: 500 })',
  'shutdown of the handle': 'telemetry.shutdown({ timeoutMillis: 500 })',
} as const

test.for(
  Object.entries(CALLS).flatMap(([name, call]) =>
    (['refuses', 'hangs'] as const).map((how) => [name, how, call] as const),
  ),
)('%s, the back end %s: answered at the deadline, and the process ends', async ([name, how, call]) => {
  if (how === 'refuses') await sink.stop()
  else sink.behaviour = 'hang'
  const source = `${IMPORTS}
      const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', delivery: { exitFlush: false }, logLevel: 'none' })
      ${WORK}
      work(); await timed('call', () => ${call})`
  const result = await runSource('mjs', source, { timeoutMillis: 15_000 })
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '' })
  const [line] = linesOf(result.stdout)
  expect(line).toMatchObject({ delivered: 0, timedOut: true })
  expect(line!.millis).toBeGreaterThan(400)
  expect(line!.millis).toBeLessThan(1_500)
  if (name.startsWith('shutdown')) expect(line!.dropped).toBeGreaterThanOrEqual(3)
  expect(result.millis).toBeLessThan(500 + START_MILLIS)
})

test.for([
  'forceFlush({ timeoutMillis: 15_000 })',
  'telemetry.forceFlush({ timeoutMillis: 15_000 })',
  `reportPanic(new Error('panic'), { timeoutMillis: 15_000 })`,
  'shutdown({ timeoutMillis: 15_000 })',
  `shutdown({ timeoutMillis: 15_000 }); configureOpentelemetry({ endpoint: '$URL', delivery }); work(); forceFlush({ timeoutMillis: 15_000 })`,
])('%s that nobody waits for leaves the rest to the end of the process and its limit', async (call) => {
  sink.behaviour = 'hang'
  // a processor of the application's that does not finish either
  const source = `${IMPORTS}
    const delivery = { exitTimeoutMillis: 300 }
    const never = () => new Promise(() => {}), processor = { onStart() {}, onEnd() {}, forceFlush: never, shutdown: never }
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', delivery, spanProcessors: [processor] })
    ${WORK}
    work(); ${call.replace('$URL', sink.url)}`
  const { code, stderr, millis } = await runSource('mjs', source)
  expect(code).toBe(0)
  expect(stderr).toMatch(/could not be delivered in time/)
  expect(millis).toBeLessThan(300 + 2 * START_MILLIS)
})

test('where the end of the process sends nothing, a flush that nobody waits for is sent', async () => {
  const source = `${IMPORTS}
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', delivery: { exitFlush: false } })
    ${WORK}
    work(); telemetry.forceFlush({ timeoutMillis: 15_000 })`
  const { code, millis } = await runSource('mjs', source)
  expect([code, sink.items('traces').length, sink.items('logs').length]).toEqual([0, 1, 1])
  expect(millis).toBeLessThan(2 * START_MILLIS)
})

test('what a flush resolves to is an ordinary promise', async () => {
  const source = `${IMPORTS}
    configureOpentelemetry({ endpoint: '${sink.url}' })
    const flush = forceFlush()
    console.log(flush instanceof Promise, flush.then().constructor === Promise, (await flush.finally(() => {})).timedOut)`
  expect((await runSource('mjs', source)).stdout).toBe('true true false\n')
})

test('0 begins to send and does not wait', async () => {
  const source = `${IMPORTS}
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}' })
    ${WORK}
    work(); await timed('flush', () => telemetry.forceFlush({ timeoutMillis: 0 }))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await timed('counts', () => ({ delivered: telemetry.health().signals.traces.delivered }))
    work(); await timed('shutdown', () => shutdown({ timeoutMillis: 0 }))`
  const result = await runSource('mjs', source)
  expect(result.code).toBe(0)
  const [flush, counts, end] = linesOf(result.stdout)
  expect(flush).toMatchObject({ timedOut: true })
  expect(flush!.millis).toBeLessThan(300)
  expect(counts).toMatchObject({ delivered: 1 })
  expect(end!.millis).toBeLessThan(300)
  expect(end!.dropped).toBeGreaterThanOrEqual(2)
})

test('a back end that does not answer is not taken for a part of the application', async () => {
  sink.behaviour = 'hang'
  const source = `${IMPORTS}
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}' })
    ${WORK}
    api.metrics.getMeter('m').createObservableGauge('g').addCallback(async (result) => result.observe(1))
    work(); for (const timeoutMillis of [0, 100]) await forceFlush({ timeoutMillis })
    work(); await shutdown({ timeoutMillis: 200 })`
  const { stderr } = await runSource('mjs', source)
  expect(stderr).toMatch(/^uptrace: [^\n]*could not be delivered in time; [^\n]* no answer yet\n$/)
})

test('what the preload has left for a back end that is down holds up no process, and is told once', async () => {
  const source = `import * as api from '@opentelemetry/api'
    api.metrics.getMeter('m').createObservableGauge('g').addCallback((result) => result.observe(1))
    for (let index = 0; index < 10; index++) api.trace.getTracer('t').startSpan('early').end()
    const { configureOpentelemetry } = await import('uptrace-node')
    configureOpentelemetry({ endpoint: '${sink.url}' })
    api.trace.getTracer('t').startSpan('s').end()
    const at = performance.now(); process.on('exit', () => console.log(performance.now() - at))`
  const result = await runSource('mjs', source, {
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: 'http://t@127.0.0.1:1' },
  })
  expect(result.code).toBe(0)
  expect(Number(result.stdout)).toBeLessThan(3_000)
  expect(result.stderr).toMatch(
    /^uptrace: 10 spans, \d+ data points could not be delivered in time; http:\/\/127.0.0.1:1: connection refused\n$/,
  )
  expect(sink.items('traces').map(({ name }) => name)).toEqual(['s'])
})

test('what was delivered is counted over all signals', async () => {
  const source = `${IMPORTS}
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', runtimeMetrics: false })
    ${WORK}
    work(); await timed('one', () => forceFlush()); await timed('none', () => telemetry.forceFlush())
    work(); await timed('two', () => reportPanic('x')); work(); await timed('three', () => shutdown()); await timed('four', () => shutdown())`
  const result = await runSource('mjs', source)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const [one, none, two, three, four] = linesOf(result.stdout)
  expect(one!.delivered).toBeGreaterThanOrEqual(3)
  expect(two!.delivered).toBeGreaterThanOrEqual(4)
  expect(three!.delivered).toBeGreaterThanOrEqual(3)
  for (const line of [one, none, two, three]) expect(line).toMatchObject({ dropped: 0, timedOut: false })
  expect(four).toMatchObject({ delivered: 0, dropped: 0, timedOut: false })
})

test.for(['NaN', '-1', 'Infinity', '1e12', '"5"', 'null', '{}', 'undefined'])(
  'timeoutMillis: %s neither rejects nor ends early',
  async (millis) => {
    const source = `${IMPORTS}
    configureOpentelemetry({ endpoint: '${sink.url}' })
    ${WORK}
    work(); await timed('flush', () => forceFlush({ timeoutMillis: ${millis} })); work(); await timed('shutdown', () => shutdown({ timeoutMillis: ${millis} })); await forceFlush(null); await shutdown(null)`
    const result = await runSource('mjs', source)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    for (const line of linesOf(result.stdout)) expect(line).toMatchObject({ timedOut: false, dropped: 0 })
    expect(sink.items('traces')).toHaveLength(2)
  },
)

const HANG = 'new Promise(() => {})'
const BROKEN = {
  hangs: HANG,
  rejects: `Promise.reject(new Error('no'))`,
  throws: `(() => { throw new Error('no') })()`,
  'resolves late': `new Promise((resolve) => setTimeout(resolve, 60_000).unref())`,
} as const
const OWN = {
  spanProcessors: (end: string) =>
    `spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: () => ${end}, shutdown: () => ${end} }]`,
  logRecordProcessors: (end: string) =>
    `logRecordProcessors: [{ onEmit() {}, forceFlush: () => ${end}, shutdown: () => ${end} }]`,
  metricReaders: (end: string) =>
    `metricReaders: [new (class extends MetricReader { onForceFlush() { return ${end} } onShutdown() { return ${end} } })()]`,
  exporter: (end: string) =>
    `spanProcessors: [new SimpleSpanProcessor({ exporter: { export() {}, forceFlush: () => ${end}, shutdown: () => ${end} } })]`,
} as const

test.for(Object.keys(OWN).flatMap((part) => Object.keys(BROKEN).map((how) => [part, how] as const)))(
  '%s of the application that %s: the deadline holds, ours is delivered',
  async ([part, how]) => {
    const source = `${IMPORTS}; import { MetricReader } from '@opentelemetry/sdk-metrics'; import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
      const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', ${OWN[part as keyof typeof OWN](BROKEN[how as keyof typeof BROKEN])} })
      ${WORK}
      work(); await timed('flush', () => forceFlush({ timeoutMillis: 400 })); work(); await timed('shutdown', () => telemetry.shutdown({ timeoutMillis: 400 }))`
    const result = await runSource('mjs', source, { timeoutMillis: 15_000 })
    expect(result).toMatchObject({ code: 0, signal: null })
    for (const line of linesOf(result.stdout)) expect(line.millis).toBeLessThan(1_500)
    expect(sink.items('traces').filter(({ name }) => name === 's')).toHaveLength(2)
    expect(sink.items('logs')).toHaveLength(2)
    expect(result.millis).toBeLessThan(800 + START_MILLIS)
  },
)

test('every processor, exporter and reader of the application is flushed and shut down', async () => {
  const source = `${IMPORTS}; import { MetricReader } from '@opentelemetry/sdk-metrics'; import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'; import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs'
    const seen = new Set()
    const own = (name, extra) => ({ onStart() {}, onEnd() {}, onEmit() {}, export(items, done) { seen.add(name + ' export'); done({ code: 0 }) }, forceFlush: async () => void seen.add(name + ' flush'), shutdown: async () => void seen.add(name + ' shutdown'), ...extra })
    class Reader extends MetricReader { async onForceFlush() { seen.add('reader flush') } async onShutdown() { seen.add('reader shutdown') } }
    configureOpentelemetry({ endpoint: '${sink.url}', spanProcessors: [own('span'), new BatchSpanProcessor({ exporter: own('span exporter') })], logRecordProcessors: [own('log'), new BatchLogRecordProcessor({ exporter: own('log exporter') })], metricReaders: [new Reader()] })
    ${WORK}
    work(); await forceFlush(); work(); await shutdown(); console.log(JSON.stringify([...seen].sort()))`
  const result = await runSource('mjs', source)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const parts = ['span', 'log', 'reader'].flatMap((part) => [`${part} flush`, `${part} shutdown`])
  const exporters = ['span', 'log'].flatMap((part) => [`${part} exporter export`, `${part} exporter shutdown`])
  expect(JSON.parse(result.stdout)).toEqual(expect.arrayContaining([...parts, ...exporters]))
})
