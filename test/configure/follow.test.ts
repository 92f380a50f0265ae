/** What was taken from the API at any time follows the configuration of now: before it, after the preload, and between two. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

/** `take(name)` gives a function that makes one span, one value of each kind of instrument and one record with what was taken now. */
const TAKE = `
const take = (name) => {
  const tracer = api.trace.getTracer('t'); const meter = api.metrics.getMeter('m'); const logger = api.logs.getLogger('l')
  const counter = meter.createCounter(name + '.counter'); const histogram = meter.createHistogram(name + '.histogram')
  const gauge = meter.createObservableGauge(name + '.gauge'); const batched = meter.createObservableCounter(name + '.batched')
  gauge.addCallback((result) => result.observe(1))
  meter.addBatchObservableCallback((result) => result.observe(batched, 2), [batched])
  return (as) => {
    tracer.startActiveSpan(name + ' ' + as, (span) => { tracer.startSpan(name + ' inner ' + as).end(); span.end() })
    counter.add(1, { as }); histogram.record(1, { as }); logger.emit({ body: name + ' ' + as })
  }
}`

function seen(service?: string) {
  const of = (signal: 'traces' | 'metrics' | 'logs'): string[] =>
    sink.received
      .filter(({ request }) => {
        const [group] = request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs
        return service === undefined || attributesOf(group.resource)['service.name'] === service
      })
      .filter((received) => received.signal === signal)
      .flatMap(({ items }) => items.map((item) => item.name ?? item.body?.stringValue))
  return { spans: of('traces').sort(), metrics: [...new Set(of('metrics'))].sort(), records: of('logs').sort() }
}

const metricsOf = (name: string): string[] =>
  ['batched', 'counter', 'gauge', 'histogram'].map((kind) => `${name}.${kind}`)

const STARTS = [
  [
    'mjs',
    'plain',
    `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'`,
  ],
  [
    'cjs',
    'plain',
    `const api = require('@opentelemetry/api'); const { configureOpentelemetry, shutdown } = require('uptrace-node')`,
  ],
  [
    'mjs',
    'preload',
    `import * as api from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'`,
  ],
  [
    'cjs',
    'preload',
    `const api = require('@opentelemetry/api'); const { configureOpentelemetry, shutdown } = require('uptrace-node')`,
  ],
] as const

test.for(STARTS)('%s, %s: early, between and late, each in two configurations', async ([kind, start, imports]) => {
  const source = `${imports}
    ${TAKE}
    const run = async () => {
      const early = take('early')
      const first = configureOpentelemetry({ endpoint: '${sink.url}', serviceName: 'one' })
      const late = take('late')
      early('a'); late('a')
      await shutdown()
      const between = take('between'); between('lost'); early('lost')
      const second = configureOpentelemetry({ endpoint: '${sink.url}', serviceName: 'two' })
      early('b'); late('b'); between('b')
      console.log(JSON.stringify([first === second, await shutdown()]))
    }
    run()`
  const result = await runSource(kind, source, {
    flags: start === 'preload' ? ['--import', 'uptrace-node/register'] : [],
    env: start === 'preload' ? { UPTRACE_DSN: `http://t@localhost:${sink.port}` } : {},
  })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const [isSame, flushed] = JSON.parse(result.stdout)
  expect(isSame).toBe(false)
  expect(flushed).toMatchObject({ dropped: 0, timedOut: false })
  expect(flushed.delivered).toBeGreaterThanOrEqual(9)
  const spansOf = (names: string[], as: string): string[] =>
    names.flatMap((name) => [`${name} ${as}`, `${name} inner ${as}`]).sort()
  const one = seen('one')
  expect(one.spans).toEqual(spansOf(['early', 'late'], 'a'))
  expect(one.metrics).toEqual(expect.arrayContaining([...metricsOf('early'), ...metricsOf('late')]))
  expect(one.records).toEqual(['early a', 'late a'])
  const two = seen('two')
  expect(two.spans).toEqual(spansOf(['between', 'early', 'late'], 'b'))
  expect(two.metrics).toEqual(expect.arrayContaining(['early', 'late', 'between'].flatMap(metricsOf)))
  expect(two.records).toEqual(['between b', 'early b', 'late b'])
})

test('both copies of the API in one process follow', async () => {
  const source = `import * as esm from '@opentelemetry/api'; import { createRequire } from 'node:module'
    import { configureOpentelemetry, shutdown } from 'uptrace-node'
    const cjs = createRequire(import.meta.url)('@opentelemetry/api')
    const taken = Object.entries({ esm, cjs }).map(([name, api]) => [name, api.trace.getTracer('t'), api.metrics.getMeter('m').createCounter(name + '.c'), api.logs.getLogger('l')])
    const use = (as) => { for (const [name, tracer, counter, logger] of taken) { tracer.startSpan(name + ' ' + as).end(); counter.add(1); logger.emit({ body: name + ' ' + as }) } }
    for (const as of ['a', 'b']) { configureOpentelemetry({ endpoint: '${sink.url}' }); use(as); await shutdown() }`
  expect(await runSource('mjs', source)).toMatchObject({ code: 0, stderr: '' })
  expect(seen()).toMatchObject({
    spans: ['cjs a', 'cjs b', 'esm a', 'esm b'],
    records: ['cjs a', 'cjs b', 'esm a', 'esm b'],
  })
  expect(seen().metrics).toEqual(expect.arrayContaining(['cjs.c', 'esm.c']))
})

test('a shutdown that is not awaited leaves room at once; the end of the old one leaves the new one alone', async () => {
  const source = `import { trace, context, propagation } from '@opentelemetry/api'; import { configureOpentelemetry, shutdown, forceFlush, traceUrl } from 'uptrace-node'
    const options = { endpoint: '${sink.url}', spanProcessors: [{ onStart() {}, onEnd() {}, forceFlush: async () => {}, shutdown: () => new Promise((resolve) => setTimeout(resolve, 300)) }] }
    const tracer = trace.getTracer('t')
    const first = configureOpentelemetry(options); tracer.startSpan('one').end()
    const ending = first.shutdown()
    const second = configureOpentelemetry({ endpoint: '${sink.url}' }); tracer.startSpan('two').end()
    const again = configureOpentelemetry({ endpoint: '${sink.url}' })
    await ending
    tracer.startActiveSpan('three', (span) => { trace.getTracer('u').startSpan('child').end(); const carrier = {}; propagation.inject(context.active(), carrier); console.log(first !== second, again === second, 'traceparent' in carrier); span.end() })
    await Promise.all([first.shutdown(), shutdown(), second.shutdown()])
    console.log(second.health().signals.traces.delivered)`
  const result = await runSource('mjs', source)
  expect(result).toMatchObject({ code: 0, stdout: 'true true true\n3\n' })
  const spans = sink.items('traces')
  expect(spans.map(({ name }) => name).sort()).toEqual(['child', 'one', 'three', 'two'])
  expect(spans.find(({ name }) => name === 'child').parentSpanId).toBe(
    spans.find(({ name }) => name === 'three').spanId,
  )
})

test('work that is under way when another configuration takes over keeps its context', async () => {
  const source = `import { trace, context } from '@opentelemetry/api'; import { configureOpentelemetry, shutdown } from 'uptrace-node'
    import { setTimeout } from 'node:timers/promises'
    const tracer = trace.getTracer('t')
    let go; const gate = new Promise((resolve) => { go = resolve })
    const work = tracer.startActiveSpan('outer', async (span) => { await gate; await setTimeout(5); tracer.startSpan('inner').end(); span.end() })
    configureOpentelemetry({ endpoint: '${sink.url}' })
    go(); await work; await shutdown()`
  const result = await runSource('mjs', source, {
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` },
  })
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const inner = sink.items('traces').find(({ name }) => name === 'inner')
  expect(inner.parentSpanId).toMatch(/^[0-9a-f]{16}$/)
})

test.for<[string, Record<string, string>]>([
  ['off for want of a DSN', {}],
  ['on, with another destination', { UPTRACE_DSN: 'http://t@127.0.0.1:9' }],
])('variables that a program has read from a file count without options, the preload being %s', async ([, env]) => {
  const source = `process.env.UPTRACE_DSN = 'http://t@127.0.0.1:${sink.port}'; process.env.OTEL_SERVICE_NAME = 'from-file'
    const { configureOpentelemetry, withSpan } = require('uptrace-node')
    console.log(configureOpentelemetry() === configureOpentelemetry()); withSpan('span', () => {})`
  const result = await runSource('cjs', source, { flags: ['--import', 'uptrace-node/register'], env })
  expect(result).toMatchObject({ code: 0, stdout: 'true\n' })
  expect(seen('from-file').spans).toEqual(['span'])
})
