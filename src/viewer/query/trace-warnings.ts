/** Tells what is wrong with the data of a trace: missing, doubled, skewed or cut off. */
import type { TraceWarning } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import { MAX_SPANS, type PlacedSpan, type PlacedTrace } from './place-trace.ts'
import type { Tree } from './tree.ts'

const MAX_NAMED = 50

export function warningsOf(placed: PlacedTrace, tree: Tree, row: TraceRow): TraceWarning[] {
  const { spans } = placed
  const warnings: TraceWarning[] = []
  const warn = (code: TraceWarning['code'], message: string, indexes: readonly number[], count = indexes.length) => {
    if (count > 0)
      warnings.push({ code, message, count, spanIds: indexes.slice(0, MAX_NAMED).map((index) => spans[index]!.spanId) })
  }
  const where = (accept: (span: PlacedSpan, index: number) => boolean): number[] =>
    spans.flatMap((span, index) => (accept(span, index) ? [index] : []))

  if (row.root === null)
    warn(
      'missing-root',
      'The root span has not arrived: it is still running, was not sampled, or is sent elsewhere.',
      [],
      1,
    )
  warn('missing-parents', 'Spans name a parent that has not arrived.', tree.orphans)
  warn(
    'duplicate-span-ids',
    'Spans share an id: the sender sent them twice, or its ids are not random.',
    tree.duplicates,
    tree.duplicates.length + placed.copies,
  )
  warn('parent-cycle', 'Spans name each other as parent; the cycle is cut at its earliest span.', tree.cyclic)
  const moved = where(({ movedNs }) => movedNs !== 0)
  if (moved.length > 0)
    warn(
      'clock-skew',
      'The clocks of the machines differ: spans that lay outside their parents are moved into them.',
      moved,
    )
  else
    warn(
      'clock-skew',
      'Spans start before their parent: the clocks of the machines differ.',
      where((span, index) => isBeforeParent(spans, tree, span, index)),
    )
  warn(
    'ends-before-start',
    'Spans end before they start: their clock was set back, or their times are wrong.',
    where(isBackwards),
  )
  warn(
    'dropped-attributes',
    'The sender dropped attributes, events or links because of its limits.',
    where(({ stored }) => stored.extra.d !== undefined),
  )
  warn(
    'still-running',
    'Spans have started and not ended yet.',
    where((span) => span.running || span.stored.extra.open === 1),
  )
  warn('truncated', `Only the first ${MAX_SPANS} spans are shown.`, [], placed.truncated)
  return warnings
}

export function isSkewed(spans: readonly PlacedSpan[], tree: Tree, span: PlacedSpan, index: number): boolean {
  return isBackwards(span) || span.movedNs !== 0 || isBeforeParent(spans, tree, span, index)
}

const isBackwards = ({ stored }: PlacedSpan): boolean => stored.extra.skew === 1

/** A child of another resource that begins clearly before its parent. */
function isBeforeParent(spans: readonly PlacedSpan[], tree: Tree, span: PlacedSpan, index: number): boolean {
  const parent = tree.parents[index]! < 0 ? undefined : spans[tree.parents[index]!]
  return (
    parent !== undefined &&
    parent.stored.resource.id !== span.stored.resource.id &&
    span.offsetNs + 1_000_000 < parent.offsetNs
  )
}
