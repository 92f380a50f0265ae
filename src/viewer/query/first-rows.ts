/** The first rows of a large trace, before it is laid out, which takes half a second for 50,000 spans. */
import type { TraceDetail } from '../api.ts'
import { readArrays } from '../store/read-arrays.ts'
import { readSpans } from '../store/read-spans.ts'
import { servicesOf, type TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { MAX_SPANS, offsetOf } from './place-trace.ts'
import { rowsOf } from './span-rows.ts'
import { badgesOfTrace } from './traces.ts'
import { buildTree, positionsOf, selfTimes } from './tree.ts'

type Place = readonly [
  id: number,
  spanId: string,
  parentSpanId: string | null,
  startUs: number,
  startRemainderNs: number,
]

/**
 * The top of what has a root, as recorded: clocks are not aligned and copies not left out yet.
 * Undefined of a trace that has no root, or of which more spans are stored than are looked at.
 */
export function firstRows(
  engine: Engine,
  row: TraceRow,
  limit: number,
): Omit<TraceDetail, 'previousTraceId' | 'nextTraceId'> | undefined {
  if (row.root === null || row.spans > MAX_SPANS) return undefined
  const { store } = engine
  const select = 'SELECT id, span_id, parent_id, start_us, start_rem FROM span WHERE trace_no = ? ORDER BY id'
  const places = readArrays<Place>(store.database, select, [row.no])
  const children = childrenByParent(places)
  const top = walk(children, limit)
  const stored = new Map(
    readSpans(store, `WHERE s.id IN (${top.map(([id]) => id).join()})`).map((span) => [span.id, span]),
  )
  const { start_us: startUs, start_rem: startRemainderNs } = row
  const spans = top.map(([id]) => {
    const span = stored.get(id)!
    const { spanId, parentSpanId, durationNs } = span
    const offsetNs = offsetOf({ startUs, startRemainderNs }, span.startUs, span.startRemainderNs)
    return { stored: span, spanId, parentSpanId, offsetNs, durationNs, running: false, movedNs: 0 }
  })
  const tree = buildTree(spans)
  const childCounts = Int32Array.from(top, ([, spanId]) => children.get(spanId)?.length ?? 0)
  const source = {
    placed: { row, startUs, startRemainderNs, skewed: null, spans },
    tree: { ...tree, childCounts },
    position: positionsOf(tree),
    // with some of its children missing it would be too long
    self: selfTimes(spans, tree).map((ns, index) => (tree.childCounts[index] === childCounts[index] ? ns : 0)),
  }
  return {
    traceId: row.id,
    startUs,
    startRemainderNs,
    durationNs: row.dur_ns,
    rootSpanId: row.root,
    spans: rowsOf(engine, source, tree.order, { from: 0, withAttributes: false }),
    spanCount: places.length,
    isPartial: true,
    isPreview: true,
    services: servicesOf(row).map(([svc, [count, errors]]) => ({
      service: store.texts.textOf(svc),
      spans: count,
      errors,
      selfNs: 0,
    })),
    resources: [],
    depth: 0,
    errors: row.errors,
    logs: row.logs,
    httpStatuses: [],
    badges: badgesOfTrace(engine, row),
    percentile: null,
    warnings: [],
    criticalPath: [],
    handlers: [],
    clocks: null,
    insights: [],
    running: 0,
    withAttributes: false,
  }
}

type Children = ReadonlyMap<string | null, Place[]>

function childrenByParent(places: readonly Place[]): Children {
  const children = new Map<string | null, Place[]>()
  for (const place of places) {
    const siblings = children.get(place[2])
    if (siblings) siblings.push(place)
    else children.set(place[2], [place])
  }
  return children
}

/** Depth-first from the root, so many at most; of two spans with one id, what is below them is met once. */
function walk(children: Children, limit: number): Place[] {
  const top: Place[] = []
  const met = new Set<Place>()
  const stack: Place[] = []
  const push = (parent: string | null) => {
    const latestFirst = (children.get(parent) ?? []).toSorted((a, b) => b[3] - a[3] || b[4] - a[4])
    for (const place of latestFirst) if (!met.has(place)) stack.push(place)
  }
  push(null)
  while (stack.length > 0 && top.length < limit) {
    const place = stack.pop()!
    if (met.has(place)) continue
    met.add(place)
    top.push(place)
    push(place[1])
  }
  return top
}
