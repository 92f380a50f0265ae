/** Makes a forest of any set of spans: missing parents, cycles and duplicate ids included. No recursion: a trace may be 200 000 deep. */

export interface TreeInput {
  readonly spanId: string
  readonly parentSpanId: string | null
  /** Exact start in ns from any common origin. */
  readonly offsetNs: number
  readonly durationNs: number
}

export interface Tree {
  /** Indexes of the input, depth-first, children by start. */
  readonly order: readonly number[]
  /** By input index: the parent's input index, or -1. */
  readonly parents: Int32Array
  readonly depths: Int32Array
  readonly childCounts: Int32Array
  readonly descendants: Int32Array
  readonly childrenOf: (index: number) => readonly number[]
  /** Inputs whose parent is named but missing. */
  readonly orphans: readonly number[]
  /** Inputs taken out of a cycle. */
  readonly cyclic: readonly number[]
  /** Inputs whose id another, earlier input has. */
  readonly duplicates: readonly number[]
}

export function buildTree(spans: readonly TreeInput[]): Tree {
  const byStart = spans.map((_, index) => index).sort((a, b) => compareStart(spans[a]!, spans[b]!) || a - b)
  const { byId, duplicates } = indexById(spans, byStart)
  const parents = new Int32Array(spans.length).fill(-1)
  const orphans: number[] = []
  for (const [index, { parentSpanId }] of spans.entries()) {
    if (parentSpanId === null) continue
    const parent = byId.get(parentSpanId)
    if (parent === undefined) orphans.push(index)
    else parents[index] = parent
  }
  const cyclic = breakCycles(parents, byStart)

  const children = new Map<number, number[]>()
  for (const index of byStart) {
    const siblings = children.get(parents[index]!)
    if (siblings) siblings.push(index)
    else children.set(parents[index]!, [index])
  }
  const none: readonly number[] = []
  const childrenOf = (index: number) => children.get(index) ?? none
  const { order, depths } = depthFirst(spans.length, childrenOf)
  const descendants = new Int32Array(spans.length)
  for (let at = order.length - 1; at >= 0; at--) {
    const index = order[at]!
    if (parents[index]! >= 0) descendants[parents[index]!]! += descendants[index]! + 1
  }
  const childCounts = Int32Array.from(spans, (_, index) => childrenOf(index).length)
  return { order, parents, depths, childCounts, descendants, childrenOf, orphans, cyclic, duplicates }
}

function compareStart(a: TreeInput, b: TreeInput): number {
  return a.offsetNs - b.offsetNs || b.durationNs - a.durationNs
}

function indexById(
  spans: readonly TreeInput[],
  byStart: readonly number[],
): { byId: Map<string, number>; duplicates: number[] } {
  const byId = new Map<string, number>()
  const duplicates: number[] = []
  for (const index of byStart) {
    const { spanId } = spans[index]!
    if (byId.has(spanId)) duplicates.push(index)
    else byId.set(spanId, index)
  }
  return { byId, duplicates }
}

/** Walks up from each span; one that meets its own path is cut loose. */
function breakCycles(parents: Int32Array, byStart: readonly number[]): number[] {
  const walkOf = new Int32Array(parents.length)
  const cut: number[] = []
  let walk = 0
  for (const start of byStart) {
    walk++
    let index = start
    while (index >= 0 && walkOf[index] === 0) {
      walkOf[index] = walk
      const parent = parents[index]!
      if (parent >= 0 && walkOf[parent] === walk) {
        // the cycle hangs from its earliest span: `start` when it is part of it
        const entry = isOnCycle(parents, start, parent) ? start : parent
        parents[entry] = -1
        cut.push(entry)
        break
      }
      index = parent
    }
  }
  return cut
}

function isOnCycle(parents: Int32Array, index: number, on: number): boolean {
  for (let at = parents[on]!; ; at = parents[at]!) {
    if (at === index) return true
    if (at === on || at < 0) return on === index
  }
}

function depthFirst(
  length: number,
  childrenOf: (index: number) => readonly number[],
): { order: number[]; depths: Int32Array } {
  const depths = new Int32Array(length)
  const order: number[] = []
  const stack = [...childrenOf(-1)].reverse()
  while (stack.length > 0) {
    const index = stack.pop()!
    order.push(index)
    const children = childrenOf(index)
    for (let at = children.length - 1; at >= 0; at--) {
      depths[children[at]!] = depths[index]! + 1
      stack.push(children[at]!)
    }
  }
  return { order, depths }
}

/** By input index: the place in `order`, which is the row of the waterfall. */
export function positionsOf({ order }: Pick<Tree, 'order'>): Int32Array {
  const positions = new Int32Array(order.length)
  for (const [at, index] of order.entries()) positions[index] = at
  return positions
}

/** Time of a span that no child covers. */
export function selfTimes(spans: readonly TreeInput[], tree: Tree): Float64Array {
  return Float64Array.from(spans, (span, index) => {
    const end = span.offsetNs + span.durationNs
    let covered = 0
    let reached = span.offsetNs
    for (const child of tree.childrenOf(index)) {
      const { offsetNs, durationNs } = spans[child]!
      const from = Math.max(offsetNs, reached)
      const to = Math.min(offsetNs + durationNs, end)
      if (to <= from) continue
      covered += to - from
      reached = to
    }
    return Math.max(span.durationNs - covered, 0)
  })
}
