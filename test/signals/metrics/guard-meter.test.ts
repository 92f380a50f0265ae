/** Values and boundaries that would spoil a metric do not reach it, and what is good beside them does. */
import { AggregationTemporality, type MetricData } from '@opentelemetry/sdk-metrics'
import { expect, test } from 'vitest'
import { keepLogLines } from '../../support/log-lines.ts'
import { collectMetrics, startMetrics } from '../support.ts'

const lines = keepLogLines()

const pointsOf = (metrics: MetricData[], name: string): unknown[] =>
  metrics
    .find(({ descriptor }) => descriptor.name === name)
    ?.dataPoints.map(({ attributes, value }) => [attributes, value]) ?? []

test.for([AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])(
  'an observable counter that goes below zero has no point, by either way to observe: temporality %i',
  async (temporality) => {
    const metrics = startMetrics(temporality)
    const meter = metrics.meterProvider.getMeter('m')
    meter.createObservableCounter('counted').addCallback((result) => {
      result.observe(-2, { below: true })
      result.observe(3, { below: false })
    })
    const both = [meter.createObservableCounter('batched'), meter.createObservableUpDownCounter('level')]
    meter.addBatchObservableCallback((result) => {
      for (const observable of both) result.observe(observable, -2)
    }, both)
    const collected = await collectMetrics(metrics)
    expect(pointsOf(collected, 'counted')).toEqual([[{ below: false }, 3]])
    expect(pointsOf(collected, 'batched')).toEqual([])
    expect(pointsOf(collected, 'level')).toEqual([[{}, -2]])
    expect(lines).toEqual([
      expect.stringContaining('the instrument counted was given -2'),
      expect.stringContaining('the instrument batched was given -2'),
    ])
    await metrics.meterProvider.shutdown()
  },
)

test.for<[unknown[], number[]]>([
  [
    [1, Number.NaN, 2],
    [1, 2],
  ],
  [[Number.NEGATIVE_INFINITY, 1, Number.POSITIVE_INFINITY], [1]],
  [['1', undefined, 5], [5]],
])('boundaries %j of a histogram are %j', async ([given, expected]) => {
  const metrics = startMetrics(AggregationTemporality.DELTA)
  const advice = { explicitBucketBoundaries: given as number[] }
  metrics.meterProvider.getMeter('m').createHistogram('h', { unit: 's', advice }).record(1)
  const [histogram] = await collectMetrics(metrics)
  expect(histogram!.descriptor.unit).toBe('s')
  expect((histogram!.dataPoints[0]!.value as { buckets: { boundaries: number[] } }).buckets.boundaries).toEqual(
    expected,
  )
  expect(lines).toEqual([expect.stringContaining('boundaries of the histogram h')])
  expect(advice.explicitBucketBoundaries).toBe(given)
  await metrics.meterProvider.shutdown()
})
