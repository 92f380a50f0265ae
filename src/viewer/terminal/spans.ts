/** Puts the spans of a trace in order for people: those that repeat are one row, and the way to the trouble is kept when rows are few. */
import type { SpanRow, TraceDetail } from '../api.ts'

export interface ShownSpan {
  readonly span: SpanRow
  /** How many equal siblings this row stands for. */
  readonly repeats: number
  /** Their time in sum. */
  readonly durationNs: number
  /** One of them failed. */
  readonly error: boolean
}

export interface Shown {
  readonly rows: readonly ShownSpan[]
  /** Spans that no row stands for. */
  readonly left: number
}

const LEAST_REPEATS = 3

/** Depth-first, equal leaves of one parent folded; at most so many rows, of which those on the way to an error or a finding stay first. */
export function showSpans({ spans, insights, criticalPath }: TraceDetail, mostRows: number): Shown {
  const folded = fold(spans)
  if (folded.length <= mostRows) return { rows: folded, left: 0 }
  const wanted = new Set<SpanRow>()
  const keep = (index: number | undefined): void => {
    const way: SpanRow[] = []
    for (let span = spans[index ?? -1]; span; span = spans[span.parentIndex]) way.push(span)
    if (wanted.size + way.filter((span) => !wanted.has(span)).length <= mostRows)
      for (const span of way) wanted.add(span)
  }
  const indexOf = new Map(spans.map((span) => [span.spanId, span.index]))
  keep(spans[0]?.index)
  for (const { span } of folded.filter(({ error }) => error).toReversed()) keep(span.index)
  for (const { evidence } of insights) for (const { spanId } of evidence) keep(indexOf.get(spanId))
  for (const { index } of [...criticalPath].sort((a, b) => b.toNs - b.fromNs - (a.toNs - a.fromNs))) keep(index)
  for (const { span } of folded.toSorted((a, b) => b.durationNs - a.durationNs)) keep(span.index)
  const rows = folded.filter(({ span }) => wanted.has(span))
  return { rows, left: spans.length - rows.reduce((sum, { repeats }) => sum + repeats, 0) }
}

function fold(spans: readonly SpanRow[]): ShownSpan[] {
  const groups = new Map<string, SpanRow[]>()
  for (const span of spans) {
    const group = groups.get(keyOf(span))
    if (group) group.push(span)
    else groups.set(keyOf(span), [span])
  }
  return spans.flatMap((span) => {
    const group = groups.get(keyOf(span))!
    if (span.children > 0 || group.length < LEAST_REPEATS) return one(span)
    if (group[0] !== span) return []
    const failed = group.find(({ error }) => error)
    const durationNs = group.reduce((sum, each) => sum + each.durationNs, 0)
    return { span: failed ?? span, repeats: group.length, durationNs, error: failed !== undefined }
  })
}

function one(span: SpanRow): ShownSpan {
  return { span, repeats: 1, durationNs: span.durationNs, error: span.error }
}

/** Of leaves below one parent. */
function keyOf({ parentIndex, service, kind, groupKey, name, children, index }: SpanRow): string {
  return children > 0 ? `${index}` : JSON.stringify([parentIndex, service, kind, name, groupKey])
}
