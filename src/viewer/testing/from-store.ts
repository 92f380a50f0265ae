/** Reads spans, logs and metrics as a test suite gets them from the rows of the store. */
import type { Attributes } from '../api.ts'
import type { PointData } from '../store/metrics.ts'
import type { StoredSpan } from '../store/read-spans.ts'
import { severityOf } from '../store/severity.ts'
import type { Store } from '../store/store.ts'
import type { ViewerLog, ViewerMetric, ViewerSpan } from './found.ts'

export function toViewerSpan(span: StoredSpan, traceId: string): ViewerSpan {
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    status: span.status,
    statusMessage: span.extra.m ?? null,
    service: span.service,
    startUs: span.startUs,
    durationNs: span.durationNs,
    attributes: span.attributes,
    events: (span.extra.e ?? []).map(([name, timeUs, , attributes]) => ({
      name,
      timeUs,
      attributes: attributes as Attributes,
    })),
    links: (span.extra.l ?? []).map(([linked, spanId, attributes]) => ({
      traceId: linked,
      spanId,
      attributes: attributes as Attributes,
    })),
    resource: span.resource.attributes,
    scope: { name: span.scope.name, version: span.scope.version },
  }
}

export interface LogColumns {
  readonly time_us: number
  readonly sev: number
  readonly sev_text: string | null
  readonly resource_id: number
  readonly scope_id: number
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly event: string | null
  readonly body: string
  readonly attrs: string
}

export function toViewerLog(store: Store, row: LogColumns): ViewerLog {
  const resource = store.resources.byId(row.resource_id)
  return {
    timeUs: row.time_us,
    severity: severityOf(row.sev),
    severityText: row.sev_text,
    body: row.body,
    attributes: JSON.parse(row.attrs) as Attributes,
    service: resource.service,
    scope: (JSON.parse(store.scopes.textOf(row.scope_id)) as [string])[0],
    eventName: row.event,
    traceId: row.trace_id,
    spanId: row.span_id,
    resource: resource.attributes,
  }
}

export interface InstrumentColumns {
  readonly id: number
  readonly name: string
  readonly svc: number
  readonly scope_id: number
  readonly type: string
  readonly unit: string
  readonly temporality: number
  readonly monotonic: number
}

export function toViewerMetric(store: Store, row: InstrumentColumns): ViewerMetric {
  const points = store.database
    .prepare(
      'SELECT e.attrs, p.time_us, p.start_us, p.value, p.data FROM series e JOIN point p ON p.series_id = e.id WHERE e.instrument_id = ? ORDER BY p.time_us, p.id',
    )
    .all(row.id) as { attrs: string; time_us: number; start_us: number; value: number | null; data: string | null }[]
  return {
    name: row.name,
    service: store.texts.textOf(row.svc),
    unit: row.unit,
    type: row.type,
    temporality: (['unspecified', 'delta', 'cumulative'] as const)[row.temporality] ?? 'unspecified',
    monotonic: row.monotonic === 1,
    scope: (JSON.parse(store.scopes.textOf(row.scope_id)) as [string])[0],
    points: points.map((point) => {
      const data = point.data === null ? undefined : (JSON.parse(point.data) as PointData)
      return {
        attributes: JSON.parse(point.attrs) as Attributes,
        timeUs: point.time_us,
        startUs: point.start_us,
        value: point.value,
        count: data?.n ?? null,
        sum: data?.s ?? null,
        bounds: data?.b ?? null,
        counts: data?.c ?? null,
      }
    }),
  }
}
