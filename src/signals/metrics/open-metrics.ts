/**
 * The text of OpenTelemetry's Prometheus exporter as OpenMetrics, which has a place for exemplars: at counters and at buckets of histograms.
 * @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import type { DataPoint, Histogram, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { Exemplar, WithExemplars } from './exemplars/filter.ts'

export const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** Makes the text of Prometheus. */
export type Serialize = (metrics: ResourceMetrics) => string

// values of DataPointType
const HISTOGRAM = 0
const SUM = 3

/** Whether a reader asks for this form; Prometheus lists it first when it keeps exemplars. */
export const asksForOpenMetrics = (accept: string | undefined): boolean =>
  accept?.includes('application/openmetrics-text') === true

export function toOpenMetrics(metrics: ResourceMetrics, serialize: Serialize): string {
  const exemplars = findExemplars(metrics, serialize)
  const text = serialize(metrics)
  const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name!))
  const lines = text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return metadataLine(line, counters)
    return line === '' ? [] : [line + (exemplars.get(line) ?? '')]
  })
  return [...lines, '# EOF', ''].join('\n')
}

/** The family of a counter is named without the suffix of its samples. A unit would have to be the end of the name, and is left out. */
function metadataLine(line: string, counters: ReadonlySet<string>): string[] {
  const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
  if (kind === undefined) return []
  const isTarget = name === 'target_info'
  const family = isTarget ? 'target' : counters.has(name) ? name.replace(/_total$/, '') : name
  const type = isTarget ? 'info' : rest === 'untyped' ? 'unknown' : rest
  return [`# ${kind} ${family} ${kind === 'TYPE' ? type : rest}`]
}

/** By the line that they belong to, which is found by serializing their point alone. */
function findExemplars({ resource, scopeMetrics }: ResourceMetrics, serialize: Serialize): Map<string, string> {
  const found = new Map<string, string>()
  for (const { scope, metrics } of scopeMetrics)
    for (const metric of metrics)
      for (const point of metric.dataPoints) {
        const { exemplars = [] } = point as WithExemplars
        if (exemplars.length === 0 || !hasPlace(metric)) continue
        const alone = { ...metric, dataPoints: [point] } as MetricData
        const lines = serialize({ resource, scopeMetrics: [{ scope, metrics: [alone] }] })
          .split('\n')
          .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('target_info'))
        for (const exemplar of exemplars) {
          const line =
            (metric.dataPointType as number) === SUM
              ? lines[0]
              : bucketLine(lines, point as DataPoint<Histogram>, exemplar)
          if (line !== undefined) found.set(line, formatExemplar(exemplar))
        }
      }
  return found
}

const hasPlace = (metric: MetricData): boolean =>
  (metric.dataPointType as number) === HISTOGRAM || ('isMonotonic' in metric && metric.isMonotonic)

function bucketLine(lines: readonly string[], { value }: DataPoint<Histogram>, exemplar: Exemplar): string | undefined {
  const { boundaries } = value.buckets
  const index = boundaries.findIndex((bound) => exemplar.value <= bound)
  return lines.filter((line) => /_bucket\{/.test(line))[index < 0 ? boundaries.length : index]
}

function formatExemplar({ traceId, spanId, value, timestamp }: Exemplar): string {
  const labels = traceId === undefined ? '' : `trace_id="${traceId}",span_id="${spanId}"`
  return ` # {${labels}} ${value} ${(hrTimeToMilliseconds(timestamp) / 1_000).toFixed(3)}`
}
