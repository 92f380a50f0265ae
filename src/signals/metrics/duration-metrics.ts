/**
 * Histograms of durations for what records one with every request: a series is looked up once and kept by its caller, so that recording is
 * a few array writes. Readers collect them as a `MetricProducer`, with the points the SDK's own histogram would give.
 */
import type { Resource } from '@opentelemetry/resources'
import type { CollectionResult, MetricData, PushMetricExporter, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import type { ImmediateProducer } from './collect-now.ts'
import {
  CUMULATIVE,
  DELTA,
  type DurationDescriptor,
  type DurationHistogram,
  Family,
  HISTOGRAM,
  toHrTime,
} from './duration-histogram.ts'
import type { SpanChooser } from './exemplars/filter.ts'

export interface DurationMetrics {
  /** The histogram of that scope and name; the first descriptor stays. */
  histogram(descriptor: DurationDescriptor): DurationHistogram
  /** What the metric reader collects. */
  readonly producer: ImmediateProducer
}

export interface DurationMetricsOptions {
  readonly resource: Resource
  /** The exporter of the only reader there is: it says which temporality and which aggregation it wants. */
  readonly exporter: Pick<PushMetricExporter, 'selectAggregation' | 'selectAggregationTemporality'>
  /** Undefined where there are to be no exemplars. */
  readonly spans?: SpanChooser | undefined
}

/** The value of the SDK's enum, written out so that this module loads no SDK. */
const DEFAULT_AGGREGATION = 0

/** Undefined when the reader wants other histograms than these; the caller then uses the meter provider's. */
export function createDurationMetrics({
  resource,
  exporter,
  spans,
}: DurationMetricsOptions): DurationMetrics | undefined {
  const aggregation = exporter.selectAggregation?.(HISTOGRAM)?.type as number | undefined
  if ((aggregation ?? DEFAULT_AGGREGATION) !== DEFAULT_AGGREGATION) return undefined
  const isDelta = (exporter.selectAggregationTemporality?.(HISTOGRAM) ?? CUMULATIVE) === DELTA
  const scopes = new Map<string, { scope: ScopeMetrics['scope']; families: Map<string, Family> }>()
  return {
    histogram(descriptor) {
      const { scopeName: name, scopeVersion: version } = descriptor
      const id = `${name}:${version}`
      let known = scopes.get(id)
      if (!known) {
        known = { scope: { name, version, schemaUrl: undefined } as ScopeMetrics['scope'], families: new Map() }
        scopes.set(id, known)
      }
      let family = known.families.get(descriptor.name)
      if (!family) {
        family = new Family(descriptor, isDelta, spans)
        known.families.set(descriptor.name, family)
      }
      return family
    },
    producer: {
      async collect(): Promise<CollectionResult> {
        return { resourceMetrics: { resource, scopeMetrics: collectNow() }, errors: [] }
      },
      collectNow,
    },
  }

  function collectNow(): ScopeMetrics[] {
    const time = toHrTime(Date.now())
    const scopeMetrics: ScopeMetrics[] = []
    for (const { scope, families } of scopes.values()) {
      const metrics: MetricData[] = []
      for (const family of families.values()) {
        const dataPoints = family.collect(time)
        if (dataPoints.length > 0) metrics.push(family.describe(dataPoints))
      }
      if (metrics.length > 0) scopeMetrics.push({ scope, metrics })
    }
    return scopeMetrics
  }
}
