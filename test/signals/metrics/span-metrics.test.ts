/** Calls and durations of spans as metrics, of all spans that were recorded. */
import { emptyResource } from '@opentelemetry/resources'
import { AggregationTemporality } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { createSpanMetrics } from '../../../src/signals/metrics/span-metrics.ts'
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
  for (let index = 0; index < 5000; index++) provider.getTracer('t').startSpan(`user ${index}`).end()
  const [calls] = await collectMetrics(metrics)
  expect(calls!.dataPoints).toHaveLength(501)
  const other = calls!.dataPoints.find(({ attributes }) => attributes['span.name'] === 'other')
  expect(other!.value).toBe(4500)
  await metrics.meterProvider.shutdown()
})
