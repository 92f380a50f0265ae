/** Counters whose adds are summed give the points that the SDK's counters give. */
import { type Attributes, ROOT_CONTEXT, ValueType } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Collected, collectMetrics, resource, startMetrics } from '../support.ts'

const advance = (millis: number): unknown => vi.setSystemTime(Date.now() + millis)

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_123, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

function startOurs(temporality: AggregationTemporality): Collected {
  const started = startMetrics(temporality)
  return started
}

function startTheirs(temporality: AggregationTemporality): Collected {
  const exporter = new InMemoryMetricExporter(temporality)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6, exportTimeoutMillis: 1e6 })
  return { exporter, meterProvider: new MeterProvider({ resource, readers: [reader] }) }
}

const KINDS = ['createCounter', 'createUpDownCounter'] as const
const TYPES = [ValueType.INT, ValueType.DOUBLE] as const
/** More than are kept, equal ones in another order, and what may change or equals nothing. */
const SETS: readonly (Attributes | undefined)[] = [
  undefined,
  {},
  { pool: 'a', state: 'used' },
  { state: 'used', pool: 'a' },
  { pool: 'a', state: 1 },
  { pool: 'a', state: '1' },
  { pool: 'a', state: undefined },
  { tags: ['x', 'y'] },
  { ratio: Number.NaN },
  ...Array.from({ length: 20 }, (_, index) => ({ index })),
]

type Step = { value: number; set: number; kind: 0 | 1; type: 0 | 1; context: boolean } | 'collect' | 'wait'
const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -3, max: 3 }) },
  fc.constantFrom(0, -0, 0.5, -1.5, 2 ** 40, 1e300),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      value,
      // few of them often, so that there is something to sum
      set: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: SETS.length - 1 })),
      kind: fc.constantFrom(0, 1),
      type: fc.constantFrom(0, 1),
      context: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant('collect' as const) },
  { weight: 2, arbitrary: fc.constant('wait' as const) },
)

describe.each([
  ['delta', AggregationTemporality.DELTA],
  ['cumulative', AggregationTemporality.CUMULATIVE],
] as const)('with %s temporality', (_name, temporality) => {
  test('any adds and collections give what the SDK gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const sides = [startOurs(temporality), startTheirs(temporality)]
        const instruments = sides.map(({ meterProvider }) =>
          KINDS.map((kind) =>
            TYPES.map((valueType) => meterProvider.getMeter('scope')[kind](`${kind}.${valueType}`, { valueType })),
          ),
        )
        for (const taken of [...steps, 'collect' as const]) {
          if (taken === 'collect') {
            const [ours, theirs] = await Promise.all(sides.map(collectMetrics))
            expect(ours).toEqual(theirs)
          } else if (taken === 'wait') advance(1_234)
          else {
            const { value, set, kind, type, context } = taken
            for (const own of instruments)
              own[kind]![type]!.add(value, SETS[set] && { ...SETS[set] }, context ? ROOT_CONTEXT : undefined)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  test('attributes that are changed after an add count as they were', async () => {
    const sides = [startOurs(temporality), startTheirs(temporality)]
    for (const { meterProvider } of sides) {
      const counter = meterProvider.getMeter('scope').createCounter('jobs')
      const attributes: Attributes = { queue: 'mail', tags: ['a'] }
      for (let index = 0; index < 3; index++) counter.add(1, attributes)
      attributes['queue'] = 'bulk'
      for (let index = 0; index < 4; index++) counter.add(1, attributes)
      ;(attributes['tags'] as string[]).push('b')
      for (let index = 0; index < 5; index++) counter.add(1, attributes)
      delete attributes['tags']
      for (let index = 0; index < 6; index++) counter.add(1, attributes)
      attributes['queue'] = 'mail'
      for (let index = 0; index < 7; index++) counter.add(1, attributes)
    }
    const [ours, theirs] = await Promise.all(sides.map(collectMetrics))
    const valuesOf = (metrics: MetricData[] | undefined): unknown[] =>
      metrics!.flatMap(({ dataPoints }) => dataPoints.map((point) => point.value))
    expect(valuesOf(ours).toSorted()).toEqual(valuesOf(theirs).toSorted())
    expect(valuesOf(ours).reduce((sum: number, one) => sum + (one as number), 0)).toBe(25)
  })

  test('instruments made anew for every add share their series', async () => {
    const side = startOurs(temporality)
    for (let index = 0; index < 100; index++) {
      const counter = side.meterProvider.getMeter('scope').createCounter('jobs')
      counter.add(1, { queue: 'mail' })
      counter.add(2, { queue: 'mail' })
    }
    const [metric] = await collectMetrics(side)
    expect(metric!.dataPoints.map((point) => point.value)).toEqual([300])
  })
})

test('the SDK gets one measurement an interval for each set of attributes, and one sum', async () => {
  const side = startOurs(AggregationTemporality.DELTA)
  const counter = side.meterProvider.getMeter('scope').createUpDownCounter('pool.used')
  const stringify = vi.spyOn(JSON, 'stringify')
  for (let index = 0; index < 1_000; index++) counter.add(index % 2 === 0 ? 2 : -1, { pool: 'a', state: 'used' })
  const textsOfAdds = stringify.mock.calls.length
  stringify.mockRestore()
  expect(textsOfAdds).toBeLessThanOrEqual(2)
  const [metric] = await collectMetrics(side)
  expect(metric!.dataPoints).toMatchObject([{ value: 500, attributes: { pool: 'a', state: 'used' } }])
})
