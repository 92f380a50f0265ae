/** Stretches of time on the screen: what of a span is its own, and where things lie in the zoomed window. Pure. */
import type { SpanRow } from '../../../api.ts'
import { childrenOf } from './rows.ts'

/** Offsets from the start of the trace, in nanoseconds. */
export interface Stretch {
  readonly fromNs: number
  readonly toNs: number
}

export const lengthOf = ({ fromNs, toNs }: Stretch): number => Math.max(1, toNs - fromNs)

/** Place of an instant in a window, in percent; may lie outside 0..100. */
export const placeOf = (ns: number, window: Stretch): number => ((ns - window.fromNs) / lengthOf(window)) * 100

/** Place and width in percent, cut to the window; null when outside. */
export function boxOf(stretch: Stretch, window: Stretch): { left: number; width: number } | null {
  const from = placeOf(stretch.fromNs, window)
  const to = placeOf(stretch.toNs, window)
  if (to < 0 || from > 100) return null
  const left = Math.max(0, from)
  return { left, width: Math.min(100, to) - left }
}

export const stretchOf = (span: SpanRow): Stretch => ({ fromNs: span.offsetNs, toNs: span.offsetNs + span.durationNs })

/** Stretches of a span that none of its children cover. */
export function selfStretches(spans: readonly SpanRow[], index: number): Stretch[] {
  const span = spans[index]!
  const { fromNs: start, toNs: end } = stretchOf(span)
  if (span.children === 0) return [{ fromNs: start, toNs: end }]
  const own: Stretch[] = []
  let covered = start
  // Children come by start, so one pass finds the gaps.
  for (const child of childrenOf(spans, index)) {
    const { fromNs, toNs } = stretchOf(spans[child]!)
    if (fromNs > covered) own.push({ fromNs: covered, toNs: Math.min(fromNs, end) })
    covered = Math.max(covered, toNs)
    if (covered >= end) break
  }
  if (covered < end) own.push({ fromNs: covered, toNs: end })
  return own
}

/** Joins stretches that a screen cannot tell apart and drops those outside the window. They must be in time order. */
export function visibleStretches(stretches: readonly Stretch[], window: Stretch): Stretch[] {
  const least = lengthOf(window) / 600
  const result: { fromNs: number; toNs: number }[] = []
  for (const { fromNs, toNs } of stretches) {
    if (toNs < window.fromNs || fromNs > window.toNs) continue
    const last = result.at(-1)
    if (last && fromNs - last.toNs <= least) last.toNs = Math.max(last.toNs, toNs)
    else result.push({ fromNs, toNs })
  }
  return result
}

/** Round steps for a ruler with about `wanted` marks. */
export function rulerMarks(window: Stretch, wanted: number): number[] {
  const rough = lengthOf(window) / wanted
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = size * ([1, 2, 5, 10].find((factor) => size * factor >= rough) ?? 10)
  const marks: number[] = []
  for (let ns = Math.ceil(window.fromNs / step) * step; ns <= window.toNs && marks.length < 50; ns += step)
    marks.push(ns)
  return marks
}
