/** Calls and durations of spans as metrics, of all spans that were recorded. */
import { type Attributes, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import type { SpanMetricsOptions } from '../../../src/config/span-metrics-options.ts'
import { createSpanMetrics } from '../../../src/signals/metrics/span-metrics.ts'
import { createTracerProvider } from '../../../src/signals/traces/provider.ts'
import { createSampler } from '../../../src/signals/traces/samplers.ts'
import { createTailSampler } from '../../../src/signals/traces/tail-sampling.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'
import { collectMetrics, startMetrics } from '../support.ts'

test('by name, kind and status, whether a trace is kept or not', async () => {
  const metrics = startMetrics(AggregationTemporality.CUMULATIVE)
  const tail = createTailSampler({ errors: true, next: [] })
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: { shouldSample: () => ({ decision: 2 }) },
    spanProcessors: [createSpanMetrics(metrics.meterProvider), tail],
  })
  const tracer = provider.getTracer('t')
  const time = 1_700_000_000_000
  for (let index = 0; index < 3; index++) tracer.startSpan('GET /', { kind: 1, startTime: time }).end(time + 20)
  tracer
    .startSpan('GET /', { kind: 1, startTime: time })
    .setStatus({ code: 2 })
    .end(time + 3000)
  const [calls, durations] = await collectMetrics(metrics)
  const ok = { 'span.name': 'GET /', 'span.kind': 'SPAN_KIND_SERVER', 'status.code': 'STATUS_CODE_UNSET' }
  const failed = { ...ok, 'status.code': 'STATUS_CODE_ERROR' }
  expect(calls!.descriptor.name).toBe('traces.span.metrics.calls')
  expect(calls!.dataPoints.map(({ attributes, value }) => [attributes, value])).toEqual([
    [ok, 3],
    [failed, 1],
  ])
  expect(durations!.descriptor).toMatchObject({ name: 'traces.span.metrics.duration', unit: 's' })
  expect(durations!.dataPoints.map(({ value }) => (value as { sum: number }).sum)).toEqual([
    expect.closeTo(0.06, 5),
    expect.closeTo(3, 5),
  ])
  await provider.shutdown()
  await metrics.meterProvider.shutdown()
})

test('names without end count under one', async () => {
  const metrics = startMetrics(AggregationTemporality.CUMULATIVE)
  const provider = createOwnTracerProvider({
    resource: emptyResource(),
    sampler: { shouldSample: () => ({ decision: 2 }) },
    spanProcessors: [createSpanMetrics(metrics.meterProvider)],
  })
  for (let index = 0; index < 5000; index++) provider.getTracer('t').startSpan(`user ${index}`, { root: true }).end()
  const [calls] = await collectMetrics(metrics)
  expect(calls!.dataPoints).toHaveLength(501)
  const other = calls!.dataPoints.find(({ attributes }) => attributes['span.name'] === 'other')
  expect(other!.value).toBe(4500)
  await metrics.meterProvider.shutdown()
})

const server = { kind: SpanKind.SERVER }

function startMeasured(options: SpanMetricsOptions, sampler: Sampler = { shouldSample: () => ({ decision: 2 }) }) {
  const metrics = startMetrics(AggregationTemporality.CUMULATIVE)
  const ended: ReadableSpan[] = []
  const provider = createTracerProvider({
    resource: emptyResource(),
    sampler,
    limits: {} as never,
    idGenerator: undefined,
    spanProcessors: [],
    delivery: {
      onStart() {},
      onEnd: (span) => {
        if (span.spanContext().traceFlags & 1) ended.push(span)
      },
      forceFlush: async () => undefined,
      shutdown: async () => undefined,
    },
    baggageKeys: [],
    printsPretty: false,
    selfMetrics: undefined,
    spanMetrics: { provider: metrics.meterProvider, options },
  })
  const callsOf = async (): Promise<[Attributes, unknown][]> => {
    const [calls] = await collectMetrics(metrics)
    await metrics.meterProvider.shutdown()
    return (calls?.dataPoints ?? []).map(({ attributes, value }) => [attributes, value])
  }
  return { tracer: provider.getTracer('t'), ended, callsOf }
}

test('local roots, calls to others and names that are asked for', async () => {
  const { tracer, callsOf } = startMeasured({ names: ['load *', /^render$/g] })
  const remote = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1, isRemote: true }
  const context = trace.setSpanContext(ROOT_CONTEXT, remote)
  const root = tracer.startSpan('continued', {}, context)
  const below = trace.setSpan(ROOT_CONTEXT, root)
  tracer.startSpan('query', { kind: SpanKind.CLIENT }, below).end()
  for (const name of ['load a', 'load b', 'render', 'render', 'other']) tracer.startSpan(name, {}, below).end()
  root.end()
  tracer.startSpan('root').end()
  const counts = Object.fromEntries((await callsOf()).map(([attributes, value]) => [attributes['span.name'], value]))
  expect(counts).toEqual({ query: 1, 'load a': 1, 'load b': 1, render: 2, continued: 1, root: 1 })
})

test('dimensions are the values of attributes at the end, those that are not there are left out, and further series count in one', async () => {
  const { tracer, callsOf } = startMeasured({ dimensions: ['http.route', 'tenant'], maxSeries: 3 })
  const ask = (attributes: Attributes, later: Attributes = {}): void => {
    tracer
      .startSpan('GET', { ...server, attributes })
      .setAttributes(later)
      .end()
  }
  ask({ tenant: 'a' }, { 'http.route': '/x' })
  ask({ tenant: 'a', 'http.route': '/y' }, { 'http.route': '/x' })
  ask({ tenant: ['a', 'list'] })
  ask({ tenant: 7 })
  for (let index = 0; index < 50; index++) ask({ tenant: `t${index}` })
  const of = { 'span.name': 'GET', 'span.kind': 'SPAN_KIND_SERVER', 'status.code': 'STATUS_CODE_UNSET' }
  expect(await callsOf()).toEqual([
    [{ ...of, tenant: 'a', 'http.route': '/x' }, 2],
    [of, 1],
    [{ ...of, tenant: 7 }, 1],
    [{ 'otel.metric.overflow': true }, 50],
  ])
})

test('exact where a sampler leaves out most traces, which are not sent', async () => {
  const { tracer, ended, callsOf } = startMeasured({}, createSampler('parentbased_traceidratio', 0.01))
  for (let index = 0; index < 5_000; index++) {
    const root = tracer.startSpan('GET /x', server)
    tracer.startSpan('SELECT', { kind: SpanKind.CLIENT }, trace.setSpan(ROOT_CONTEXT, root)).end()
    if (index % 100 === 0) root.setStatus({ code: 2 })
    root.end()
  }
  const calls = await callsOf()
  const counts = calls.map(([attributes, value]) => [attributes['span.name'], attributes['status.code'], value])
  expect(counts).toEqual([
    ['SELECT', 'STATUS_CODE_UNSET', 5_000],
    ['GET /x', 'STATUS_CODE_ERROR', 50],
    ['GET /x', 'STATUS_CODE_UNSET', 4_950],
  ])
  expect(ended.length).toBeGreaterThan(0)
  expect(ended.length).toBeLessThan(1_000)
})
