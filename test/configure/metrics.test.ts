/** Metrics of a program that does everything wrong: callbacks that never settle, values that are no numbers, instruments without end. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const IMPORTS = `import { metrics, trace } from '@opentelemetry/api'; import { configureOpentelemetry, forceFlush, shutdown } from 'uptrace-node'`
const namesOf = (): string[] => [...new Set(sink.items('metrics').map(({ name }) => name as string))]

const NEVER = {
  'a promise that never settles': `gauge.addCallback(() => new Promise(() => {}))`,
  'a batch that never settles': `meter.addBatchObservableCallback(() => new Promise(() => {}), [gauge])`,
  'many that never settle': `for (let index = 0; index < 50; index++) meter.createObservableGauge('g' + index).addCallback(() => new Promise(() => {}))`,
  'one that settles after a minute': `gauge.addCallback(async () => { await new Promise((resolve) => setTimeout(resolve, 60_000).unref()) })`,
  'one that throws': `gauge.addCallback(() => { throw new Error('no') })`,
  'one that rejects': `gauge.addCallback(() => Promise.reject(new Error('no')))`,
  'one that answers a thenable': `gauge.addCallback(() => ({ then() {} }))`,
} as const

describe.for(Object.entries(NEVER))('%s', ([, hostile]) => {
  const body = `${IMPORTS}
    configureOpentelemetry({ endpoint: process.env.SINK })
    const meter = metrics.getMeter('app'); const gauge = meter.createObservableGauge('never'); ${hostile}
    meter.createObservableGauge('other').addCallback((result) => result.observe(1)); meter.createCounter('counter').add(1)
    meter.createObservableGauge('slow').addCallback(async (result) => { await new Promise((resolve) => setTimeout(resolve, 20)); result.observe(2) })`

  test.for([
    ['a natural end', ''],
    ['a flush of half a second', 'await forceFlush({ timeoutMillis: 500 })'],
    ['shutdown', 'await shutdown()'],
  ])('%s: the other metrics arrive and the process ends', async ([, end]) => {
    const result = await runSource('mjs', `${body}\n${end}`, { env: { SINK: sink.url }, timeoutMillis: 20_000 })
    expect(result).toMatchObject({ code: 0, signal: null })
    expect(namesOf()).toEqual(expect.arrayContaining(['other', 'counter', 'slow']))
    expect(result.millis).toBeLessThan(6_000)
  })
})

test('the interval goes on beside a callback that never settles, which is not called again meanwhile', async () => {
  const source = `${IMPORTS}
    configureOpentelemetry({ endpoint: '${sink.url}', metricExportIntervalMillis: 200 })
    let calls = 0; const counter = metrics.getMeter('app').createCounter('counter')
    metrics.getMeter('app').createObservableGauge('never').addCallback(() => { calls++; return new Promise(() => {}) })
    for (let index = 0; index < 30; index++) { counter.add(1); await new Promise((resolve) => setTimeout(resolve, 50)) }
    await shutdown(); console.log(calls)`
  const result = await runSource('mjs', source)
  expect(result).toMatchObject({ code: 0, stdout: '1\n' })
  expect(result.stderr.match(/the callback of never has not settled/g)).toHaveLength(1)
  expect(sink.items('metrics').filter(({ name }) => name === 'counter').length).toBeGreaterThan(2)
})

test('no number that spoils a sum is taken; each refusal is counted and said once', async () => {
  const source = `${IMPORTS}
    const telemetry = configureOpentelemetry({ endpoint: '${sink.url}', runtimeMetrics: false })
    const meter = metrics.getMeter('app'); const raw = telemetry.meterProvider.getMeter('raw')
    const hostile = [NaN, Infinity, -Infinity, '5', 5n, null, undefined, {}, [], { valueOf() { throw new Error('no') } }, Symbol('x'), true]
    for (const [name, from] of Object.entries({ a: meter, b: raw })) {
      const all = [from.createCounter(name + '.counter'), from.createUpDownCounter(name + '.updown'), from.createHistogram(name + '.histogram'), from.createGauge(name + '.gauge')]
      const measure = (instrument, value) => instrument.add ? instrument.add(value) : instrument.record(value)
      for (const instrument of all) { measure(instrument, 1); for (const value of hostile) measure(instrument, value); measure(instrument, 2) }
      all[0].add(-1); all[2].record(-1)
      from.createObservableGauge(name + '.observable').addCallback((result) => { result.observe(3); for (const value of hostile) result.observe(value, { hostile: String(typeof value) }) })
      const batched = from.createObservableCounter(name + '.batched')
      from.addBatchObservableCallback((result) => { result.observe(batched, 4); for (const value of hostile) result.observe(batched, value, { a: 1 }) }, [batched])
    }
    await shutdown(); console.log(JSON.stringify(telemetry.health().refusedMeasurements))`
  const result = await runSource('mjs', source)
  expect(result.code).toBe(0)
  // four instruments and two observables, from two meters
  expect(JSON.parse(result.stdout)).toEqual({ not_finite: 12 * 3, not_a_number: 12 * 9, negative: 4 })
  for (const from of ['a', 'b']) {
    const points = Object.fromEntries(
      sink.items('metrics').map(({ name, sum, gauge, histogram }) => [name, (sum ?? gauge ?? histogram).dataPoints]),
    )
    const valuesOf = (name: string): number[] =>
      points[`${from}.${name}`].map((point: { asDouble?: number; asInt?: string; sum?: number }) =>
        Number(point.asDouble ?? point.asInt ?? point.sum),
      )
    expect({
      counter: valuesOf('counter'),
      updown: valuesOf('updown'),
      histogram: valuesOf('histogram'),
      gauge: valuesOf('gauge'),
      observable: valuesOf('observable'),
      batched: valuesOf('batched'),
    }).toEqual({ counter: [3], updown: [3], histogram: [3], gauge: [2], observable: [3], batched: [4] })
  }
  expect(result.stderr.match(/the instrument a\.counter was given NaN/g)).toHaveLength(1)
})

const STATES = {
  'telemetry off': `configureOpentelemetry({ disabled: true, logLevel: 'none' })`,
  'before configure': ``,
  'telemetry on': `configureOpentelemetry({ endpoint: process.env.SINK, metricExportIntervalMillis: 3_600_000, delivery: { exitFlush: false } })`,
  'between two': `configureOpentelemetry({ endpoint: process.env.SINK, delivery: { exitFlush: false } }); await shutdown()`,
} as const
const FLOODS = {
  '200,000 times the same from the start': [200_000, `metrics.getMeter('app').createCounter('requests').add(1)`],
  '1,000,000 times the same': [1_000_000, `meter.createCounter('requests', { unit: '1' })`],
  'every kind of instrument': [100_000, `for (const kind of kinds) meter[kind]('same')`],
  'names that never come again': [100_000, `metrics.getMeter('app' + index).createCounter('c').add(1)`],
  'tracers that never come again': [100_000, `trace.getTracer('t' + index)`],
} as const

describe.for(Object.entries(STATES))('%s', ([state, start]) => {
  test.for(Object.entries(FLOODS))('%s: bounded', { timeout: 60_000 }, async ([flood, [count, work]]) => {
    // the SDK itself keeps each meter and tracer that there ever was
    if (state === 'telemetry on' && flood.endsWith('never come again')) return
    const source = `${IMPORTS}
      ${start}
      const meter = metrics.getMeter('app'); const kinds = Object.getOwnPropertyNames(Object.getPrototypeOf(meter)).filter((name) => name.startsWith('create'))
      const run = (count) => { for (let index = 0; index < count; index++) { ${work} } }
      run(2_000); gc(); const before = process.memoryUsage().heapUsed; run(${count}); gc(); console.log((process.memoryUsage().heapUsed - before) / 1024)`
    const result = await runSource('mjs', source, {
      flags: ['--expose-gc'],
      env: { SINK: sink.url },
      timeoutMillis: 50_000,
    })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(Number(result.stdout)).toBeLessThan(3_000)
  })
})

test.for(['delta', 'cumulative'])(
  '100,000 sets of attributes are bounded by the cardinality limit: %s',
  { timeout: 60_000 },
  async (temporalityPreference) => {
    const source = `${IMPORTS}
    configureOpentelemetry({ endpoint: '${sink.url}', temporalityPreference: '${temporalityPreference}', runtimeMetrics: false })
    const counter = metrics.getMeter('app').createCounter('c'); const histogram = metrics.getMeter('app').createHistogram('h')
    const run = () => { for (let index = 0; index < 100_000; index++) { counter.add(1, { index }); histogram.record(1, { index }) } }
    run(); gc(); const before = process.memoryUsage().heapUsed; run(); gc(); console.log((process.memoryUsage().heapUsed - before) / 1024); await shutdown()`
    const result = await runSource('mjs', source, { flags: ['--expose-gc'], timeoutMillis: 50_000 })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(Number(result.stdout)).toBeLessThan(3_000)
    const points = sink
      .items('metrics')
      .filter(({ name }) => name === 'c')
      .flatMap(({ sum }) => sum.dataPoints)
    expect(points.length).toBeLessThanOrEqual(2_000)
    expect(
      points.reduce(
        (sum: number, point: { asInt?: string; asDouble?: number }) => sum + Number(point.asInt ?? point.asDouble),
        0,
      ),
    ).toBe(200_000)
  },
)

test('names and messages that are made up again and again are one line a minute of each kind', async () => {
  const body = `${IMPORTS}
    configureOpentelemetry({ endpoint: process.env.SINK, runtimeMetrics: false })
    const meter = metrics.getMeter('app')
    for (let index = 0; index < 30; index++) {
      meter.createHistogram('h' + index).record(NaN); meter.createCounter('c-' + index).add(-1 - index)
      meter.createObservableGauge('g' + index).addCallback(() => { throw new Error('failure ' + index) })
      meter.createObservableGauge('never' + index).addCallback(() => new Promise(() => {}))
    }
    await forceFlush({ timeoutMillis: 3000 })`
  const { code, stderr } = await runSource('mjs', body, { env: { SINK: sink.url } })
  expect(code).toBe(0)
  const kinds = stderr
    .trim()
    .split('\n')
    .map((line) => line.replace(/[\w-]*\d+/g, '#'))
  expect(kinds.sort()).toEqual([...new Set(kinds)].sort())
  expect(stderr).toMatch(/was given NaN/)
  expect(stderr).toMatch(/failure/)
})
