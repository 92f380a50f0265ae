/** One trace as rows of a waterfall, with its critical path, warnings and numbers. */
import type { CriticalSegment, Severity, SpanRow, TraceDetail } from '../api.ts'
import { httpStatusOf, summaryOf } from '../store/semantics.ts'
import { severityOf } from '../store/severity.ts'
import type { TraceRow } from '../store/traces.ts'
import { criticalPath } from './critical-path.ts'
import type { Engine } from './engine.ts'
import { offsetOf, type PlacedSpan, type PlacedTrace, placeTrace } from './place-trace.ts'
import { timeByCategory } from './time-by-category.ts'
import { warningsOf } from './trace-warnings.ts'
import { badgesOfTrace } from './traces.ts'
import { buildTree, selfTimes, type Tree } from './tree.ts'

const WITH_ATTRIBUTES_UP_TO = 5000
const MAX_LOGS = 10_000

export interface TraceDetailOptions {
  /** Whether rows have their attributes. @default up to 5,000 spans */
  readonly attributes?: boolean | undefined
  /** Only so many rows, from the top; all numbers are of the whole trace. @default all */
  readonly limit?: number | undefined
  /** Whether spans of machines with other clocks are moved. @default true */
  readonly alignClocks?: boolean
}

export function traceDetail(engine: Engine, row: TraceRow, options: TraceDetailOptions = {}): TraceDetail {
  engine.store.retention.pin(row.id)
  const { alignClocks = true } = options
  const placed = placeTrace(engine, row, { alignClocks })
  const tree = buildTree(placed.spans)
  const self = selfTimes(placed.spans, tree)
  const withAttributes = options.attributes ?? placed.spans.length <= WITH_ATTRIBUTES_UP_TO
  const logs = logsBySpan(engine, placed)
  const position = new Int32Array(placed.spans.length)
  for (const [at, index] of tree.order.entries()) position[index] = at
  const orphans = new Set(tree.orphans)
  const shown = tree.order.slice(0, options.limit)
  const rows = shown.map((index, at): SpanRow => {
    const span = placed.spans[index]!
    const { stored } = span
    const parent = tree.parents[index]!
    return {
      index: at,
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
      summary: summaryOf(stored.name, stored.system, stored.attributes),
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
      ...(withAttributes ? { attributes: stored.attributes } : {}),
    }
  })
  const root = rootIndex(placed, tree)
  return {
    traceId: row.id,
    startUs: placed.startUs,
    startRemainderNs: placed.startRemainderNs,
    durationNs: placed.durationNs,
    rootSpanId: row.root,
    spans: rows,
    spanCount: placed.spans.length,
    isPartial: rows.length < placed.spans.length,
    services: serviceShares(placed, self),
    resources: [...new Map(placed.spans.map(({ stored }) => [stored.resource.id, stored.resource])).values()].map(
      ({ id, attributes }) => ({ id, attributes }),
    ),
    depth: tree.depths.reduce((deepest, depth) => Math.max(deepest, depth + 1), 0),
    errors: placed.spans.filter(({ stored }) => stored.status === 'error').length,
    logs: row.logs,
    httpStatuses: httpStatuses(placed),
    badges: badgesOfTrace(engine, row),
    percentile: row.root === null ? null : rankOfRoot(engine, row, placed),
    warnings: warningsOf(placed, tree, row),
    criticalPath:
      root === undefined
        ? []
        : criticalPath(placed.spans, tree, root).flatMap(({ span, fromNs, toNs }): CriticalSegment[] => {
            const index = position[span]!
            return index < rows.length ? [{ index, spanId: placed.spans[span]!.spanId, fromNs, toNs }] : []
          }),
    handlers: timeByCategory(placed.spans, tree)
      .map((time) => ({ ...time, index: position[time.index]! }))
      .filter(({ index }) => index < rows.length),
    clocks: placed.skewed && { applied: alignClocks, ...placed.skewed },
    insights: engine.insights.ofTrace(row),
    running: placed.spans.filter(({ running }) => running).length,
    withAttributes,
    previousTraceId: neighbour(engine, row, '<', 'DESC'),
    nextTraceId: neighbour(engine, row, '>', 'ASC'),
  }
}

/** The root, or failing that the longest top-level span. */
function rootIndex({ spans, row }: PlacedTrace, tree: Tree): number | undefined {
  const tops = tree.childrenOf(-1)
  return (
    tops.find((index) => spans[index]!.spanId === row.root) ??
    [...tops].sort((a, b) => spans[b]!.durationNs - spans[a]!.durationNs)[0]
  )
}

function rankOfRoot(engine: Engine, row: TraceRow, { spans }: PlacedTrace): number | null {
  const root = spans.find(({ spanId }) => spanId === row.root)
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

function serviceShares({ spans }: PlacedTrace, self: Float64Array): TraceDetail['services'] {
  const shares = new Map<string, { service: string; spans: number; errors: number; selfNs: number }>()
  for (const [index, { stored }] of spans.entries()) {
    const { service, status } = stored
    const share = shares.get(service) ?? { service, spans: 0, errors: 0, selfNs: 0 }
    shares.set(service, share)
    share.spans++
    share.selfNs += self[index]!
    if (status === 'error') share.errors++
  }
  return [...shares.values()].sort((a, b) => b.spans - a.spans)
}

function httpStatuses({ spans }: PlacedTrace): TraceDetail['httpStatuses'] {
  const counts = new Map<number, number>()
  for (const { stored } of spans) {
    const status = stored.system === 'http' ? httpStatusOf(stored.attributes) : null
    if (status !== null) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return [...counts].map(([status, count]) => ({ status, count })).sort((a, b) => a.status - b.status)
}

function neighbour({ store }: Engine, row: TraceRow, operator: '<' | '>', direction: 'ASC' | 'DESC'): string | null {
  const found = store.database
    .prepare(
      `SELECT id FROM trace WHERE (start_us, no) ${operator} (?, ?) AND spans > 0 ORDER BY start_us ${direction}, no ${direction} LIMIT 1`,
    )
    .get(row.start_us, row.no) as { id: string } | undefined
  return found?.id ?? null
}
