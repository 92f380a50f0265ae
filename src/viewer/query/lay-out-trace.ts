/** A placed trace with its tree and the numbers of all of it. The last large one is kept for a while: its pages ask for it piece by piece. */
import type { SpanRef, TraceDetail } from '../api.ts'
import type { Store } from '../store/store.ts'
import type { TraceRow } from '../store/traces.ts'
import { criticalPath, type PathSegment } from './critical-path.ts'
import type { Engine } from './engine.ts'
import { LARGE_TRACE, type PlacedSpan, type PlacedTrace, placeTrace } from './place-trace.ts'
import { timeByCategory } from './time-by-category.ts'
import { warningsOf } from './trace-warnings.ts'
import { buildTree, positionsOf, selfTimes, type Tree } from './tree.ts'

export interface TraceLayout {
  readonly placed: PlacedTrace
  readonly tree: Tree
  /** By input index, as in `tree`: the row of the waterfall. */
  readonly position: Int32Array
  readonly bySpanId: ReadonlyMap<string, PlacedSpan>
  readonly self: Float64Array
  /** Of the whole trace; worked out when they are asked for. */
  readonly numbers: TraceNumbers
}

type TraceNumbers = Pick<
  TraceDetail,
  'services' | 'resources' | 'depth' | 'errors' | 'httpStatuses' | 'warnings' | 'handlers' | 'running'
> & { readonly criticalPath: readonly PathSegment[] }

interface Kept {
  readonly no: number
  readonly spans: number
  readonly alignClocks: boolean
  readonly layout: TraceLayout
  readonly timer: NodeJS.Timeout
}

const KEEP_MILLIS = 30_000
const kept = new WeakMap<Store, Kept>()

export function layOutTrace(
  engine: Pick<Engine, 'store' | 'live'>,
  row: TraceRow,
  { alignClocks = true }: { readonly alignClocks?: boolean } = {},
): TraceLayout {
  const { store } = engine
  const last = kept.get(store)
  // spans that are running have another duration each time
  const isKept = row.spans > LARGE_TRACE && engine.live.ofTrace(row.id).length === 0
  if (isKept && last?.no === row.no && last.spans === row.spans && last.alignClocks === alignClocks) {
    last.timer.refresh()
    return last.layout
  }
  const layout = createLayout(placeTrace(engine, row, { alignClocks }))
  if (isKept) {
    clearTimeout(last?.timer)
    const timer = setTimeout(() => kept.delete(store), KEEP_MILLIS).unref()
    kept.set(store, { no: row.no, spans: row.spans, alignClocks, layout, timer })
  }
  return layout
}

function createLayout(placed: PlacedTrace): TraceLayout {
  const tree = buildTree(placed.spans)
  let self: Float64Array | undefined
  let bySpanId: Map<string, PlacedSpan> | undefined
  let numbers: TraceNumbers | undefined
  return {
    placed,
    tree,
    position: positionsOf(tree),
    get bySpanId() {
      // of those that share an id, the first
      bySpanId ??= new Map(placed.spans.toReversed().map((span) => [span.spanId, span]))
      return bySpanId
    },
    get self() {
      self ??= selfTimes(placed.spans, tree)
      return self
    },
    get numbers() {
      numbers ??= numbersOf(this)
      return numbers
    },
  }
}

function numbersOf({ placed, tree, position, self }: TraceLayout): TraceNumbers {
  const { spans } = placed
  const root = rootIndex(placed, tree)
  return {
    services: serviceShares(placed, self),
    resources: [...new Map(spans.map(({ stored }) => [stored.resource.id, stored.resource])).values()].map(
      ({ id, attributes }) => ({ id, attributes }),
    ),
    depth: tree.depths.reduce((deepest, depth) => Math.max(deepest, depth + 1), 0),
    errors: spans.reduce((sum, { stored }) => sum + Number(stored.status === 'error'), 0),
    httpStatuses: httpStatuses(placed),
    warnings: warningsOf(placed, tree, placed.row),
    criticalPath: root === undefined ? [] : criticalPath(spans, tree, root),
    handlers: timeByCategory(spans, tree).map((time) => ({ ...time, index: position[time.index]! })),
    running: spans.reduce((sum, { running }) => sum + Number(running), 0),
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
    const status = stored.httpStatus
    if (status !== null) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return [...counts].map(([status, count]) => ({ status, count })).sort((a, b) => a.status - b.status)
}

/** How the span is named in lists. */
export function refOf({ placed, bySpanId }: TraceLayout, spanId: string): SpanRef | undefined {
  const span = bySpanId.get(spanId)
  if (!span) return undefined
  const { service, name, kind, status, startUs, durationNs } = span.stored
  return { traceId: placed.row.id, spanId, service, name, kind, status, startUs, durationNs }
}
