/** Spans as they are named in lists elsewhere. */
import type { SpanRef } from '../api.ts'
import type { StoreContext } from '../store/context.ts'
import { KINDS, STATUSES } from '../store/semantics.ts'
import { type Sql, sql } from './sql.ts'

export interface SpanRefColumns {
  readonly trace_id: string
  readonly span_id: string
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly status: number
  readonly start_us: number
  readonly dur_ns: number
}

const COLUMNS = 's.span_id, s.svc, s.name, s.kind, s.status, s.start_us, s.dur_ns'

export function spanRefs(context: StoreContext, where: Sql, rest: string): SpanRef[] {
  const rows = context.database
    .prepare(
      `SELECT ${COLUMNS}, (SELECT id FROM trace t WHERE t.no = s.trace_no) AS trace_id FROM span s WHERE ${where.text} ${rest}`,
    )
    .all(...where.args) as unknown as SpanRefColumns[]
  return rows.map((row) => toSpanRef(context, row))
}

export function findSpanRef(context: StoreContext, traceId: string, spanId: string): SpanRef | undefined {
  const where = sql('s.trace_no = (SELECT no FROM trace WHERE id = ?) AND s.span_id = ?', traceId, spanId)
  return spanRefs(context, where, 'LIMIT 1')[0]
}

const MAX_KEPT = 5000

/** Finds spans that are asked for again and again; to be cleared when spans are deleted. */
export function createSpanRefs(context: StoreContext): {
  find(traceId: string, spanId: string): SpanRef | undefined
  clear(): void
} {
  const kept = new Map<string, SpanRef>()
  return {
    find(traceId, spanId) {
      const key = traceId + spanId
      const ref = kept.get(key) ?? findSpanRef(context, traceId, spanId)
      if (kept.size >= MAX_KEPT) kept.clear()
      if (ref) kept.set(key, ref)
      return ref
    },
    clear: () => kept.clear(),
  }
}

/** @returns what finds one span by its number, many times over */
export function spanRefById(context: StoreContext): (id: number) => SpanRef | undefined {
  const select = context.database.prepare(
    `SELECT ${COLUMNS}, t.id AS trace_id FROM span s JOIN trace t ON t.no = s.trace_no WHERE s.id = ?`,
  )
  return (id) => {
    const row = select.get(id) as SpanRefColumns | undefined
    return row && toSpanRef(context, row)
  }
}

export function toSpanRef({ texts }: StoreContext, row: SpanRefColumns): SpanRef {
  return {
    traceId: row.trace_id,
    spanId: row.span_id,
    service: texts.textOf(row.svc),
    name: texts.textOf(row.name),
    kind: KINDS[row.kind] ?? 'unspecified',
    status: STATUSES[row.status] ?? 'unset',
    startUs: row.start_us,
    durationNs: row.dur_ns,
  }
}
