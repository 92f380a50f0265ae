/** One trace as rows of a waterfall, with its critical path, warnings and numbers. */
import type { CriticalSegment, TraceDetail } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { firstRows } from './first-rows.ts'
import { layOutTrace, refOf } from './lay-out-trace.ts'
import { LARGE_TRACE, type PlacedSpan } from './place-trace.ts'
import { rowsOf } from './span-rows.ts'
import { badgesOfTrace } from './traces.ts'

export interface TraceDetailOptions {
  /** Whether rows have their attributes. @default up to 5,000 spans */
  readonly attributes?: boolean | undefined
  /** The first row. @default 0 */
  readonly from?: number | undefined
  /** Only so many rows; all numbers are of the whole trace. @default all */
  readonly limit?: number | undefined
  /** Whether spans of machines with other clocks are moved. @default true */
  readonly alignClocks?: boolean
  /** Whether a large trace may be given without what has to be laid out for it: its first rows alone. @default false */
  readonly preview?: boolean
}

export function traceDetail(engine: Engine, row: TraceRow, options: TraceDetailOptions = {}): TraceDetail {
  engine.store.retention.pin(row.id)
  const { alignClocks = true, from = 0 } = options
  const beside = {
    previousTraceId: neighbour(engine, row, '<', 'DESC'),
    nextTraceId: neighbour(engine, row, '>', 'ASC'),
  }
  if (options.preview && options.limit !== undefined && from === 0 && row.spans > LARGE_TRACE) {
    const first = firstRows(engine, row, options.limit)
    if (first) return { ...first, ...beside }
  }
  const layout = layOutTrace(engine, row, { alignClocks })
  const { placed, tree, position, bySpanId } = layout
  const { criticalPath, handlers, ...numbers } = layout.numbers
  const withAttributes = options.attributes ?? placed.spans.length <= LARGE_TRACE
  const shown = tree.order.slice(from, from + (options.limit ?? placed.spans.length))
  const rows = rowsOf(engine, layout, shown, { from, withAttributes })
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
    ...beside,
  }
}

function rankOfRoot(engine: Engine, row: TraceRow, root: PlacedSpan | undefined): number | null {
  return root ? engine.statistics.rankOf(row.head_svc, row.head_name, row.head_kind, root.durationNs) : null
}

function neighbour({ store }: Engine, row: TraceRow, operator: '<' | '>', direction: 'ASC' | 'DESC'): string | null {
  const found = store.database
    .prepare(
      `SELECT id FROM trace WHERE (start_us, no) ${operator} (?, ?) AND spans > 0 ORDER BY start_us ${direction}, no ${direction} LIMIT 1`,
    )
    .get(row.start_us, row.no) as { id: string } | undefined
  return found?.id ?? null
}
