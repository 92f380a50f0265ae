/** Histograms of durations: kept by ourselves where the reader allows it, else by the meter provider. */
import { type Attributes, context, type MeterProvider, trace, ValueType } from '@opentelemetry/api'
import type { Series } from '../signals/metrics/duration-histogram.ts'
import type { DurationMetrics } from '../signals/metrics/duration-metrics.ts'

export interface DurationName {
  readonly name: string
  readonly description: string
  readonly boundaries: readonly number[]
}

/** Finds the series of attributes; callers keep it, since finding costs more than recording. */
export type FindSeries = (attributes: Attributes) => Series

export const HTTP_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** `db.client.operation.duration`, which all database clients share. */
export const DB_DURATION: DurationName = {
  name: 'db.client.operation.duration',
  description: 'Duration of database client operations.',
  boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
}

export function findSeriesIn(
  { name, description, boundaries }: DurationName,
  scope: { readonly name: string; readonly version: string },
  metrics: DurationMetrics | undefined,
  meters: MeterProvider,
): FindSeries {
  const unit = 's'
  if (metrics) {
    const descriptor = { scopeName: scope.name, scopeVersion: scope.version, name, description, unit, boundaries }
    const own = metrics.histogram(descriptor)
    return (attributes) => own.series(attributes)
  }
  const histogram = meters.getMeter(scope.name, scope.version).createHistogram(name, {
    description,
    unit,
    valueType: ValueType.DOUBLE,
    advice: { explicitBucketBoundaries: [...boundaries] },
  })
  return (attributes) => ({
    record: (value, span) => histogram.record(value, attributes, span && trace.setSpan(context.active(), span)),
  })
}
