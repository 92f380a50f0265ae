/** What histograms show over time: lines of percentiles, and a heat map. */
import type { MetricData } from '../api.ts'
import type { PointData } from '../store/metrics.ts'
import { addHistogram, type Histogram, histogramOf, quantileOfHistogram, subtract } from './histograms.ts'
import type { InstrumentRow } from './instruments.ts'
import type { BucketOf, Group, Lines, PointRow } from './metric-groups.ts'

export function distributions(
  row: InstrumentRow,
  points: readonly PointRow[],
  groups: readonly Group[],
  length: number,
  bucketOf: BucketOf,
): { lines: Lines; heatmap: MetricData['heatmap'] } {
  const bySeries = Map.groupBy(points, (point) => point.series_id)
  const total = new Array<Histogram | undefined>(length)
  const lines = groups.flatMap((group) => {
    const merged = new Array<Histogram | undefined>(length)
    for (const id of group.series) {
      for (const [at, histogram] of increments(row, bySeries.get(id) ?? [], bucketOf)) {
        merged[at] = addHistogram(merged[at], histogram)
        total[at] = addHistogram(total[at], histogram)
      }
    }
    return (['p50', 'p95', 'p99'] as const).map((quantile) => ({
      label: groups.length === 1 && group.label === 'all' ? quantile : `${group.label} ${quantile}`,
      attributes: group.attributes,
      run: group.run,
      quantile,
      values: merged.map((histogram) =>
        histogram && histogram.count > 0 ? quantileOfHistogram(histogram, Number(quantile.slice(1)) / 100) : null,
      ),
    }))
  })
  // holes of a sparse array must be nulls in JSON
  for (const line of lines) for (let at = 0; at < length; at++) line.values[at] ??= null
  return { lines, heatmap: heatmapOf(total, length) }
}

function* increments(
  row: InstrumentRow,
  points: readonly PointRow[],
  bucketOf: BucketOf,
): Generator<[at: number, histogram: Histogram]> {
  let previous: { histogram: Histogram; point: PointRow } | undefined
  for (const point of points) {
    if (point.data === null) continue
    const histogram = histogramOf(JSON.parse(point.data) as PointData)
    const isFirst = previous === undefined
    const isReset =
      previous !== undefined && (point.start_us > previous.point.time_us || histogram.count < previous.histogram.count)
    if (row.temporality === 1 || isFirst || isReset) yield [bucketOf(point.time_us), histogram]
    else yield [bucketOf(point.time_us), subtract(histogram, previous!.histogram)]
    previous = { histogram, point }
  }
}

function heatmapOf(total: readonly (Histogram | undefined)[], length: number): MetricData['heatmap'] {
  const bounds = [...new Set(total.flatMap((histogram) => histogram?.bounds ?? []))].sort((a, b) => a - b)
  if (bounds.length === 0 || bounds.length > 400) return null
  const indexOf = new Map(bounds.map((bound, index) => [bound, index]))
  const counts = Array.from({ length }, (_, at) => {
    const row = new Array<number>(bounds.length + 1).fill(0)
    const histogram = total[at]
    for (const [index, count] of histogram?.counts.entries() ?? []) {
      const upper = histogram!.bounds[index]
      row[upper === undefined ? bounds.length : indexOf.get(upper)!]! += count
    }
    return row
  })
  return { bounds, counts }
}
