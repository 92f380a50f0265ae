/** Which request or job each span belongs to: its nearest server or consumer span, or failing that its top. */
import type { TraceView } from './finding.ts'

/** By input index: the index of the span that it is done for; a server span is its own. */
export function ownersOf({ spans, tree }: TraceView): Int32Array {
  const owners = new Int32Array(spans.length)
  for (const index of tree.order) {
    const parent = tree.parents[index]!
    const { kind } = spans[index]!.stored
    const isEntry = kind === 'server' || kind === 'consumer' || parent < 0
    owners[index] = isEntry ? index : owners[parent]!
  }
  return owners
}
