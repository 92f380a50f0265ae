/** The lines of gauges, sums and summaries: values, and rates that survive resets. */
import type { PointData } from '../store/metrics.ts'
import type { InstrumentRow } from './instruments.ts'
import type { BucketOf, Group, Lines, PointRow } from './metric-groups.ts'

interface LineOptions {
  readonly length: number
  readonly bucketOf: BucketOf
  readonly mode: 'value' | 'rate'
  readonly intervalUs: number | null
}

export function numberLines(
  row: InstrumentRow,
  points: readonly PointRow[],
  groups: readonly Group[],
  options: LineOptions,
): Lines {
  const { length, bucketOf, mode } = options
  const bySeries = Map.groupBy(points, (point) => point.series_id)
  return groups.map((group) => {
    const values = new Array<number | null>(length).fill(null)
    for (const id of group.series) {
      const own = bySeries.get(id) ?? []
      const bucketed = mode === 'rate' ? rates(row, own, options) : lastValues(row, own, length, bucketOf)
      for (const [index, value] of bucketed.entries()) if (value !== null) values[index] = (values[index] ?? 0) + value
    }
    return { label: group.label, attributes: group.attributes, run: group.run, quantile: null, values }
  })
}

export function summaryLines(
  points: readonly PointRow[],
  groups: readonly Group[],
  length: number,
  bucketOf: BucketOf,
): Lines {
  return groups.flatMap((group) => {
    const lines = new Map<number, (number | null)[]>()
    for (const point of points) {
      if (!group.series.has(point.series_id) || point.data === null) continue
      for (const [quantile, value] of (JSON.parse(point.data) as PointData).q ?? []) {
        const values = lines.get(quantile) ?? new Array<number | null>(length).fill(null)
        lines.set(quantile, values)
        values[bucketOf(point.time_us)] = value
      }
    }
    return [...lines].map(([quantile, values]) => ({
      label: `${group.label} p${quantile * 100}`,
      attributes: group.attributes,
      run: group.run,
      quantile: ({ 0.5: 'p50', 0.95: 'p95', 0.99: 'p99' } as const)[String(quantile)] ?? null,
      values,
    }))
  })
}

function lastValues(row: InstrumentRow, points: readonly PointRow[], length: number, bucketOf: BucketOf) {
  const values = new Array<number | null>(length).fill(null)
  for (const { value, time_us } of points) {
    if (value === null) continue
    const at = bucketOf(time_us)
    values[at] = row.temporality === 1 ? (values[at] ?? 0) + value : value
  }
  return values
}

/** What was added in a second, over the time between the points and not over the width of a bucket. */
function rates(row: InstrumentRow, points: readonly PointRow[], { length, bucketOf, intervalUs }: LineOptions) {
  const added = new Array<{ sum: number; us: number } | undefined>(length).fill(undefined)
  let previous: PointRow | undefined
  for (const point of points) {
    if (point.value === null) continue
    const us = elapsed(row, previous, point, intervalUs)
    if (us !== null) {
      const at = bucketOf(point.time_us)
      const before = added[at] ?? { sum: 0, us: 0 }
      added[at] = { sum: before.sum + increase(row, previous, point), us: before.us + us }
    }
    previous = point
  }
  return added.map((one) => (one === undefined || one.us === 0 ? null : one.sum / (one.us / 1e6)))
}

/** The time in which a point's increase came about; null for the first of a sum that had begun long before. */
function elapsed(
  { temporality }: InstrumentRow,
  previous: PointRow | undefined,
  { time_us, start_us }: PointRow,
  intervalUs: number | null,
): number | null {
  const sinceStart = start_us > 0 && start_us < time_us ? time_us - start_us : null
  if (temporality === 1) return sinceStart ?? (previous ? time_us - previous.time_us : intervalUs)
  if (previous) return time_us - previous.time_us
  return sinceStart !== null && sinceStart <= 2 * (intervalUs ?? sinceStart) ? sinceStart : null
}

/** What a point adds; a cumulative sum that fell, or started anew, was reset. */
function increase(row: InstrumentRow, previous: PointRow | undefined, point: PointRow): number {
  if (row.temporality === 1 || !previous) return point.value!
  const isReset = point.start_us > previous.time_us || point.value! < previous.value!
  return isReset ? Math.max(point.value!, 0) : point.value! - previous.value!
}
