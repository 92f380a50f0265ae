/** One span with all that belongs to it: events, links both ways, resource, rank within its operation. */
import type { SpanDetail, SpanLink } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { hasProfile } from '../store/profiles.ts'
import type { StoredSpan } from '../store/read-spans.ts'
import { KINDS } from '../store/semantics.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { toOtlpSpan } from './export-otlp.ts'
import { layOutTrace } from './lay-out-trace.ts'
import { statsOfOperation } from './operations.ts'
import { offsetOf } from './place-trace.ts'
import { exceptionOf } from './stack-trace.ts'

export function spanDetail(engine: Engine, row: TraceRow, spanId: string): SpanDetail {
  const { placed, bySpanId } = layOutTrace(engine, row)
  const span = bySpanId.get(spanId.toLowerCase())
  if (!span) throw new HttpError(404, 'span_not_found', 'This span has not arrived.')
  const { stored } = span
  const { extra } = stored
  const [svc, name, kind] = [
    stored.resource.svc,
    engine.store.texts.find(stored.name) ?? 0,
    KINDS.indexOf(stored.kind),
  ] as const
  const events = (extra.e ?? []).map(([eventName, timeUs, rem, attributes]) => ({
    name: eventName,
    timeUs,
    offsetNs: offsetOf(placed, timeUs, rem) + span.movedNs,
    attributes: attributes as SpanDetail['attributes'],
  }))
  const [droppedAttributes, droppedEvents, droppedLinks] = extra.d ?? [0, 0, 0]
  return {
    traceId: row.id,
    spanId: stored.spanId,
    parentSpanId: stored.parentSpanId,
    service: stored.service,
    name: stored.name,
    kind: stored.kind,
    status: stored.status,
    statusMessage: extra.m ?? null,
    startUs: stored.startUs,
    startRemainderNs: stored.startRemainderNs,
    durationNs: stored.durationNs,
    traceState: extra.ts ?? null,
    attributes: stored.attributes,
    events,
    exceptions: events
      .filter(
        (event) =>
          event.attributes['exception.type'] !== undefined || event.attributes['exception.message'] !== undefined,
      )
      .map((event) => exceptionOf(event.attributes, event.timeUs)),
    links: (extra.l ?? []).map(([traceId, linkedId, attributes]) => ({
      traceId,
      spanId: linkedId,
      attributes: attributes as SpanLink['attributes'],
      target: targetOf(engine, traceId, linkedId),
    })),
    backlinks: backlinksOf(engine, row.id, stored),
    resource: stored.resource.attributes,
    scope: { name: stored.scope.name, version: stored.scope.version || null, attributes: stored.scope.attributes },
    dropped: { attributes: droppedAttributes, events: droppedEvents, links: droppedLinks },
    operation: statsOfOperation(engine, svc, name, kind),
    percentile: engine.statistics.rankOf(svc, name, kind, stored.durationNs),
    startStack: engine.live.ofTrace(row.id).find((open) => open.spanId === stored.spanId)?.startStack ?? null,
    profiled: hasProfile(
      engine.store.database,
      stored.resource.run,
      stored.startUs,
      Math.ceil(stored.startUs + stored.durationNs / 1000) + 1,
    ),
    raw: toOtlpSpan(row.id, stored),
  }
}

function targetOf({ store }: Engine, traceId: string, spanId: string): SpanLink['target'] {
  const found = store.database
    .prepare(
      'SELECT s.svc, s.name FROM trace t JOIN span s ON s.trace_no = t.no WHERE t.id = ? AND s.span_id = ? LIMIT 1',
    )
    .get(traceId, spanId) as { svc: number; name: number } | undefined
  return found ? { service: store.texts.textOf(found.svc), name: store.texts.textOf(found.name) } : null
}

function backlinksOf(engine: Engine, traceId: string, { spanId }: StoredSpan): SpanLink[] {
  const rows = engine.store.database
    .prepare(
      'SELECT t.id AS trace_id, l.from_span AS span_id, l.attrs FROM link l JOIN trace t ON t.no = l.from_no WHERE l.trace_id = ? AND l.span_id = ? LIMIT 100',
    )
    .all(traceId, spanId) as { trace_id: string; span_id: string; attrs: string }[]
  return rows.map((row) => ({
    traceId: row.trace_id,
    spanId: row.span_id,
    attributes: JSON.parse(row.attrs) as SpanLink['attributes'],
    target: targetOf(engine, row.trace_id, row.span_id),
  }))
}
