/** The metrics about spans say what the SDK's own counters say. */
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { createSampler } from '../../../src/signals/traces/samplers.ts'
import { createSelfCounters } from '../../../src/signals/traces/self-counters.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'

type Create = (meterProvider: MeterProvider) => Pick<TracerProvider, 'getTracer'>

function startTracing(create: Create) {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 })],
  })
  const provider = create(meterProvider)
  return {
    provider,
    async collect() {
      exporter.reset()
      await meterProvider.forceFlush()
      return exporter.getMetrics().flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ scope, metrics }) =>
          metrics.map(({ descriptor: { name, unit, description }, dataPoints, ...metric }) => ({
            scope: scope.name,
            name,
            unit,
            description,
            isMonotonic: 'isMonotonic' in metric && metric.isMonotonic,
            points: dataPoints.map(({ attributes, value }) => `${JSON.stringify(attributes)} ${value}`).sort(),
          })),
        ),
      )
    },
  }
}

const parent = (isRemote: boolean, traceFlags: number) =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags, isRemote })

test('started and live spans are counted by origin and decision, over all tracers', async () => {
  const sampler = createSampler('parentbased_always_on', undefined)
  const sides = [
    startTracing((meterProvider) => new TracerProvider({ sampler, meterProvider })),
    startTracing((meterProvider) =>
      createOwnTracerProvider({ resource: emptyResource(), sampler, counters: createSelfCounters(meterProvider) }),
    ),
  ]
  for (const { provider } of sides) {
    for (const name of ['one', 'two']) {
      const tracer = provider.getTracer(name)
      for (const context of [ROOT_CONTEXT, parent(true, 1), parent(true, 0), parent(false, 1), parent(false, 0)])
        for (let index = 0; index < 3; index++) {
          const span = tracer.startSpan('span', {}, context)
          if (index > 0) span.end()
        }
    }
  }
  const [theirs, ours] = await Promise.all(sides.map((side) => side.collect()))
  expect(theirs!.map(({ name }) => name)).toEqual(['otel.sdk.span.started', 'otel.sdk.span.live'])
  expect(ours).toEqual(theirs)
  for (const { provider } of sides) provider.getTracer('three').startSpan('span')
  const [theirsLater, oursLater] = await Promise.all(sides.map((side) => side.collect()))
  expect(oursLater).toEqual(theirsLater)
  expect(oursLater).not.toEqual(ours)
})
