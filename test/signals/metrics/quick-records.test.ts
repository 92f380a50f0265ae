/** Measurements whose series is found by comparison give the points that the SDK's instruments give. */
import { type Attributes, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Collected, collectMetrics, resource, startMetrics } from '../support.ts'

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_123, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

function startTheirs(temporality: AggregationTemporality): Collected {
  const exporter = new InMemoryMetricExporter(temporality)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6, exportTimeoutMillis: 1e6 })
  return { exporter, meterProvider: new MeterProvider({ resource, readers: [reader] }) }
}

/** More than are compared, equal ones in another order, and what may change or equals nothing. */
const SETS: readonly (Attributes | undefined)[] = [
  undefined,
  {},
  { route: '/a', status: 200 },
  { status: 200, route: '/a' },
  { route: '/a', status: '200' },
  { route: '/a', status: undefined },
  { tags: ['x', 'y'] },
  { ratio: Number.NaN },
  ...Array.from({ length: 40 }, (_, index) => ({ index })),
]

type Step = { value: number; set: number; kind: 'histogram' | 'gauge' | 'counter' } | 'collect' | 'wait'
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      value: fc.oneof(fc.integer({ min: 0, max: 500 }), fc.constantFrom(0.5, 12.25, 2 ** 40)),
      set: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: SETS.length - 1 })),
      kind: fc.constantFrom('histogram' as const, 'gauge' as const, 'counter' as const),
    }),
  },
  { weight: 2, arbitrary: fc.constant('collect' as const) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
)

function instrumentsOf({ meterProvider }: Collected): Record<string, (value: number, attributes?: Attributes) => void> {
  const meter = meterProvider.getMeter('scope')
  const histogram = meter.createHistogram('histogram', { advice: { explicitBucketBoundaries: [1, 10, 100] } })
  const gauge = meter.createGauge('gauge')
  const counter = meter.createCounter('counter', { valueType: ValueType.DOUBLE })
  return {
    histogram: (value, attributes) => histogram.record(value, attributes),
    gauge: (value, attributes) => gauge.record(value, attributes),
    counter: (value, attributes) => counter.add(value + 0.25, attributes),
  }
}

describe.each([
  ['delta', AggregationTemporality.DELTA],
  ['cumulative', AggregationTemporality.CUMULATIVE],
] as const)('with %s temporality', (_name, temporality) => {
  test('any measurements and collections give what the SDK gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const sides = [startMetrics(temporality), startTheirs(temporality)]
        const instruments = sides.map(instrumentsOf)
        for (const taken of [...steps, 'collect' as const]) {
          if (taken === 'collect') {
            const [ours, theirs] = await Promise.all(sides.map(collectMetrics))
            expect(ours).toEqual(theirs)
          } else if (taken === 'wait') vi.setSystemTime(Date.now() + 1_234)
          else for (const own of instruments) own[taken.kind]!(taken.value, SETS[taken.set] && { ...SETS[taken.set] })
        }
      }),
      { numRuns: 100 },
    )
  })
})

test('no text is made of attributes that were measured with before', async () => {
  const side = startMetrics(AggregationTemporality.DELTA)
  const histogram = side.meterProvider.getMeter('scope').createHistogram('latency')
  const stringify = vi.spyOn(JSON, 'stringify')
  for (let index = 0; index < 1_000; index++) histogram.record(index % 9, { route: index % 2 === 0 ? '/a' : '/b' })
  const texts = stringify.mock.calls.length
  stringify.mockRestore()
  // of each set: the first measurement, and the second, with which the series is found
  expect(texts).toBeLessThanOrEqual(8)
  const [metric] = await collectMetrics(side)
  expect(metric!.dataPoints.map(({ value }) => (value as { count: number }).count)).toEqual([500, 500])
})
