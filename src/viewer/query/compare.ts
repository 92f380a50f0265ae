/** Two traces side by side: their trees merged by what the spans do, and the attributes in which they differ. */
import type { AttributeValue, ComparedRow, ComparedSide, Comparison } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { type PlacedTrace, placeTrace } from './place-trace.ts'
import { summarize } from './traces.ts'
import { buildTree, selfTimes, type Tree } from './tree.ts'

const MAX_ROWS = 20_000

interface Side {
  readonly trace: PlacedTrace
  readonly tree: Tree
  readonly self: Float64Array
}

/** A place in the merged tree: the spans of each side that stand there. */
interface Pair {
  readonly a: readonly number[]
  readonly b: readonly number[]
  readonly depth: number
  readonly parentIndex: number
}

export function compareTraces(engine: Engine, rowA: TraceRow, rowB: TraceRow): Comparison {
  const a = sideOf(engine, rowA)
  const b = sideOf(engine, rowB)
  const rows: ComparedRow[] = []
  const stack = pairChildren(a, b, [-1], [-1], 0, -1).reverse()
  while (stack.length > 0 && rows.length < MAX_ROWS) {
    const pair = stack.pop()!
    const index = rows.length
    rows.push(toRow(a, b, pair))
    stack.push(...pairChildren(a, b, pair.a, pair.b, pair.depth + 1, index).reverse())
  }
  return {
    a: summarize(engine, rowA),
    b: summarize(engine, rowB),
    rows,
    attributes: differences(rootAttributes(a), rootAttributes(b)),
  }
}

function sideOf(engine: Engine, row: TraceRow): Side {
  const trace = placeTrace(engine, row)
  const tree = buildTree(trace.spans)
  return { trace, tree, self: selfTimes(trace.spans, tree) }
}

/** Children that do the same thing stand in one place, as many as there are on each side. */
function pairChildren(
  a: Side,
  b: Side,
  parentsA: readonly number[],
  parentsB: readonly number[],
  depth: number,
  parentIndex: number,
): Pair[] {
  const groups = new Map<string, { a: number[]; b: number[]; at: number }>()
  for (const [side, parents, which] of [
    [a, parentsA, 'a'],
    [b, parentsB, 'b'],
  ] as const) {
    for (const parent of parents)
      for (const child of side.tree.childrenOf(parent)) {
        const { stored, offsetNs } = side.trace.spans[child]!
        const key = `${stored.service}\n${stored.kind}\n${stored.groupKey}`
        const group = groups.get(key) ?? { a: [], b: [], at: offsetNs }
        groups.set(key, group)
        group[which].push(child)
        group.at = Math.min(group.at, offsetNs)
      }
  }
  return [...groups.values()]
    .sort((x, y) => x.at - y.at)
    .map((group) => ({ a: group.a, b: group.b, depth, parentIndex }))
}

function toRow(a: Side, b: Side, pair: Pair): ComparedRow {
  const { stored } = pair.a.length > 0 ? a.trace.spans[pair.a[0]!]! : b.trace.spans[pair.b[0]!]!
  return {
    depth: pair.depth,
    parentIndex: pair.parentIndex,
    service: stored.service,
    name: stored.name,
    kind: stored.kind,
    system: stored.system,
    a: toSide(a, pair.a),
    b: toSide(b, pair.b),
  }
}

function toSide({ trace, self }: Side, indexes: readonly number[]): ComparedSide | null {
  const [first] = indexes
  if (first === undefined) return null
  const sum = (of: (index: number) => number) => indexes.reduce((total, index) => total + of(index), 0)
  return {
    spanId: trace.spans[first]!.spanId,
    count: indexes.length,
    offsetNs: trace.spans[first]!.offsetNs,
    durationNs: sum((index) => trace.spans[index]!.durationNs),
    selfNs: sum((index) => self[index]!),
    errors: sum((index) => (trace.spans[index]!.stored.status === 'error' ? 1 : 0)),
  }
}

function rootAttributes({ trace, tree }: Side): Record<string, AttributeValue> {
  const root = trace.spans[tree.childrenOf(-1)[0] ?? -1]?.stored
  return root ? { ...root.resource.attributes, ...root.attributes } : {}
}

function differences(a: Record<string, AttributeValue>, b: Record<string, AttributeValue>): Comparison['attributes'] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()
  return keys
    .map((key) => ({ key, a: a[key] ?? null, b: b[key] ?? null }))
    .filter((pair) => JSON.stringify(pair.a) !== JSON.stringify(pair.b))
}
