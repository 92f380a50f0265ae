/** Finds the spans, logs and metrics that meet a filter. */
import { readSpans, traceNoOf } from '../store/read-spans.ts'
import type { Store } from '../store/store.ts'
import type { ViewerLog, ViewerMetric, ViewerSpan, ViewerTrace } from './found.ts'
import { type InstrumentColumns, type LogColumns, toViewerLog, toViewerMetric, toViewerSpan } from './from-store.ts'
import { isMatch, type LogFilter, matchesLog, matchesSpan, type SpanFilter } from './match.ts'

export function findSpans(store: Store, filter: SpanFilter = {}): ViewerSpan[] {
  const ids = new Map<number, string>()
  const traceIdOf = (no: number): string => {
    const known = ids.get(no)
    if (known !== undefined) return known
    const { id } = store.database.prepare('SELECT id FROM trace WHERE no = ?').get(no) as { id: string }
    ids.set(no, id)
    return id
  }
  const no = filter.traceId === undefined ? undefined : traceNoOf(store, filter.traceId.toLowerCase())
  if (filter.traceId !== undefined && no === undefined) return []
  const order = 'ORDER BY s.start_us, s.start_rem, s.dur_ns DESC, s.id'
  const rows = no === undefined ? readSpans(store, order) : readSpans(store, `WHERE s.trace_no = ? ${order}`, no)
  return rows.map((span) => toViewerSpan(span, traceIdOf(span.traceNo))).filter((span) => matchesSpan(span, filter))
}

export function findLogs(store: Store, filter: LogFilter = {}): ViewerLog[] {
  const rows = store.database
    .prepare('SELECT * FROM log ORDER BY time_us, time_rem, id')
    .all() as unknown as LogColumns[]
  return rows.map((row) => toViewerLog(store, row)).filter((log) => matchesLog(log, filter))
}

export function findMetrics(store: Store, name?: string | RegExp): ViewerMetric[] {
  const rows = store.database.prepare('SELECT * FROM instrument ORDER BY id').all() as unknown as InstrumentColumns[]
  return rows.filter((row) => name === undefined || isMatch(row.name, name)).map((row) => toViewerMetric(store, row))
}

export function readTrace(store: Store, traceId: string): ViewerTrace {
  const spans = findSpans(store, { traceId })
  return { traceId, root: spans.find(({ parentSpanId }) => parentSpanId === null), spans }
}
