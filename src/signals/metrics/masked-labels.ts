/** Masks secrets in the labels that Prometheus fetches. Series that differ in a secret only stay apart. */
import type { Attributes } from '@opentelemetry/api'
import type { DataPoint, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { MaskValue } from '../../config/redaction-options.ts'

export function maskLabels({ resource, scopeMetrics }: ResourceMetrics, mask: MaskValue): ResourceMetrics {
  const attributes = maskAll(resource.attributes as Attributes, mask)
  return {
    resource: Object.create(resource, { attributes: { value: attributes } }),
    scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric) => maskMetric(metric, mask)),
    })),
  }
}

function maskMetric(metric: MetricData, mask: MaskValue): MetricData {
  const seen = new Set<string>()
  const dataPoints = (metric.dataPoints as DataPoint<number>[]).map((point) => {
    const attributes = maskAll(point.attributes, mask)
    for (let count = 2; !isNew(attributes, seen); count++) setApart(attributes, point.attributes, count)
    return { ...point, attributes }
  })
  return { ...metric, dataPoints } as MetricData
}

function maskAll(attributes: Attributes, mask: MaskValue): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, mask(key, value)]))
}

function isNew(attributes: Record<string, unknown>, seen: Set<string>): boolean {
  const size = seen.size
  return seen.add(JSON.stringify(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)))).size > size
}

/** Two series of one name and the same labels are refused. */
function setApart(masked: Record<string, unknown>, given: Attributes, count: number): void {
  const key = Object.keys(given).find((name) => masked[name] !== given[name])
  masked[key ?? 'otel_series'] = `${key === undefined ? '' : String(masked[key]).replace(/-\d+$/, '')}-${count}`
}
