/** What requests and jobs waited for: the calls that their own process made below them, by category, each instant counted once a category. */
import type { HandlerTime, SpanSystem, TimeCategory } from '../api.ts'
import type { PlacedSpan } from './place-trace.ts'
import type { Tree } from './tree.ts'

const MAX_HANDLERS = 200
const CATEGORY: Readonly<Record<SpanSystem, TimeCategory['category']>> = {
  db: 'database',
  cache: 'cache',
  http: 'http',
  rpc: 'rpc',
  messaging: 'messaging',
  function: 'function',
  internal: 'other',
}

interface Interval {
  readonly fromNs: number
  readonly toNs: number
}

/** By input index, longest first; of the top of the trace and of every request and job in it. */
export function timeByCategory(spans: readonly PlacedSpan[], tree: Tree): HandlerTime[] {
  const handlers = tree.order.filter((index) => isHandler(spans[index]!) || tree.parents[index] === -1)
  const longest = handlers.toSorted((a, b) => spans[b]!.durationNs - spans[a]!.durationNs).slice(0, MAX_HANDLERS)
  return longest.map((index) => timeOf(spans, tree, index))
}

function timeOf(spans: readonly PlacedSpan[], tree: Tree, handler: number): HandlerTime {
  const { offsetNs, durationNs, spanId } = spans[handler]!
  const whole = { fromNs: offsetNs, toNs: offsetNs + durationNs }
  const calls = Map.groupBy(callsBelow(spans, tree, handler), (index) => CATEGORY[spans[index]!.stored.system])
  const all: Interval[] = []
  const categories = [...calls].map(([category, indexes]): TimeCategory => {
    const open = indexes.flatMap((index) => cut(spans[index]!, whole))
    all.push(...open)
    const ns = unionOf(open)
    return { category, calls: indexes.length, ns, share: durationNs === 0 ? 0 : ns / durationNs }
  })
  const covered = unionOf(all)
  return {
    index: handler,
    spanId,
    durationNs,
    categories: categories.sort((a, b) => b.ns - a.ns),
    ownNs: durationNs - covered,
    overlapNs: categories.reduce((sum, { ns }) => sum + ns, 0) - covered,
  }
}

/** The topmost calls of others; what is below one is done while it is waited for. */
function callsBelow(spans: readonly PlacedSpan[], tree: Tree, handler: number): number[] {
  const { run } = spans[handler]!.stored.resource
  const calls: number[] = []
  const stack = [...tree.childrenOf(handler)]
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    const { stored } = spans[index]!
    // a client that was not traced: what the other process did is what was waited for
    if (isCall(spans[index]!) || stored.resource.run !== run) calls.push(index)
    else if (!isHandler(spans[index]!)) for (const child of tree.childrenOf(index)) stack.push(child)
  }
  return calls
}

const isHandler = ({ stored: { kind } }: PlacedSpan): boolean => kind === 'server' || kind === 'consumer'

function isCall({ stored: { kind, system } }: PlacedSpan): boolean {
  return kind === 'client' || kind === 'producer' || system === 'db' || system === 'cache'
}

/** Only what lies within the handler: a call may outlast it. */
function cut({ offsetNs, durationNs }: PlacedSpan, { fromNs, toNs }: Interval): Interval[] {
  const [from, to] = [Math.max(offsetNs, fromNs), Math.min(offsetNs + durationNs, toNs)]
  return to > from ? [{ fromNs: from, toNs: to }] : []
}

function unionOf(intervals: readonly Interval[]): number {
  let sum = 0
  let reached = Number.NEGATIVE_INFINITY
  for (const { fromNs, toNs } of intervals.toSorted((a, b) => a.fromNs - b.fromNs)) {
    sum += Math.max(toNs - Math.max(fromNs, reached), 0)
    reached = Math.max(reached, toNs)
  }
  return sum
}
