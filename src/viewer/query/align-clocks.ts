/**
 * Moves spans of machines whose clocks differ into their parents, with all that is below them on the same clock: as Jaeger does, to the middle, so that
 * the way there takes as long as the way back. Spans of one process or one host are never moved.
 */
import type { StoredSpan } from '../store/read-spans.ts'
import type { Tree, TreeInput } from './tree.ts'

export interface ClockedSpan extends TreeInput {
  readonly stored: Pick<StoredSpan, 'kind' | 'service' | 'resource'>
}

/** Less may be the resolution of a clock. */
const TOLERANCE_NS = 1_000_000

/** By input index: nanoseconds to add to the offset; undefined when no span has to be moved. */
export function clockCorrections(spans: readonly ClockedSpan[], tree: Tree): Float64Array | undefined {
  const moves = new Float64Array(spans.length)
  let hasMoved = false
  for (const index of tree.order) {
    const parent = tree.parents[index]!
    if (parent < 0) continue
    const isOther = haveOtherClocks(spans[parent]!, spans[index]!)
    moves[index] = isOther ? moveInto(spans[parent]!, moves[parent]!, spans[index]!) : moves[parent]!
    hasMoved ||= moves[index] !== 0
  }
  return hasMoved ? moves : undefined
}

function moveInto(parent: ClockedSpan, parentMove: number, span: ClockedSpan): number {
  const start = parent.offsetNs + parentMove
  const end = start + parent.durationNs
  const isBefore = span.offsetNs + TOLERANCE_NS < start
  // what an async parent starts may begin after it; a server can't answer a call that is over
  const isAnswer = parent.stored.kind === 'client' && span.stored.kind === 'server'
  const isAfter = isAnswer && span.offsetNs > end + TOLERANCE_NS
  if (!isBefore && !isAfter) return 0
  const slack = Math.max(parent.durationNs - span.durationNs, 0)
  return Math.round(start + slack / 2 - span.offsetNs)
}

const HOST_KEYS = ['host.id', 'host.name', 'k8s.node.name'] as const

/** Two processes that name one host have one clock; without a host, other services may be elsewhere. */
function haveOtherClocks({ stored: a }: ClockedSpan, { stored: b }: ClockedSpan): boolean {
  if (a.resource.run === b.resource.run) return false
  for (const key of HOST_KEYS) {
    const [one, other] = [a.resource.attributes[key], b.resource.attributes[key]]
    if (one !== undefined && other !== undefined) return one !== other
  }
  return a.service !== b.service
}
