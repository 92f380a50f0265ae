/** The data of one instrument: its lines over time, the spread of its values, and its exemplars. */
import type { Exemplar, MetricData } from '../api.ts'
import type { Engine } from './engine.ts'
import { describe, type InstrumentRow, instrumentRow } from './instruments.ts'
import { niceBucket } from './logs.ts'
import { distributions } from './metric-distributions.ts'
import { groupSeries, type PointRow, runsOf } from './metric-groups.ts'
import { numberLines, summaryLines } from './metric-lines.ts'
import { matchesFilters, seriesOf, valuesByKey } from './metric-series.ts'
import { and, isIn, type Sql } from './sql.ts'
import { closeWindow, optionalNumber, readWindow, required, timeWithin } from './window.ts'

const MAX_POINTS = 200_000
const MAX_EXEMPLARS = 500
const TARGET_BUCKETS = 120
/** Around points of which nothing tells how often they come. */
const PADDING_US = 15_000_000

export function metricData(engine: Engine, query: URLSearchParams): MetricData {
  const row = instrumentRow(engine, required(query, 'id'))
  const window = readWindow(query)
  const all = seriesOf(engine, row.id, window)
  const series = all.filter(({ attributes }) => matchesFilters(attributes, query.getAll('filter')))
  const where = and([
    isIn(
      'series_id',
      series.map(({ id }) => id),
    ),
    timeWithin('time_us', window),
  ])
  const points = engine.store.database
    .prepare(
      `SELECT series_id, time_us, start_us, value, data FROM point WHERE ${where.text} ORDER BY series_id, time_us, id LIMIT ${MAX_POINTS}`,
    )
    .all(...where.args) as unknown as PointRow[]
  const intervalUs = intervalOf(points)
  const range = window.isBounded ? closeWindow(engine.store, window) : rangeAround(points, intervalUs ?? PADDING_US)
  const stepUs = Math.max(
    optionalNumber(query, 'step') ?? niceBucket((range.toUs - range.fromUs) / TARGET_BUCKETS),
    1000,
  )
  const first = Math.floor(range.fromUs / stepUs)
  const length = Math.min(Math.floor(range.toUs / stepUs) - first + 1, 2000)
  const timesUs = Array.from({ length }, (_, index) => (first + index) * stepUs)
  const bucketOf = (us: number) => Math.min(Math.max(Math.floor(us / stepUs) - first, 0), length - 1)
  const isNumber = row.type === 'gauge' || row.type === 'sum'
  // percentiles of all runs together mean something, the sum of their gauges does not
  const groups = groupSeries(series, query.get('split'), isNumber ? runsOf(series, points) : [])
  const mode = isNumber && isRate(row, query.get('mode')) ? 'rate' : 'value'
  const distribution =
    isNumber || row.type === 'summary' ? undefined : distributions(row, points, groups, length, bucketOf)
  const lines = distribution
    ? distribution.lines
    : row.type === 'summary'
      ? summaryLines(points, groups, length, bucketOf)
      : numberLines(row, points, groups, { length, bucketOf, mode, intervalUs })
  return {
    instrument: describe(engine, row, all),
    stepUs,
    intervalUs,
    timesUs,
    lines,
    heatmap: distribution?.heatmap ?? null,
    exemplars: exemplarsOf(engine, where),
    mode,
    attributeValues: valuesByKey(all),
  }
}

/** Time between two exports; of a single point the time that it is about. Null when nothing tells. */
function intervalOf(points: readonly PointRow[]): number | null {
  const gaps = points
    .flatMap((point, index) => {
      const previous = points[index - 1]
      return previous?.series_id === point.series_id ? [point.time_us - previous.time_us] : []
    })
    .filter((gap) => gap > 0)
    .sort((a, b) => a - b)
  const single = points.flatMap(({ time_us, start_us }) =>
    start_us > 0 && start_us < time_us ? [time_us - start_us] : [],
  )
  return gaps[gaps.length >> 1] ?? single[0] ?? null
}

/** With room on both sides, so that no point lies on the edge. */
function rangeAround(points: readonly PointRow[], padUs: number): { fromUs: number; toUs: number } {
  let [fromUs, toUs] = [Number.POSITIVE_INFINITY, 0]
  for (const { time_us } of points) {
    fromUs = Math.min(fromUs, time_us)
    toUs = Math.max(toUs, time_us)
  }
  return points.length === 0 ? { fromUs: 0, toUs: 0 } : { fromUs: fromUs - padUs, toUs: toUs + padUs }
}

function isRate(row: InstrumentRow, mode: string | null): boolean {
  if (mode === 'rate' || mode === 'value') return row.type === 'sum' && mode === 'rate'
  return row.type === 'sum' && row.monotonic === 1
}

function exemplarsOf({ store }: Engine, where: Sql): Exemplar[] {
  const rows = store.database
    .prepare(
      `SELECT time_us, value, trace_id, span_id FROM exemplar WHERE ${where.text} ORDER BY time_us DESC LIMIT ${MAX_EXEMPLARS}`,
    )
    .all(...where.args) as { time_us: number; value: number; trace_id: string | null; span_id: string | null }[]
  return rows.map((row) => ({ timeUs: row.time_us, value: row.value, traceId: row.trace_id, spanId: row.span_id }))
}
