/** Exemplars of the SDK's instruments and of our own histograms: which measurements they name, and where they arrive. */
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  AggregationType,
  createAllowListAttributesProcessor,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectNow } from '../../../src/signals/metrics/collect-now.ts'
import type { Exemplar, WithExemplars } from '../../../src/signals/metrics/exemplars/filter.ts'
import { Reservoir } from '../../../src/signals/metrics/exemplars/reservoir.ts'
import type { MetricsOptions } from '../../../src/signals/metrics/provider.ts'
import { collectMetrics, startMetrics } from '../support.ts'

const { DELTA, CUMULATIVE } = AggregationTemporality
beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
afterAll(() => context.disable())

let ids = 0
function spanOf(isSampled = true): { context: Context; spanContext: SpanContext } {
  const id = (++ids).toString(16)
  const spanContext = { traceId: id.padStart(32, '0'), spanId: id.padStart(16, '0'), traceFlags: isSampled ? 1 : 0 }
  return { context: trace.setSpanContext(ROOT_CONTEXT, spanContext), spanContext }
}

const pointsOf = (metrics: MetricData[], name: string) =>
  (metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? []) as {
    attributes: Attributes
    value: unknown
    exemplars?: Exemplar[]
  }[]
const exemplarsOf = (metrics: MetricData[], name: string): Exemplar[] =>
  pointsOf(metrics, name).flatMap((point) => (point as WithExemplars).exemplars ?? [])
const start = (more: Partial<MetricsOptions> = {}, temporality = DELTA) => {
  const started = startMetrics(temporality, more)
  return { ...started, meter: started.meterProvider.getMeter('m'), collect: () => collectMetrics(started) }
}

describe('the filter', () => {
  test.for([
    ['trace_based', [2]],
    ['always_on', [1, 2, 3]],
    ['always_off', []],
  ] as const)('%s takes the measurements %j of: outside, sampled, not sampled', async ([exemplarFilter, wanted]) => {
    const { meter, collect } = start({ exemplarFilter })
    const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [1, 2, 3] } })
    const sampled = spanOf()
    histogram.record(1)
    context.with(sampled.context, () => histogram.record(2))
    context.with(spanOf(false).context, () => histogram.record(3))
    const exemplars = exemplarsOf(await collect(), 'h')
    expect(exemplars.map(({ value }) => value)).toEqual(wanted)
    const ofSampled = exemplars.find(({ value }) => value === 2)
    if (ofSampled) expect(ofSampled).toMatchObject(idsOf(sampled.spanContext))
    if (exemplarFilter === 'always_on') expect(exemplars[0]).not.toHaveProperty('traceId')
  })

  test('goes by the context that is given, not by the active one', async () => {
    const { meter, collect } = start()
    const given = spanOf()
    context.with(spanOf().context, () => {
      meter.createCounter('given').add(1, {}, given.context)
      meter.createCounter('root').add(1, {}, ROOT_CONTEXT)
    })
    const metrics = await collect()
    expect(exemplarsOf(metrics, 'given')).toMatchObject([idsOf(given.spanContext)])
    expect(exemplarsOf(metrics, 'root')).toEqual([])
  })
})

const idsOf = ({ traceId, spanId }: SpanContext) => ({ traceId, spanId })

describe('every instrument', () => {
  test('names the span of a measurement of its own series: counters, gauges, histograms', async () => {
    const { meter, collect } = start()
    const { context: inside, spanContext } = spanOf()
    context.with(inside, () => {
      meter.createCounter('counter').add(2, { a: 1 })
      meter.createUpDownCounter('updown').add(-2, { a: 1 })
      meter.createGauge('gauge').record(2, { a: 1 })
      meter.createHistogram('histogram').record(2, { a: 1 })
    })
    meter.createCounter('counter').add(7, { a: 2 })
    const metrics = await collect()
    for (const name of ['counter', 'updown', 'gauge', 'histogram']) {
      const [first, second] = pointsOf(metrics, name)
      expect(first).toMatchObject({ attributes: { a: 1 }, exemplars: [idsOf(spanContext)] })
      expect(first!.exemplars![0]).toMatchObject({ value: name === 'updown' ? -2 : 2, filteredAttributes: {} })
      expect(second?.exemplars).toBeUndefined()
    }
  })

  test('names the span of what a callback observes, of one and of a batch', async () => {
    const { meter, collect } = start({ exemplarFilter: 'always_on' })
    const one = meter.createObservableGauge('one')
    one.addCallback((result) => result.observe(3, { a: 1 }))
    const both = [meter.createObservableCounter('first'), meter.createObservableUpDownCounter('second')]
    meter.addBatchObservableCallback((result) => {
      for (const [index, observable] of both.entries()) result.observe(observable, index + 1)
    }, both)
    const { context: inside, spanContext } = spanOf()
    const metrics = await context.with(inside, collect)
    expect(exemplarsOf(metrics, 'one')).toMatchObject([{ value: 3, ...idsOf(spanContext) }])
    expect(exemplarsOf(metrics, 'first')).toMatchObject([{ value: 1 }])
    expect(exemplarsOf(metrics, 'second')).toMatchObject([{ value: 2 }])
  })

  test('gives whole numbers where the instrument has them', async () => {
    const { meter, collect } = start({ exemplarFilter: 'always_on' })
    meter.createHistogram('whole', { valueType: 0 }).record(2.9)
    expect(exemplarsOf(await collect(), 'whole')).toMatchObject([{ value: 2 }])
  })

  test('keeps the exemplar of a counter whose adds are summed before the SDK sees them', async () => {
    const { meter, collect } = start()
    const counter = meter.createCounter('c')
    counter.add(1, { a: 1 })
    const { context: inside, spanContext } = spanOf()
    counter.add(41, { a: 1 }, inside)
    const [point] = pointsOf(await collect(), 'c')
    expect(point).toMatchObject({ value: 42, exemplars: [{ value: 41, ...idsOf(spanContext) }] })
  })

  test('refuses what the instrument refuses', async () => {
    const { meter, collect } = start({ exemplarFilter: 'always_on' })
    meter.createCounter('c').add(-5)
    meter.createHistogram('h').record(Number.NaN)
    meter.createHistogram('h').record(1)
    const metrics = await collect()
    expect(exemplarsOf(metrics, 'c')).toEqual([])
    expect(exemplarsOf(metrics, 'h')).toHaveLength(1)
  })
})

describe('reservoirs', () => {
  test('of an explicit histogram keep one measurement for each bucket', async () => {
    const { meter, collect } = start({ exemplarFilter: 'always_on' })
    const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [10, 20] } })
    for (const value of [1, 2, 10, 10.5, 20, 21, 22, 1e9]) histogram.record(value)
    const values = exemplarsOf(await collect(), 'h').map(({ value }) => value)
    expect(values.map((value) => (value <= 10 ? 0 : value <= 20 ? 1 : 2))).toEqual([0, 1, 2])
  })

  test('of an exponential histogram keep twenty, of others one', async () => {
    const views = [{ instrumentName: 'e', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } } as const]
    const { meter, collect } = start({ exemplarFilter: 'always_on', views })
    const exponential = meter.createHistogram('e')
    const gauge = meter.createGauge('g')
    for (let value = 1; value <= 100; value++) {
      exponential.record(value)
      gauge.record(value)
    }
    const metrics = await collect()
    expect(new Set(exemplarsOf(metrics, 'e').map(({ value }) => value)).size).toBe(20)
    expect(exemplarsOf(metrics, 'g')).toHaveLength(1)
  })

  test('gives each measurement the same chance', () => {
    const span = spanOf().spanContext
    const counts = [0, 0]
    for (let round = 0; round < 4_000; round++) {
      const fixed = new Reservoir({ size: 1 })
      const aligned = new Reservoir({ size: 2, boundaries: [100] })
      for (let value = 0; value < 10; value++) {
        fixed.offer(value, span, 1)
        aligned.offer(value, span, 1)
      }
      for (const [index, reservoir] of [fixed, aligned].entries())
        if (reservoir.keptSince(0)[0]!.value >= 8) counts[index]! += 1
    }
    // of 4,000 a fifth is 800; a deviation of 150 has a chance of one in 10^9
    for (const count of counts) expect(Math.abs(count - 800)).toBeLessThan(150)
  })

  test('tell delta readers only what they have not seen, cumulative ones what the point is made of', async () => {
    for (const temporality of [DELTA, CUMULATIVE]) {
      const { meter, collect } = start({ exemplarFilter: 'always_on' }, temporality)
      const histogram = meter.createHistogram('h', { advice: { explicitBucketBoundaries: [10] } })
      histogram.record(1)
      expect(exemplarsOf(await collect(), 'h').map(({ value }) => value)).toEqual([1])
      histogram.record(11)
      const second = exemplarsOf(await collect(), 'h').map(({ value }) => value)
      expect(second).toEqual(temporality === DELTA ? [11] : [1, 11])
      histogram.record(2)
      const third = exemplarsOf(await collect(), 'h').map(({ value }) => value)
      expect(third).toEqual(temporality === DELTA ? [2] : [2, 11])
    }
  })

  test('put what is beyond the limit of series on its one point, with the attributes that this lacks', async () => {
    const { meter, collect } = start({ exemplarFilter: 'always_on' })
    const counter = meter.createCounter('c')
    for (let id = 0; id < 1_999; id++) counter.add(0.5, { id })
    counter.add(0.5, { id: 'last' })
    const points = pointsOf(await collect(), 'c')
    const overflow = points.find(({ attributes }) => attributes['otel.metric.overflow'] === true)
    expect(points).toHaveLength(2_000)
    expect(overflow?.exemplars).toMatchObject([{ value: 0.5, filteredAttributes: { id: 'last' } }])
  })
})

describe('views', () => {
  test('a view that leaves attributes out puts them on the exemplar', async () => {
    const views = [
      { instrumentName: 'h', name: 'renamed', attributesProcessors: [createAllowListAttributesProcessor(['kept'])] },
    ]
    const { meter, collect } = start({ views })
    const { context: inside, spanContext } = spanOf()
    context.with(inside, () => meter.createHistogram('h').record(1, { kept: 'a', user: 'b' }))
    const [point] = pointsOf(await collect(), 'renamed')
    expect(point).toMatchObject({
      attributes: { kept: 'a' },
      exemplars: [{ filteredAttributes: { user: 'b' }, ...idsOf(spanContext) }],
    })
    expect(point!.exemplars![0]!.filteredAttributes).not.toHaveProperty('kept')
  })

  test('each view of an instrument has its own, one that drops none', async () => {
    const views = [
      { instrumentName: 'h', name: 'sum', aggregation: { type: AggregationType.SUM } as const },
      {
        instrumentName: 'h',
        name: 'buckets',
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM } as const,
      },
      { instrumentName: 'gone', aggregation: { type: AggregationType.DROP } as const },
    ]
    const { meter, collect } = start({ views, exemplarFilter: 'always_on' })
    const histogram = meter.createHistogram('h')
    for (const value of [1, 100, 10_000]) histogram.record(value)
    meter.createHistogram('gone').record(1)
    const metrics = await collect()
    expect(exemplarsOf(metrics, 'sum')).toHaveLength(1)
    expect(exemplarsOf(metrics, 'buckets').map(({ value }) => value)).toEqual([1, 100, 10_000])
    expect(pointsOf(metrics, 'gone')).toEqual([])
  })
})

describe('our own histograms of durations', () => {
  const descriptor = { scopeName: 's', scopeVersion: '1', name: 'd', description: '', unit: 's', boundaries: [1, 2] }
  const asSpan = (spanContext: SpanContext): Span => trace.wrapSpanContext(spanContext)

  test('name the span whose duration they record, one for each bucket', async () => {
    const { durationMetrics, collect } = start()
    const series = durationMetrics!.histogram(descriptor).series({ route: '/' })
    const [fast, slow, unsampled] = [spanOf(), spanOf(), spanOf(false)]
    series.record(0.5, asSpan(fast.spanContext))
    series.record(1.5, asSpan(unsampled.spanContext))
    series.record(9, asSpan(slow.spanContext))
    series.record(0.1)
    expect(exemplarsOf(await collect(), 'd')).toMatchObject([
      { value: 0.5, ...idsOf(fast.spanContext) },
      { value: 9, ...idsOf(slow.spanContext) },
    ])
    series.record(0.2)
    expect(exemplarsOf(await collect(), 'd')).toEqual([])
  })

  test('have none with always_off, and those of measurements outside of spans with always_on', async () => {
    for (const [exemplarFilter, wanted] of [
      ['always_off', 0],
      ['always_on', 1],
    ] as const) {
      const { durationMetrics, collect } = start({ exemplarFilter })
      durationMetrics!.histogram(descriptor).series({}).record(0.5)
      expect(exemplarsOf(await collect(), 'd')).toHaveLength(wanted)
    }
  })
})

test('are there when metrics are collected at the end of a process', () => {
  const { meter, meterProvider, exporter } = start()
  const { context: inside, spanContext } = spanOf()
  meter.createCounter('c').add(1, {}, inside)
  collectNow(meterProvider)
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
  expect(exemplarsOf(metrics, 'c')).toMatchObject([idsOf(spanContext)])
})

test('do not take baggage or other values of the context', async () => {
  const { meter, collect } = start()
  const { context: inside } = spanOf()
  const baggage = propagation.createBaggage({ user: { value: 'me' } })
  meter.createCounter('c').add(1, {}, propagation.setBaggage(inside, baggage))
  expect(exemplarsOf(await collect(), 'c')).toMatchObject([{ filteredAttributes: {} }])
})
