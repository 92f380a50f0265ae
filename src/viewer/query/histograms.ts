/** Histograms of both kinds as counts between bounds: added, subtracted, and read for percentiles. Pure. */
import type { PointData } from '../store/metrics.ts'

export interface Histogram {
  /** Ascending; bucket i holds values up to bounds[i], the last bucket the rest. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
  readonly min: number | undefined
  readonly max: number | undefined
}

const MAX_EXPONENTIAL_BUCKETS = 160

export function histogramOf(data: PointData): Histogram {
  const common = { count: data.n, sum: data.s ?? 0, min: data.min, max: data.max }
  if (data.x) return { ...common, ...explicit(data.x) }
  return { ...common, bounds: data.b ?? [], counts: data.c ?? [] }
}

/** The bounds of an exponential histogram written out; merged by two until they are few. */
function explicit(x: NonNullable<PointData['x']>): { bounds: number[]; counts: number[] } {
  let { k: scale } = x
  let [positiveOffset, positive] = x.p
  let [negativeOffset, negative] = x.m
  while (positive.length + negative.length > MAX_EXPONENTIAL_BUCKETS) {
    ;[positiveOffset, positive] = halve(positiveOffset, positive)
    ;[negativeOffset, negative] = halve(negativeOffset, negative)
    scale--
  }
  const bound = (index: number) => 2 ** (index * 2 ** -scale)
  const bounds: number[] = []
  const counts: number[] = []
  for (let at = negative.length - 1; at >= 0; at--) {
    if (bounds.length === 0) {
      bounds.push(-bound(negativeOffset + at + 1))
      counts.push(0)
    }
    bounds.push(-bound(negativeOffset + at))
    counts.push(negative[at]!)
  }
  const floor = positive.length > 0 ? bound(positiveOffset) : x.t
  if (floor > (bounds.at(-1) ?? Number.NEGATIVE_INFINITY)) {
    bounds.push(floor)
    counts.push(x.z)
  }
  for (const [at, count] of positive.entries()) {
    bounds.push(bound(positiveOffset + at + 1))
    counts.push(count)
  }
  counts.push(0)
  return { bounds, counts }
}

function halve(offset: number, counts: readonly number[]): [offset: number, counts: number[]] {
  const start = Math.floor(offset / 2)
  const merged: number[] = []
  for (const [at, count] of counts.entries()) {
    const index = Math.floor((offset + at) / 2) - start
    merged[index] = (merged[index] ?? 0) + count
  }
  return [start, merged]
}

/** Buckets whose bounds differ are put at their upper bounds in the union of both. */
export function addHistogram(a: Histogram | undefined, b: Histogram): Histogram {
  if (!a) return b
  const common = {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: least(a.min, b.min),
    max: least(a.max, b.max, -1),
  }
  if (isSame(a.bounds, b.bounds))
    return { ...common, bounds: a.bounds, counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)) }
  const bounds = [...new Set([...a.bounds, ...b.bounds])].sort((x, y) => x - y)
  const counts = new Array<number>(bounds.length + 1).fill(0)
  const indexOf = new Map(bounds.map((bound, index) => [bound, index]))
  for (const histogram of [a, b])
    for (const [index, count] of histogram.counts.entries()) {
      const upper = histogram.bounds[index]
      counts[upper === undefined ? bounds.length : indexOf.get(upper)!]! += count
    }
  return { ...common, bounds, counts }
}

/** What was added between two cumulative points; with other bounds the newer one counts whole. */
export function subtract(newer: Histogram, older: Histogram): Histogram {
  const count = Math.max(newer.count - older.count, 0)
  const sum = newer.sum - older.sum
  if (!isSame(newer.bounds, older.bounds)) return addBounds(newer, older, count, sum)
  return {
    bounds: newer.bounds,
    counts: newer.counts.map((value, index) => Math.max(value - (older.counts[index] ?? 0), 0)),
    count,
    sum,
    min: undefined,
    max: newer.max,
  }
}

/** An exponential histogram grew: its older counts are taken from the buckets they now fall into. */
function addBounds(newer: Histogram, older: Histogram, count: number, sum: number): Histogram {
  const counts = [...newer.counts]
  for (const [index, value] of older.counts.entries()) {
    const upper = older.bounds[index] ?? Number.POSITIVE_INFINITY
    const at = newer.bounds.findIndex((bound) => bound >= upper)
    const target = at < 0 ? counts.length - 1 : at
    counts[target] = Math.max((counts[target] ?? 0) - value, 0)
  }
  return { bounds: newer.bounds, counts, count, sum, min: undefined, max: newer.max }
}

/** By linear interpolation within the bucket, kept within min and max where they are known. */
export function quantileOfHistogram({ bounds, counts, count, min, max }: Histogram, quantile: number): number {
  const rank = quantile * counts.reduce((sum, value) => sum + value, 0)
  let seen = 0
  for (const [index, value] of counts.entries()) {
    if (value === 0 || seen + value < rank) {
      seen += value
      continue
    }
    const upper = bounds[index] ?? max ?? bounds.at(-1) ?? 0
    const lower = index === 0 ? Math.min(min ?? 0, upper) : bounds[index - 1]!
    const estimate = lower + (upper - lower) * ((rank - seen) / value)
    return Math.min(Math.max(estimate, min ?? Number.NEGATIVE_INFINITY), max ?? Number.POSITIVE_INFINITY)
  }
  return count > 0 ? (max ?? bounds.at(-1) ?? 0) : 0
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((bound, index) => bound === b[index])
}

function least(a: number | undefined, b: number | undefined, sign = 1): number | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a * sign < b * sign ? a : b
}
