/** Histograms of our own give the points that the SDK's histogram gives. */
import { type Attributes, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  AggregationType,
  DataPointType,
  type Histogram,
  InMemoryMetricExporter,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDurationMetrics } from '../../../src/signals/metrics/duration-metrics.ts'
import type { MetricsOptions } from '../../../src/signals/metrics/provider.ts'
import { encodeMetric } from '../../../src/wire/encode-metrics.ts'
import { encodeRequest } from '../../../src/wire/encode-request.ts'
import { ProtobufWriter } from '../../../src/wire/protobuf-writer.ts'
import { type Decoded, decodeRequest } from '../../wire/proto/otlp.ts'
import { collectMetrics, resource, startMetrics } from '../support.ts'

const boundaries = [0.005, 0.01, 0.1, 1, 10]
const descriptor = {
  scopeName: 'scope',
  scopeVersion: '1.0.0',
  name: 'ours',
  description: 'What it is.',
  unit: 's',
  boundaries,
}
const advance = (millis: number): unknown => vi.setSystemTime(Date.now() + millis)
const TEMPORALITIES = [
  ['delta', AggregationTemporality.DELTA],
  ['cumulative', AggregationTemporality.CUMULATIVE],
] as const

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_123, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

/** The SDK's histogram and ours, side by side in one reader. */
function startBoth(temporality: AggregationTemporality) {
  const started = startMetrics(temporality)
  const { meterProvider, durationMetrics } = started
  const { name: _name, scopeName, scopeVersion, boundaries, ...options } = descriptor
  const theirs = meterProvider
    .getMeter(scopeName, scopeVersion)
    .createHistogram('theirs', { ...options, advice: { explicitBucketBoundaries: [...boundaries] } })
  const ours = durationMetrics!.histogram(descriptor)
  return {
    theirs,
    ours,
    async collect(): Promise<{ theirs: MetricData | undefined; ours: MetricData | undefined }> {
      const metrics = await collectMetrics(started)
      const find = (wanted: string): MetricData | undefined => {
        const found = metrics.find(({ descriptor }) => descriptor.name === wanted)
        return found && withoutOwn(found)
      }
      return { theirs: find('theirs'), ours: find('ours') }
    },
  }
}

/** What differs of necessity: the name, and advice which nobody sends. */
function withoutOwn(metric: MetricData): MetricData {
  const { name: _name, ...rest } = metric.descriptor as MetricData['descriptor'] & { advice?: unknown }
  delete rest.advice
  return { ...metric, descriptor: rest } as MetricData
}

/** Equal, but for the last digits of sums, which are not added up in the same order. */
function expectSame({ ours, theirs }: { ours: MetricData | undefined; theirs: MetricData | undefined }): void {
  const sumsOf = (metric: MetricData | undefined): number[] =>
    metric?.dataPoints.map(({ value }) => (value as Histogram).sum!) ?? []
  const withoutSums = (metric: MetricData | undefined): unknown =>
    metric && {
      ...metric,
      dataPoints: metric.dataPoints.map((point) => ({ ...point, value: { ...(point.value as Histogram), sum: 0 } })),
    }
  expect(withoutSums(ours)).toEqual(withoutSums(theirs))
  const expected = sumsOf(theirs)
  for (const [index, sum] of sumsOf(ours).entries())
    expect(Math.abs(sum - expected[index]!)).toBeLessThanOrEqual(1e-12 * expected[index]!)
}

const ATTRIBUTES: readonly Attributes[] = [
  { method: 'GET', status: 200 },
  { status: 200, method: 'GET' },
  { method: 'GET', status: '200' },
  { method: 'POST' },
  {},
]
type Step = { value: number; series: number } | 'collect' | 'wait'
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      value: fc.oneof(
        fc.constantFrom(0, ...boundaries, -1, Number.MIN_VALUE, 1e300),
        fc.double({ min: 0, max: 20, noNaN: true }),
      ),
      series: fc.nat({ max: ATTRIBUTES.length - 1 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>('collect') },
  { weight: 2, arbitrary: fc.constant<Step>('wait') },
)

describe.for(TEMPORALITIES)('with temporality %s', ([, temporality]) => {
  test.for(['kept', 'looked up each time'])(
    'the points are those of the SDK, with series that are %s',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
          const { theirs, ours, collect } = startBoth(temporality)
          const kept = ATTRIBUTES.map((attributes) => ours.series(attributes))
          for (const step of [...steps, 'collect' as const]) {
            if (step === 'wait') advance(7)
            else if (step === 'collect') {
              const collected = await collect()
              expectSame(collected)
            } else {
              const attributes = ATTRIBUTES[step.series]!
              theirs.record(step.value, attributes)
              const series = kind === 'kept' ? kept[step.series]! : ours.series(attributes)
              series.record(step.value)
            }
          }
        }),
        { numRuns: 150 },
      )
    },
  )

  test('what is beyond the limit of attribute sets goes to the overflow set, as in the SDK', async () => {
    const { theirs, ours, collect } = startBoth(temporality)
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 2100; index++) {
        const id = index % 2050
        theirs.record(0.02, { id })
        ours.series({ id }).record(0.02)
      }
      const collected = await collect()
      expect(collected.ours!.dataPoints).toHaveLength(2000)
      expectSame(collected)
      advance(1000)
    }
  })
})

test('the number of points of a cumulative histogram has a limit over all collections', async () => {
  const { ours, collect } = startBoth(AggregationTemporality.CUMULATIVE)
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 1500; index++) ours.series({ id: `${round}/${index}` }).record(1)
    await collect()
  }
  const { ours: collected } = await collect()
  expect(collected!.dataPoints).toHaveLength(2000)
  expect(collected!.dataPoints.find(({ attributes }) => attributes['otel.metric.overflow'])!.value).toMatchObject({
    count: 4500 - 1999,
  })
})

test('a series that rested and one looked up meanwhile are one', async () => {
  const { ours, collect } = startBoth(AggregationTemporality.DELTA)
  const kept = ours.series({ route: '/' })
  kept.record(1)
  await collect()
  await collect()
  ours.series({ route: '/' }).record(2)
  kept.record(3)
  const { ours: collected } = await collect()
  expect(collected!.dataPoints).toHaveLength(1)
  expect(collected!.dataPoints[0]!.value).toMatchObject({ count: 2, sum: 5, min: 2, max: 3 })
})

test('points that were handed out do not change any more, nor do attributes of the caller matter later', async () => {
  const { ours, collect } = startBoth(AggregationTemporality.CUMULATIVE)
  const attributes: Attributes = { route: '/' }
  const series = ours.series(attributes)
  attributes.route = '/changed'
  series.record(1)
  const { ours: first } = await collect()
  series.record(2)
  expect(first!.dataPoints).toMatchObject([{ attributes: { route: '/' }, value: { count: 1, sum: 1 } }])
})

test('what is not a number of at least 0 is ignored', async () => {
  const { ours, collect } = startBoth(AggregationTemporality.DELTA)
  for (const value of [-1, Number.NaN, undefined, null, '1', {}, []]) ours.series({}).record(value as number)
  expect((await collect()).ours).toBeUndefined()
})

test('one name of one scope is one histogram', async () => {
  const { durationMetrics } = startMetrics(AggregationTemporality.DELTA)
  expect(durationMetrics!.histogram({ ...descriptor })).toBe(durationMetrics!.histogram(descriptor))
  expect(durationMetrics!.histogram({ ...descriptor, scopeName: 'other' })).not.toBe(
    durationMetrics!.histogram(descriptor),
  )
})

describe('is unavailable', () => {
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(AggregationTemporality.DELTA),
    exportIntervalMillis: 1e6,
  })
  const cases: Array<[string, Partial<MetricsOptions>]> = [
    ['with a reader of the user', { metricReaders: [reader] }],
    ['with views', { views: [{ instrumentName: 'x', name: 'y' }] }],
    ['when metrics are printed too', { printsPretty: true }],
    ['when nothing is delivered', { delivery: undefined }],
  ]
  test.for(cases)('%s', ([, options]) => {
    expect(startMetrics(AggregationTemporality.DELTA, options).durationMetrics).toBeUndefined()
  })

  test('with exponential histograms', () => {
    expect(
      createDurationMetrics({
        resource,
        exporter: {
          selectAggregation: () => ({ type: AggregationType.EXPONENTIAL_HISTOGRAM }),
          selectAggregationTemporality: () => AggregationTemporality.DELTA,
        },
      }),
    ).toBeUndefined()
  })
})

test('goes out under the scope it shares with other instruments', () => {
  const time: [number, number] = [1_700_000_000, 0]
  const section = (scope: { name: string; version: string }, name: string) => {
    const writer = new ProtobufWriter(256)
    encodeMetric(writer, {
      descriptor: { name, description: '', unit: '', valueType: ValueType.INT },
      aggregationTemporality: AggregationTemporality.DELTA,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [{ startTime: time, endTime: time, attributes: {}, value: 1 }],
    })
    return { resource, scope, items: writer.written() }
  }
  const request = decodeRequest(
    'metrics',
    encodeRequest([
      section({ name: 'http', version: '1' }, 'a'),
      section({ name: 'other', version: '1' }, 'b'),
      section({ name: 'http', version: '1' }, 'c'),
      section({ name: 'http', version: '2' }, 'd'),
    ]),
  )
  const scopes = request.resourceMetrics[0].scopeMetrics.map((entry: Decoded) => [
    `${entry.scope.name}@${entry.scope.version}`,
    ...entry.metrics.map(({ name }: Decoded) => name),
  ])
  expect(scopes).toEqual([
    ['http@1', 'a', 'c'],
    ['other@1', 'b'],
    ['http@2', 'd'],
  ])
})
