/** From metrics to spans and back: the spans behind a point, and the charts around a trace. */
import type { Attributes, MetricSpans, TraceMetrics } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { instrumentRow, PROCESS_CHARTS, pointValue } from './instruments.ts'
import type { PointRow } from './metric-groups.ts'
import { matchesFilters, seriesOf } from './metric-series.ts'
import { findSpanRef, spanRefs } from './span-refs.ts'
import { and, isIn, type Sql, sql, TRUE } from './sql.ts'
import { optionalNumber, readWindow, required, requiredNumber } from './window.ts'

const MAX_SPANS = 50
const SECOND_US = 1_000_000
/** Nanoseconds in the units in which durations are recorded. */
const NANOS: Record<string, number> = { s: 1e9, ms: 1e6, us: 1e3, µs: 1e3, ns: 1 }

/** Spans named by exemplars; failing those, the spans that the point must have been made of. */
export function metricSpans(engine: Engine, query: URLSearchParams): MetricSpans {
  const row = instrumentRow(engine, required(query, 'id'))
  const fromUs = requiredNumber(query, 'from')
  const toUs = requiredNumber(query, 'to')
  const [min, max] = [readNumber(query, 'min'), readNumber(query, 'max')]
  const filters = query.getAll('filter')
  const series = seriesOf(engine, row.id, readWindow(query)).filter(({ attributes }) =>
    matchesFilters(attributes, filters),
  )
  const inSeries = isIn(
    'series_id',
    series.map(({ id }) => id),
  )
  const exemplars = engine.store.database
    .prepare(
      `SELECT trace_id, span_id FROM exemplar WHERE ${inSeries.text} AND time_us BETWEEN ? AND ? AND value BETWEEN ? AND ? AND span_id IS NOT NULL LIMIT ${MAX_SPANS}`,
    )
    .all(...inSeries.args, fromUs, toUs, min ?? -Number.MAX_VALUE, max ?? Number.MAX_VALUE) as {
    trace_id: string
    span_id: string
  }[]
  const named = exemplars.flatMap(({ trace_id, span_id }) => findSpanRef(engine.store, trace_id, span_id) ?? [])
  if (named.length > 0) return { spans: named, source: 'exemplar' }
  const unit = NANOS[row.unit]
  if (unit === undefined && row.type !== 'sum') return { spans: [], source: 'none' }
  const where = and([
    isIn('s.svc', [row.svc]),
    // a span is recorded when it ends
    sql('s.start_us <= ? AND s.start_us + s.dur_ns / 1000 BETWEEN ? AND ?', toUs, fromUs, toUs),
    unit === undefined || min === undefined ? TRUE : sql('s.dur_ns >= ?', Math.floor(min * unit)),
    unit === undefined || max === undefined ? TRUE : sql('s.dur_ns <= ?', Math.ceil(max * unit)),
    kindOf(row.name),
    or(series.map(({ attributes }) => sameAttributes(attributes))),
  ])
  const spans = spanRefs(engine.store, where, `ORDER BY s.dur_ns DESC LIMIT ${MAX_SPANS}`)
  return { spans, source: spans.length > 0 ? 'match' : 'none' }
}

/** Semantic conventions name the kind in the instrument. */
function kindOf(name: string): Sql {
  if (name.includes('.server.')) return sql('s.kind = 2')
  if (name.includes('.client.') || name.startsWith('db.')) return sql('s.kind = 3')
  return TRUE
}

/** The span carries each attribute of the series with the same value, as far as it carries it at all. */
function sameAttributes(attributes: Attributes): Sql {
  return and(
    Object.entries(attributes)
      .filter(([key, value]) => !/["\\]/.test(key) && typeof value !== 'object')
      .map(([key, value]) =>
        sql(
          'coalesce(CAST(json_extract(s.attrs, ?) AS TEXT), ?) = ?',
          `$."${key}"`,
          sqliteText(value as string | number | boolean),
          sqliteText(value as string | number | boolean),
        ),
      ),
  )
}

function sqliteText(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? '1' : '0') : String(value)
}

function or(parts: readonly Sql[]): Sql {
  const limited = parts.slice(0, 100)
  if (limited.length === 0 || limited.some(({ text }) => text === '1')) return TRUE
  return { text: limited.map(({ text }) => `(${text})`).join(' OR '), args: limited.flatMap(({ args }) => args) }
}

export function traceMetrics(engine: Engine, row: TraceRow, query: URLSearchParams): TraceMetrics {
  const aroundUs = (optionalNumber(query, 'around') ?? 30) * SECOND_US
  const fromUs = row.start_us - aroundUs
  const toUs = row.end_us + aroundUs
  const resources = engine.store.database
    .prepare('SELECT DISTINCT resource_id AS id FROM span WHERE trace_no = ?')
    .all(row.no) as { id: number }[]
  const runs = new Set(resources.map(({ id }) => engine.store.resources.byId(id).run))
  const charts = PROCESS_CHARTS.flatMap(([label, names]) =>
    names.flatMap((name) => chartsOf(engine, label, name, runs, fromUs, toUs)).slice(0, 3),
  )
  return { fromUs, toUs, charts: [...charts, ...durationCharts(engine, row, runs, fromUs, toUs)] }
}

type Chart = TraceMetrics['charts'][number]

function chartsOf(
  engine: Engine,
  label: string,
  name: string,
  runs: ReadonlySet<string>,
  fromUs: number,
  toUs: number,
): Chart[] {
  const found = engine.store.database.prepare('SELECT id, unit FROM instrument WHERE name = ?').all(name) as {
    id: number
    unit: string
  }[]
  return found.flatMap(({ id, unit }) => {
    const series = seriesOf(engine, id, { run: undefined } as never).filter(({ run }) => runs.has(run))
    const where = isIn(
      'series_id',
      series.map((entry) => entry.id),
    )
    const points = engine.store.database
      .prepare(
        `SELECT time_us, sum(value) AS value, max(data) AS data FROM point WHERE ${where.text} AND time_us BETWEEN ? AND ? GROUP BY time_us ORDER BY time_us LIMIT 1000`,
      )
      .all(...where.args, fromUs, toUs) as unknown as PointRow[]
    if (points.length === 0) return []
    return [
      {
        label,
        instrumentId: String(id),
        unit,
        timesUs: points.map((point) => point.time_us),
        values: points.map(pointValue),
      },
    ]
  })
}

/** The duration histogram that the root's operation is recorded in. */
function durationCharts(
  engine: Engine,
  row: TraceRow,
  runs: ReadonlySet<string>,
  fromUs: number,
  toUs: number,
): Chart[] {
  const name = ({ 2: 'http.server.request.duration', 3: 'http.client.request.duration' } as Record<number, string>)[
    row.head_kind
  ]
  return name === undefined ? [] : chartsOf(engine, `${name} (mean)`, name, runs, fromUs, toUs)
}

/** Unlike times and limits, bounds of buckets may be fractions. */
function readNumber(query: URLSearchParams, name: string): number | undefined {
  const value = Number(query.get(name) || Number.NaN)
  return Number.isFinite(value) ? value : undefined
}
