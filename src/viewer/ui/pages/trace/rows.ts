/** Which rows the waterfall shows: the tree with what is collapsed, folded and filtered. Pure. */
import type { SpanRow, TraceDetail } from '../../../api.ts'

/** So many equal siblings become one row. */
const FOLD_FROM = 5

export interface SpanLine {
  readonly kind: 'span'
  readonly key: string
  readonly span: SpanRow
  readonly level: number
  readonly isOpen: boolean
}
export interface FoldLine {
  readonly kind: 'fold'
  readonly key: string
  /** The first of the equal siblings. */
  readonly span: SpanRow
  readonly members: readonly number[]
  readonly totalNs: number
  readonly errors: number
  readonly level: number
  readonly isOpen: boolean
}
export type Line = SpanLine | FoldLine

export interface LineOptions {
  /** Ids of spans whose children are hidden. */
  readonly collapsed: ReadonlySet<string>
  /** Keys of folds that are open. */
  readonly unfolded: ReadonlySet<string>
  /** Show only spans for which this is 1, and what is above them. */
  readonly keep: Uint8Array | null
  /** Whether equal siblings become one row. */
  readonly folds: boolean
  /** Show this span and what is below it; -1 for all. */
  readonly focus: number
}

export function linesOf({ spans }: TraceDetail, { collapsed, unfolded, keep, folds, focus }: LineOptions): Line[] {
  const lines: Line[] = []
  const shown = keep === null ? null : withAncestors(spans, keep)
  const open: { readonly members: readonly number[]; readonly key: string; readonly level: number }[] = []
  const pushChildren = (parent: number, level: number) => {
    const children = childrenOf(spans, parent).filter((index) => shown === null || shown[index] === 1)
    const groups = folds ? foldsOf(spans, children, parent) : children.map((index) => ({ members: [index], key: '' }))
    for (let at = groups.length - 1; at >= 0; at--) open.push({ ...groups[at]!, level })
  }
  if (focus === -1) pushChildren(-1, 0)
  else open.push({ members: [focus], key: '', level: 0 })
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { members, key, level } = item
    const span = spans[members[0]!]!
    if (key !== '') {
      const isOpen = unfolded.has(key)
      lines.push({ kind: 'fold', key, span, members, level, isOpen, ...totals(spans, members) })
      if (isOpen)
        for (let at = members.length - 1; at >= 0; at--)
          open.push({ members: [members[at]!], key: '', level: level + 1 })
      continue
    }
    const isOpen = span.children > 0 && !collapsed.has(span.spanId)
    lines.push({ kind: 'span', key: span.spanId, span, level, isOpen })
    if (isOpen) pushChildren(span.index, level + 1)
  }
  return lines
}

/** Whether a span is in the shown part of the trace. */
export const isWithin = (spans: readonly SpanRow[], focus: number, index: number): boolean =>
  focus === -1 || (index >= focus && index <= focus + spans[focus]!.descendants)

/** Direct children in order; of -1 the top-level rows. Relies on depth-first order. */
export function childrenOf(spans: readonly SpanRow[], parent: number): number[] {
  const children: number[] = []
  const end = parent === -1 ? spans.length - 1 : parent + spans[parent]!.descendants
  for (let index = parent + 1; index <= end; index += 1 + spans[index]!.descendants) children.push(index)
  return children
}

/** Keys of the folds that may hide a span: its own and those of everything above it. */
export function foldsAbove(spans: readonly SpanRow[], index: number): string[] {
  const keys: string[] = []
  for (let at = index; at >= 0; at = spans[at]!.parentIndex) keys.push(foldKey(spans, spans[at]!))
  return keys
}

const foldKey = (spans: readonly SpanRow[], span: SpanRow): string =>
  `fold ${spans[span.parentIndex]?.spanId ?? ''} ${span.service} ${span.groupKey}`

function foldsOf(spans: readonly SpanRow[], children: readonly number[], parent: number) {
  const single = (index: number) => ({ members: [index], key: '' })
  // Roots that are equal are requests beside each other: nothing repeats within one of them.
  if (children.length < FOLD_FROM || parent === -1) return children.map(single)
  const groups = new Map<string, number[]>()
  for (const index of children) {
    const key = foldKey(spans, spans[index]!)
    const members = groups.get(key)
    if (members) members.push(index)
    else groups.set(key, [index])
  }
  const result: { members: number[]; key: string }[] = []
  for (const index of children) {
    const key = foldKey(spans, spans[index]!)
    const members = groups.get(key)!
    if (members.length < FOLD_FROM || spans[index]!.groupKey === '') result.push(single(index))
    else if (members[0] === index) result.push({ members, key })
  }
  return result
}

function totals(spans: readonly SpanRow[], members: readonly number[]): { totalNs: number; errors: number } {
  let totalNs = 0
  let errors = 0
  for (const index of members) {
    totalNs += spans[index]!.durationNs
    if (spans[index]!.error) errors++
  }
  return { totalNs, errors }
}

function withAncestors(spans: readonly SpanRow[], keep: Uint8Array): Uint8Array {
  const shown = keep.slice()
  for (let index = spans.length - 1; index >= 0; index--) {
    const parent = spans[index]!.parentIndex
    if (shown[index] === 1 && parent >= 0) shown[parent] = 1
  }
  return shown
}
