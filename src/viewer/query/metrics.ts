/** Instruments and their data: lines, rates that survive resets, percentiles and heat maps of histograms. */
import type { Attributes, Exemplar, Instrument, InstrumentList, InstrumentType, MetricData } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import type { PointData } from '../store/metrics.ts'
import type { Engine } from './engine.ts'
import { addHistogram, type Histogram, histogramOf, quantileOfHistogram, subtract } from './histograms.ts'
import { niceBucket, scopeName } from './logs.ts'
import { and, isIn, type Sql } from './sql.ts'
import { closeWindow, optionalNumber, type QueryWindow, readWindow, required, timeWithin } from './window.ts'

const SPARKLINE_POINTS = 30
const MANY_SERIES = 100
const MAX_LINES = 50
const MAX_POINTS = 200_000
const MAX_EXEMPLARS = 500
const TARGET_BUCKETS = 120
/** Around points of which nothing tells how often they come. */
const PADDING_US = 15_000_000

export interface InstrumentRow {
  readonly id: number
  readonly name: string
  readonly svc: number
  readonly scope_id: number
  readonly type: InstrumentType
  readonly unit: string
  readonly description: string
  readonly temporality: number
  readonly monotonic: number
}

export interface PointRow {
  readonly series_id: number
  readonly time_us: number
  readonly start_us: number
  readonly value: number | null
  readonly data: string | null
}

/** Charts on top of the page and around a trace, in this order. */
export const PROCESS_CHARTS: readonly (readonly [label: string, names: readonly string[]])[] = [
  ['Event-loop delay p99', ['nodejs.eventloop.delay.p99', 'nodejs.eventloop.delay.mean', 'nodejs.eventloop.delay.max']],
  ['Event-loop utilization', ['nodejs.eventloop.utilization', 'jvm.cpu.recent_utilization']],
  ['Heap', ['v8js.memory.heap.used', 'process.memory.usage', 'jvm.memory.used', 'process.runtime.cpython.memory']],
  ['GC', ['v8js.gc.duration', 'jvm.gc.duration', 'process.runtime.cpython.gc_count']],
  ['CPU', ['process.cpu.utilization', 'process.cpu.time', 'process.runtime.cpython.cpu_time']],
]

export function listInstruments(engine: Engine, query: URLSearchParams): InstrumentList {
  const { store } = engine
  const window = readWindow(query)
  const rows = store.database.prepare('SELECT * FROM instrument ORDER BY name, id').all() as unknown as InstrumentRow[]
  const services = new Set(window.services)
  const instruments = rows
    .filter((row) => services.size === 0 || services.has(store.texts.textOf(row.svc)))
    .map((row) => describe(engine, row, window))
    .filter((instrument) => instrument.series > 0)
  const process = PROCESS_CHARTS.flatMap(([label, names]) => {
    const found = instruments.find(({ name }) => names.includes(name))
    return found ? [{ label, id: found.id }] : []
  })
  return { instruments, process }
}

export function instrumentRow({ store }: Engine, id: string): InstrumentRow {
  const row = store.database.prepare('SELECT * FROM instrument WHERE id = ?').get(Number(id) || 0)
  if (!row) throw new HttpError(404, 'instrument_not_found', 'There is no such instrument.')
  return row as unknown as InstrumentRow
}

export function describe(engine: Engine, row: InstrumentRow, window: QueryWindow): Instrument {
  const { store } = engine
  const series = seriesOf(engine, row.id, window)
  const keys = new Set(series.flatMap(({ attributes }) => Object.keys(attributes)))
  const inSeries = isIn(
    'series_id',
    series.map(({ id }) => id),
  )
  const range = store.database
    .prepare(`SELECT min(time_us) AS first, max(time_us) AS last FROM point WHERE ${inSeries.text}`)
    .get(...inSeries.args) as { first: number | null; last: number | null }
  const newest = store.database
    .prepare(
      `SELECT time_us, sum(value) AS value, max(data) AS data FROM point WHERE ${inSeries.text} GROUP BY time_us ORDER BY time_us DESC LIMIT ${SPARKLINE_POINTS}`,
    )
    .all(...inSeries.args) as { time_us: number; value: number | null; data: string | null }[]
  const values = newest.map(sparkValue).reverse()
  const warnings: Instrument['warnings'][number][] = []
  if (row.unit === '') warnings.push('no-unit')
  if (row.temporality === 0 && row.type !== 'gauge' && row.type !== 'summary') warnings.push('unspecified-temporality')
  if (series.length > MANY_SERIES) warnings.push('high-cardinality')
  return {
    id: String(row.id),
    name: row.name,
    service: store.texts.textOf(row.svc),
    scope: scopeName(store.scopes.textOf(row.scope_id)),
    type: row.type,
    unit: row.unit,
    description: row.description,
    temporality:
      row.type === 'gauge' || row.type === 'summary'
        ? null
        : ((['unspecified', 'delta', 'cumulative'] as const)[row.temporality] ?? 'unspecified'),
    monotonic: row.monotonic === 1,
    series: series.length,
    attributeKeys: [...keys],
    firstUs: range.first ?? 0,
    lastUs: range.last ?? 0,
    lastValue: values.at(-1) ?? null,
    sparkline: values,
    warnings,
  }
}

function sparkValue({ value, data }: { value: number | null; data: string | null }): number {
  if (value !== null || data === null) return value ?? 0
  const { n, s } = JSON.parse(data) as PointData
  return n === 0 || s === null ? 0 : s / n
}

export interface SeriesInfo {
  readonly id: number
  readonly attributes: Attributes
  readonly run: string
}

export function seriesOf({ store }: Engine, instrument: number, window: QueryWindow): SeriesInfo[] {
  const rows = store.database
    .prepare('SELECT id, resource_id, attrs FROM series WHERE instrument_id = ?')
    .all(instrument) as {
    id: number
    resource_id: number
    attrs: string
  }[]
  return rows
    .map((row) => ({
      id: row.id,
      attributes: JSON.parse(row.attrs) as Attributes,
      run: store.resources.byId(row.resource_id).run,
    }))
    .filter(({ run }) => window.run === undefined || run === window.run)
}

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
    instrument: describe(engine, row, window),
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

interface Group {
  readonly label: string
  readonly run: string | null
  readonly attributes: Attributes
  readonly series: ReadonlySet<number>
}
type Lines = MetricData['lines'][number][]
type BucketOf = (us: number) => number

/** Runs that have points, newest first. */
function runsOf(series: readonly SeriesInfo[], points: readonly PointRow[]): string[] {
  const runOf = new Map(series.map(({ id, run }) => [id, run]))
  const firstUs = new Map<string, number>()
  for (const { series_id, time_us } of points) {
    const run = runOf.get(series_id)!
    firstUs.set(run, Math.min(firstUs.get(run) ?? time_us, time_us))
  }
  return [...firstUs].sort(([, a], [, b]) => b - a).map(([run]) => run)
}

/** @param runs newest first; each has lines of its own when there are several */
function groupSeries(series: readonly SeriesInfo[], split: string | null, runs: readonly string[]): Group[] {
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

interface LineOptions {
  readonly length: number
  readonly bucketOf: BucketOf
  readonly mode: 'value' | 'rate'
  readonly intervalUs: number | null
}

function numberLines(
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

function distributions(
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

function summaryLines(
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

function exemplarsOf({ store }: Engine, where: Sql): Exemplar[] {
  const rows = store.database
    .prepare(
      `SELECT time_us, value, trace_id, span_id FROM exemplar WHERE ${where.text} ORDER BY time_us DESC LIMIT ${MAX_EXEMPLARS}`,
    )
    .all(...where.args) as { time_us: number; value: number; trace_id: string | null; span_id: string | null }[]
  return rows.map((row) => ({ timeUs: row.time_us, value: row.value, traceId: row.trace_id, spanId: row.span_id }))
}

/** `key=value` each; all must hold. */
export function matchesFilters(attributes: Attributes, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const at = filter.indexOf('=')
    return at > 0 && String(attributes[filter.slice(0, at)] ?? '') === filter.slice(at + 1)
  })
}

function valuesByKey(series: readonly SeriesInfo[]): MetricData['attributeValues'] {
  const values = new Map<string, Set<string>>()
  for (const { attributes } of series)
    for (const [key, value] of Object.entries(attributes)) {
      const known = values.get(key) ?? new Set()
      values.set(key, known)
      if (known.size < 200) known.add(typeof value === 'object' ? JSON.stringify(value) : String(value))
    }
  return Object.fromEntries([...values].map(([key, known]) => [key, [...known].sort()]))
}
