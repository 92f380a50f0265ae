/** Metrics callbacks that never settle, instruments that are created again and again, and configurations without end. */
import { describe, expect, test } from 'vitest'
import { importsOf, namesOf, run, withSink } from './support.ts'

describe.concurrent('C15', () => {
  const NEVER = 'new Promise(() => {})'
  test.for<[string, string, string]>([
    ['a gauge', `meter.createObservableGauge('g').addCallback(() => ${NEVER})`, ''],
    [
      'a batch',
      `const g = meter.createObservableGauge('g'); meter.addBatchObservableCallback(() => ${NEVER}, [g])`,
      '',
    ],
    [
      'fifty counters',
      `for (let one = 0; one < 50; one++) meter.createObservableCounter('c' + one).addCallback(async () => ${NEVER})`,
      '',
    ],
    ['a gauge, and shutdown()', `meter.createObservableGauge('g').addCallback(() => ${NEVER})`, 'shutdown()'],
    [
      'one that settles after a minute',
      `meter.createObservableUpDownCounter('u').addCallback(() => new Promise((resolve) => setTimeout(resolve, 60_000).unref()))`,
      '',
    ],
  ])('C15 · a callback that never settles, of %s: the process ends, and the other metrics arrive', ([, never, end]) =>
    withSink(async (sink) => {
      const source = `${importsOf('cjs')} configureOpentelemetry({ endpoint: '${sink.url}' })
        const meter = api.metrics.getMeter('m'); ${never}
        meter.createCounter('count').add(1); meter.createObservableGauge('other').addCallback((result) => result.observe(1))
        ${end}`
      const { code, signal } = await run('cjs', source, { timeoutMillis: 6_000 })
      expect({ code, signal }).toEqual({ code: 0, signal: null })
      expect(namesOf(sink, 'metrics')).toEqual(expect.arrayContaining(['count', 'other']))
    }),
  )
})

describe.concurrent('C16', () => {
  const OFF = `configureOpentelemetry({ disabled: true, logLevel: 'none' });`
  test.for<[string, string, string]>([
    ['a counter, telemetry off', OFF, `api.metrics.getMeter('app').createCounter('requests').add(1)`],
    [
      'a counter of a meter taken early',
      'const meter = api.metrics.getMeter("app");',
      `meter.createCounter('requests').add(1)`,
    ],
    [
      'a histogram, telemetry off',
      OFF,
      `api.metrics.getMeter('app', '1').createHistogram('h', { unit: 'ms' }).record(1)`,
    ],
    [
      'an observable gauge of a meter taken early',
      'const meter = api.metrics.getMeter("app");',
      `meter.createObservableGauge('g')`,
    ],
  ])('C16 · %s, created 100,000 times, is one', async ([, before, use]) => {
    const source = `${importsOf('cjs')} ${before}
      const repeat = (count) => { for (let index = 0; index < count; index++) { ${use} } }
      repeat(1_000); gc(); const { heapUsed } = process.memoryUsage(); repeat(100_000); gc()
      console.log((process.memoryUsage().heapUsed - heapUsed) / 1024)`
    const { code, stdout } = await run('cjs', source, { flags: ['--expose-gc'] })
    expect(code).toBe(0)
    expect(Number(stdout)).toBeLessThan(3_000)
  })
})

describe.concurrent('C17', () => {
  /** What is measured is the same before and after the cycles, but for what is given away by the hundred. */
  const MEASURES = {
    heap: ['process.memoryUsage().heapUsed / 1024', 40 * 60],
    'the depth of what a require goes through': [`depth()`, 0],
    'process.getBuiltinModule()': ['numberOf(process.getBuiltinModule)', 0],
  } as const
  test.for(Object.entries(MEASURES))(
    'C17 · 60 cycles of configure and shutdown leave %s as it was',
    ([, [measure, limit]]) =>
      withSink(async (sink) => {
        const source = `${importsOf('cjs')}
        const Module = require('module'); Error.stackTraceLimit = 1_000
        const stackDepth = () => new Error().stack.split('\\n').length
        const depth = () => { let most = 0; const { _load } = Module; Module._load = function (...args) { most = stackDepth(); return _load.apply(this, args) }; require('path'); Module._load = _load; return most }
        const functions = [], numberOf = (given) => { if (!functions.includes(given)) functions.push(given); return functions.indexOf(given) }
        const cycle = async () => { configureOpentelemetry({ endpoint: '${sink.url}', connectionPhases: true, runtimeMetrics: false }); api.trace.getTracer('t').startSpan('s').end(); await shutdown() }
        const settle = async () => { for (let index = 0; index < 5; index++) { await new Promise((resolve) => setTimeout(resolve, 50)); gc() } return await ${measure} }
        const main = async () => {
          for (let index = 0; index < 20; index++) await cycle()
          const before = await settle(); for (let index = 0; index < 60; index++) await cycle()
          console.log((await settle()) - before); process.exit()
        }
        main()`
        const { code, stdout, stderr } = await run('cjs', source, {
          flags: ['--expose-gc'],
          env: { OTEL_LOG_LEVEL: 'none' },
        })
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
        expect(Number(stdout)).toBeLessThanOrEqual(limit)
      }),
  )
})
