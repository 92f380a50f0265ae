/** Writes stored traces and logs back as OTLP JSON, a request a line. */
import type { ValueMap } from '../../wire/decode-types.ts'
import { type StoreContext, scopeOf } from '../store/context.ts'
import { readObject } from '../store/read-json.ts'
import { readSpans, type StoredSpan } from '../store/read-spans.ts'
import { KINDS, STATUSES } from '../store/semantics.ts'
import type { LogColumns } from './logs.ts'
import { type Json, nanos, nest, toAttributes, toScope } from './otlp-json.ts'

export function toOtlpSpan(traceId: string, span: StoredSpan): Json {
  const { extra } = span
  const [droppedAttributesCount, droppedEventsCount, droppedLinksCount] = extra.d ?? [0, 0, 0]
  const end = endOf(span)
  return {
    traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    ...(extra.ts === undefined ? {} : { traceState: extra.ts }),
    ...(extra.f === undefined ? {} : { flags: extra.f }),
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: nanos(span.startUs, span.startRemainderNs),
    endTimeUnixNano: extra.open === 1 ? '0' : nanos(end.us, end.rem),
    attributes: toAttributes(span.attributes),
    ...(droppedAttributesCount ? { droppedAttributesCount } : {}),
    events: (extra.e ?? []).map(([name, us, rem, attributes, dropped]) => ({
      timeUnixNano: nanos(us, rem),
      name,
      attributes: toAttributes(attributes as ValueMap),
      ...(dropped ? { droppedAttributesCount: dropped } : {}),
    })),
    ...(droppedEventsCount ? { droppedEventsCount } : {}),
    links: (extra.l ?? []).map(([linkedTrace, spanId, attributes, traceState, dropped]) => ({
      traceId: linkedTrace,
      spanId,
      ...(traceState ? { traceState } : {}),
      attributes: toAttributes(attributes as ValueMap),
      ...(dropped ? { droppedAttributesCount: dropped } : {}),
    })),
    ...(droppedLinksCount ? { droppedLinksCount } : {}),
    status: { code: STATUSES.indexOf(span.status), ...(extra.m === undefined ? {} : { message: extra.m }) },
  }
}

/** Requests of one trace each. */
export function* exportTraces(context: StoreContext, traces: Iterable<{ no: number; id: string }>): Generator<string> {
  for (const { no, id } of traces) {
    const spans = readSpans(context, 'WHERE s.trace_no = ? ORDER BY s.start_us, s.start_rem, s.id', no)
    if (spans.length === 0) continue
    const resourceSpans = nest(
      spans,
      ({ resource }) => resource.id,
      ({ scope }) => JSON.stringify(scope),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(first.resource.attributes) },
      scopeSpans: scopes.map(({ first: { scope }, items }) => ({
        scope: toScope(scope),
        spans: items.map((span) => toOtlpSpan(id, span)),
      })),
    }))
    yield JSON.stringify({ resourceSpans })
  }
}

export function* exportLogs(context: StoreContext, rows: readonly LogColumns[]): Generator<string> {
  for (let at = 0; at < rows.length; at += 1000) {
    const resourceLogs = nest(
      rows.slice(at, at + 1000),
      (row) => row.resource_id,
      (row) => String(row.scope_id),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(context.resources.byId(first.resource_id).attributes) },
      scopeLogs: scopes.map(({ first: row, items }) => ({
        scope: toScope(scopeOf(context.scopes.textOf(row.scope_id))),
        logRecords: items.map(toOtlpLog),
      })),
    }))
    yield JSON.stringify({ resourceLogs })
  }
}

function toOtlpLog(row: LogColumns): Json {
  return {
    timeUnixNano: nanos(row.time_us, row.time_rem),
    observedTimeUnixNano: nanos(row.time_us, row.time_rem),
    severityNumber: row.sev,
    ...(row.sev_text === null ? {} : { severityText: row.sev_text }),
    body: { stringValue: row.body },
    attributes: toAttributes(readObject<ValueMap>(row.attrs)),
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    ...(row.span_id === null ? {} : { spanId: row.span_id }),
    ...(row.event === null ? {} : { eventName: row.event }),
  }
}

function endOf(span: StoredSpan): { us: number; rem: number } {
  const total = span.startRemainderNs + span.durationNs
  return { us: span.startUs + Math.floor(total / 1000), rem: total % 1000 }
}
