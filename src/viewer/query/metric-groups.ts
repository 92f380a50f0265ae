/** Groups the series of an instrument into the lines of its chart. */
import type { Attributes, MetricData } from '../api.ts'
import type { SeriesInfo } from './metric-series.ts'

const MAX_LINES = 50

export interface PointRow {
  readonly series_id: number
  readonly time_us: number
  readonly start_us: number
  readonly value: number | null
  readonly data: string | null
}

export interface Group {
  readonly label: string
  readonly run: string | null
  readonly attributes: Attributes
  readonly series: ReadonlySet<number>
}
export type Lines = MetricData['lines'][number][]
export type BucketOf = (us: number) => number

/** @param runs newest first; each has lines of its own when there are several */
export function groupSeries(series: readonly SeriesInfo[], split: string | null, runs: readonly string[]): Group[] {
  const isByRun = runs.length > 1
  const textOf = (value: Attributes[string] | undefined) => (typeof value === 'object' ? JSON.stringify(value) : value)
  const labelOf = ({ attributes }: SeriesInfo): string =>
    split
      ? String(attributes[split] ?? '(none)')
      : Object.entries(attributes)
          .map(([key, value]) => `${key}=${textOf(value)}`)
          .join(' ') || 'all'
  const groups = Map.groupBy(series, (one) => JSON.stringify([labelOf(one), isByRun ? one.run : '']))
  return [...groups.values()]
    .map((members): Group => {
      const { attributes, run } = members[0]!
      const label = labelOf(members[0]!)
      return {
        label: isByRun ? `${label} · run ${runs.length - runs.indexOf(run)}` : label,
        run: isByRun ? run : null,
        attributes: split ? { [split]: attributes[split] ?? null } : attributes,
        series: new Set(members.map(({ id }) => id)),
      }
    })
    .filter(({ run }) => run === null || runs.includes(run))
    .sort((a, b) => runs.indexOf(a.run ?? '') - runs.indexOf(b.run ?? ''))
    .slice(0, MAX_LINES)
}

/** Runs that have points, newest first. */
export function runsOf(series: readonly SeriesInfo[], points: readonly PointRow[]): string[] {
  const runOf = new Map(series.map(({ id, run }) => [id, run]))
  const firstUs = new Map<string, number>()
  for (const { series_id, time_us } of points) {
    const run = runOf.get(series_id)!
    firstUs.set(run, Math.min(firstUs.get(run) ?? time_us, time_us))
  }
  return [...firstUs].sort(([, a], [, b]) => b - a).map(([run]) => run)
}
