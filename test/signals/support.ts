/** Metrics as `configureOpentelemetry` makes them, collected in memory. */
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  type AggregationTemporality,
  InMemoryMetricExporter,
  type MeterProvider,
  type MetricData,
} from '@opentelemetry/sdk-metrics'
import { createMetrics, type MetricsOptions } from '../../src/signals/metrics/provider.ts'

export const resource = resourceFromAttributes({ 'service.name': 'test' })

export function startMetrics(temporality: AggregationTemporality, more: Partial<MetricsOptions> = {}) {
  const exporter = new InMemoryMetricExporter(temporality)
  const { meterProvider, durationMetrics } = createMetrics({
    resource,
    intervalMillis: 1e6,
    timeoutMillis: 1e6,
    views: [],
    metricReaders: [],
    delivery: exporter,
    printsPretty: false,
    prometheus: undefined,
    exemplarFilter: 'trace_based',
    env: {},
    ...more,
  })
  return { exporter, meterProvider, durationMetrics }
}

export interface Collected {
  readonly exporter: InMemoryMetricExporter
  readonly meterProvider: MeterProvider
}

/** What this collection gives, without that of earlier ones. */
export async function collectMetrics({ exporter, meterProvider }: Collected): Promise<MetricData[]> {
  exporter.reset()
  await meterProvider.forceFlush()
  return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
}
