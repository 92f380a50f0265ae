/** One trace as rows of a waterfall, with its critical path, warnings and numbers. */
import type { CriticalSegment, Severity, SpanRow, TraceDetail } from '../api.ts'
import { summaryOf } from '../store/semantics.ts'
import { severityOf } from '../store/severity.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { layOutTrace, refOf, type TraceLayout } from './lay-out-trace.ts'
import { LARGE_TRACE, offsetOf, type PlacedSpan, type PlacedTrace } from './place-trace.ts'
import { badgesOfTrace } from './traces.ts'

const MAX_LOGS = 10_000

export interface TraceDetailOptions {
  /** Whether rows have their attributes. @default up to 5,000 spans */
  readonly attributes?: boolean | undefined
  /** The first row. @default 0 */
  readonly from?: number | undefined
  /** Only so many rows; all numbers are of the whole trace. @default all */
  readonly limit?: number | undefined
  /** Whether spans of machines with other clocks are moved. @default true */
  readonly alignClocks?: boolean
}

export function traceDetail(engine: Engine, row: TraceRow, options: TraceDetailOptions = {}): TraceDetail {
  engine.store.retention.pin(row.id)
  const { alignClocks = true, from = 0 } = options
  const layout = layOutTrace(engine, row, { alignClocks })
  const { placed, tree, position, bySpanId } = layout
  const { criticalPath, handlers, ...numbers } = layout.numbers
  const withAttributes = options.attributes ?? placed.spans.length <= LARGE_TRACE
  const shown = tree.order.slice(from, from + (options.limit ?? placed.spans.length))
  const rows = rowsOf(engine, layout, shown, from, withAttributes)
  const isPartial = rows.length < placed.spans.length
  const isShown = (index: number): boolean => index >= from && index < from + rows.length
  return {
    traceId: row.id,
    startUs: placed.startUs,
    startRemainderNs: placed.startRemainderNs,
    durationNs: placed.durationNs,
    rootSpanId: row.root,
    spans: rows,
    spanCount: placed.spans.length,
    isPartial,
    ...numbers,
    logs: row.logs,
    badges: badgesOfTrace(engine, row),
    percentile: row.root === null ? null : rankOfRoot(engine, row, bySpanId.get(row.root)),
    criticalPath: criticalPath.flatMap(({ span, fromNs, toNs }): CriticalSegment[] => {
      const index = position[span]!
      return isShown(index) ? [{ index, spanId: placed.spans[span]!.spanId, fromNs, toNs }] : []
    }),
    handlers: handlers.filter(({ index }) => isShown(index)),
    clocks: placed.skewed && { applied: alignClocks, ...placed.skewed },
    // the first rows need not wait until a large trace has been looked at: that is said by a tick
    insights: isPartial && row.findings === null ? [] : engine.insights.ofTrace(row, (spanId) => refOf(layout, spanId)),
    withAttributes,
    previousTraceId: neighbour(engine, row, '<', 'DESC'),
    nextTraceId: neighbour(engine, row, '>', 'ASC'),
  }
}

function rowsOf(
  engine: Engine,
  { placed, tree, position, self }: TraceLayout,
  shown: readonly number[],
  from: number,
  withAttributes: boolean,
): SpanRow[] {
  const logs = logsBySpan(engine, placed)
  const orphans = new Set(tree.orphans)
  return shown.map((index, at): SpanRow => {
    const span = placed.spans[index]!
    const { stored } = span
    const { attributes } = stored
    const parent = tree.parents[index]!
    return {
      index: from + at,
      parentIndex: parent < 0 ? -1 : position[parent]!,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      depth: tree.depths[index]!,
      children: tree.childCounts[index]!,
      descendants: tree.descendants[index]!,
      service: stored.service,
      name: stored.name,
      kind: stored.kind,
      status: stored.status,
      statusMessage: stored.extra.m ?? null,
      system: stored.system,
      summary: summaryOf(stored.name, stored.system, attributes),
      groupKey: stored.groupKey,
      offsetNs: span.offsetNs,
      ...(span.movedNs !== 0 && { movedNs: span.movedNs }),
      durationNs: span.durationNs,
      selfNs: self[index]!,
      resourceId: stored.resource.id,
      scope: stored.scope.name,
      events: eventsOf(placed, span),
      logs: logs.get(span.spanId) ?? [],
      links: stored.extra.l?.length ?? 0,
      error: stored.status === 'error',
      running: span.running,
      orphan: orphans.has(index),
      ...(withAttributes ? { attributes } : {}),
    }
  })
}

function rankOfRoot(engine: Engine, row: TraceRow, root: PlacedSpan | undefined): number | null {
  return root ? engine.statistics.rankOf(row.head_svc, row.head_name, row.head_kind, root.durationNs) : null
}

function eventsOf(placed: PlacedTrace, { stored: { extra }, movedNs }: PlacedSpan): SpanRow['events'] {
  return (extra.e ?? []).map(([name, us, rem]) => ({ name, offsetNs: offsetOf(placed, us, rem) + movedNs }))
}

type RowLog = { offsetNs: number; severity: Severity; logId: number }

function logsBySpan({ store }: Engine, placed: PlacedTrace): Map<string, RowLog[]> {
  const bySpan = new Map<string, RowLog[]>()
  if (placed.row.logs === 0) return bySpan
  const rows = store.database
    .prepare(
      `SELECT id, span_id, time_us, time_rem, sev FROM log WHERE trace_id = ? AND span_id IS NOT NULL ORDER BY time_us, time_rem, id LIMIT ${MAX_LOGS}`,
    )
    .all(placed.row.id) as { id: number; span_id: string; time_us: number; time_rem: number; sev: number }[]
  const moves = placed.skewed && new Map(placed.spans.map(({ spanId, movedNs }) => [spanId, movedNs]))
  for (const row of rows) {
    const entry = {
      offsetNs: offsetOf(placed, row.time_us, row.time_rem) + (moves?.get(row.span_id) ?? 0),
      severity: severityOf(row.sev),
      logId: row.id,
    }
    const entries = bySpan.get(row.span_id)
    if (entries) entries.push(entry)
    else bySpan.set(row.span_id, [entry])
  }
  return bySpan
}

function neighbour({ store }: Engine, row: TraceRow, operator: '<' | '>', direction: 'ASC' | 'DESC'): string | null {
  const found = store.database
    .prepare(
      `SELECT id FROM trace WHERE (start_us, no) ${operator} (?, ?) AND spans > 0 ORDER BY start_us ${direction}, no ${direction} LIMIT 1`,
    )
    .get(row.start_us, row.no) as { id: string } | undefined
  return found?.id ?? null
}
