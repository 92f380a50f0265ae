/** Code that configures after the preload has, and after a shutdown: what it says counts, and what was taken before follows. */
import { describe, expect, test } from 'vitest'
import { attributesOf } from '../faults/sink.ts'
import { dsnOf, importsOf, namesOf, preloaded, run, withSink } from './support.ts'

const TAKE = `
const take = (name) => {
  const tracer = api.trace.getTracer('t'), meter = api.metrics.getMeter('m'), logger = api.logs.getLogger('l')
  const counter = meter.createCounter(name), histogram = meter.createHistogram(name + '.h')
  meter.createObservableGauge(name + '.g').addCallback((result) => result.observe(1))
  return () => { tracer.startSpan(name).end(); counter.add(1); histogram.record(1); logger.emit({ body: name }) }
};`

describe.concurrent('C1', () => {
  test.for<['mjs' | 'cjs', string, string]>([
    ['mjs', '--import', 'a tracer, a counter and a logger taken at module top follow the later configure (--import)'],
    ['cjs', '-r', 'the same in CommonJS (-r)'],
  ])('C1 · %s %s: %s', ([kind, flag]) =>
    withSink((early) =>
      withSink(async (late) => {
        const source = `${importsOf(kind)} ${TAKE} const use = take('early');
          configureOpentelemetry({ endpoint: '${late.url}', serviceName: 'one' }); use(); shutdown()`
        const { code } = await run(kind, source, preloaded(early, flag))
        expect(code).toBe(0)
        expect(namesOf(late, 'traces')).toEqual(['early'])
        expect(namesOf(late, 'metrics')).toEqual(expect.arrayContaining(['early', 'early.g', 'early.h']))
        expect(namesOf(late, 'logs')).toEqual(['early'])
      }),
    ),
  )

  test('C1 · taken in the first of three configurations, used in the third', () =>
    withSink(async (sink) => {
      const source = `${importsOf('mjs')} ${TAKE} const options = { endpoint: '${sink.url}' }
        configureOpentelemetry(options); const use = take('first'); await shutdown()
        configureOpentelemetry(options); await shutdown(); configureOpentelemetry(options); use(); await shutdown()`
      expect(await run('mjs', source)).toMatchObject({ code: 0 })
      expect(namesOf(sink, 'traces')).toEqual(['first'])
      expect(namesOf(sink, 'metrics')).toEqual(expect.arrayContaining(['first', 'first.g', 'first.h']))
      expect(namesOf(sink, 'logs')).toEqual(['first'])
    }))
})

describe.concurrent('C2', () => {
  /** Options, and what the program prints then, which it writes as a list of `seen`. */
  test.for<[string, string, string, unknown]>([
    [
      'logs.sending',
      `logs: { sending: false }`,
      `pino({}, { write() {} }).info('a line'); await forceFlush(); say(0)`,
      { records: 0 },
    ],
    [
      'logs.keys',
      `logs: { keys: { traceId: 'own_trace' } }`,
      `api.trace.getTracer('t').startActiveSpan('s', (span) => { pino({}, { write: (line) => say('own_trace' in JSON.parse(line)) }).info('a line'); span.end() }); await forceFlush()`,
      { said: 'true' },
    ],
    [
      'instrumentations.http.requestHook',
      `instrumentations: { http: { requestHook: (span) => span.setAttribute('hooked', 'yes') } }`,
      `await get(); await forceFlush()`,
      { hooked: ['yes', 'yes'] },
    ],
    [
      'instrumentations.express.requestHook',
      `instrumentations: { express: { requestHook: (span) => span.setAttribute('hooked', 'express') } }`,
      `await get(); await forceFlush()`,
      { hooked: ['express'] },
    ],
  ])('C2 · %s of the code counts after the preload', ([, option, use, right]) =>
    withSink(async (sink) => {
      const source = `${importsOf('mjs')} import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)
        const http = require('http'), express = require('express'), pino = require('pino')
        const say = (value) => console.log(String(value))
        configureOpentelemetry({ endpoint: '${sink.url}', ${option} })
        const get = async () => {
          const app = express(); app.get('/', (_, response) => response.end())
          const server = app.listen(0); await new Promise((resolve) => http.get({ port: server.address().port, agent: false }, (answer) => answer.resume().on('end', resolve))); server.close()
        }
        ${use}; await shutdown()`
      const { stdout, code } = await run('mjs', source, preloaded(sink))
      const spans = sink.items('traces')
      const view = {
        records: sink.items('logs').length,
        said: stdout.trim(),
        hooked: spans.flatMap((span) => attributesOf(span)['hooked'] ?? []).sort(),
      }
      expect({ code, ...view }).toMatchObject({ code: 0, ...(right as object) })
    }),
  )
})

describe.concurrent('C3', () => {
  test.for<[string, string]>([
    ['shutdown()', `shutdown()`],
    ['shutdown() of the handle', `first.shutdown()`],
    ['shutdown() asked for twice', `shutdown(); first.shutdown()`],
    ['shutdown() of a preload', `shutdown()`],
  ])('C3 · %s that is not awaited leaves the next configuration alone', ([name, call]) =>
    withSink((one) =>
      withSink(async (two) => {
        const isPreloaded = name.endsWith('preload')
        const source = `${importsOf('cjs')} const tracer = api.trace.getTracer('t')
          ${isPreloaded ? '' : `const first = configureOpentelemetry({ endpoint: '${one.url}' });`} tracer.startSpan('one').end()
          ${call}
          const second = configureOpentelemetry({ endpoint: '${two.url}' }); tracer.startSpan('two').end()
          setTimeout(() => { api.trace.getTracer('u').startSpan('three').end(); second.shutdown() }, 100)`
        const { code } = await run(
          'cjs',
          source,
          isPreloaded ? preloaded(one, '-r') : { env: { UPTRACE_DSN: dsnOf(one) } },
        )
        expect(code).toBe(0)
        expect([namesOf(one, 'traces'), namesOf(two, 'traces')]).toEqual([['one'], ['three', 'two']])
      }),
    ),
  )
})
