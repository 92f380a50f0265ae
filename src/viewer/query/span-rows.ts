/** Rows of the waterfall, of those spans of a trace that are shown. */
import type { Severity, SpanRow } from '../api.ts'
import { summaryOf } from '../store/semantics.ts'
import { severityOf } from '../store/severity.ts'
import type { Engine } from './engine.ts'
import type { TraceLayout } from './lay-out-trace.ts'
import { offsetOf, type PlacedSpan, type PlacedTrace } from './place-trace.ts'

const MAX_LOGS = 10_000

type Placement = Pick<PlacedTrace, 'row' | 'startUs' | 'startRemainderNs' | 'skewed' | 'spans'>
/** What of a layout the rows tell. */
type RowSource = Pick<TraceLayout, 'tree' | 'position' | 'self'> & { readonly placed: Placement }

export function rowsOf(
  engine: Engine,
  { placed, tree, position, self }: RowSource,
  shown: readonly number[],
  { from, withAttributes }: { readonly from: number; readonly withAttributes: boolean },
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

function eventsOf(placed: Placement, { stored: { extra }, movedNs }: PlacedSpan): SpanRow['events'] {
  return (extra.e ?? []).map(([name, us, rem]) => ({ name, offsetNs: offsetOf(placed, us, rem) + movedNs }))
}

type RowLog = { offsetNs: number; severity: Severity; logId: number }

function logsBySpan({ store }: Engine, placed: Placement): Map<string, RowLog[]> {
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
