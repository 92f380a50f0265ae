/** Which spans of a trace stand for it around one of them. Pure. */
import type { SpanRow } from '../../../api.ts'

/**
 * Positions in order of the tree, at most `most`: the span and what is above it first, then its children, then what lies nearest to it.
 * A path that is longer than that loses its middle.
 */
export function pickSpans(spans: readonly SpanRow[], owner: number, most: number): number[] {
  const picked = new Set<number>()
  const take = (indexes: Iterable<number>): void => {
    for (const index of indexes) if (picked.size < most) picked.add(index)
  }
  const path: number[] = []
  for (let at = owner; at >= 0; at = spans[at]!.parentIndex) path.push(at)
  take([owner, path.at(-1)!])
  take(path)
  const children: number[] = []
  const end = Math.min(owner + spans[owner]!.descendants, owner + 1000)
  for (let index = owner + 1; index <= end; index++) if (spans[index]!.parentIndex === owner) children.push(index)
  take(children.slice(0, Math.ceil(most / 3)))
  for (let away = 1; picked.size < most && away < spans.length; away++)
    take([owner + away, owner - away].filter((index) => index >= 0 && index < spans.length))
  return [...picked].sort((one, other) => one - other)
}
