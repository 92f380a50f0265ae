/** The instruments that there are, each described by its newest values. */
import type { Instrument, InstrumentList, InstrumentType } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import type { PointData } from '../store/metrics.ts'
import type { Engine } from './engine.ts'
import { scopeName } from './logs.ts'
import { type SeriesInfo, seriesOf } from './metric-series.ts'
import { isIn } from './sql.ts'
import { readWindow } from './window.ts'

const SPARKLINE_POINTS = 30
const MANY_SERIES = 100

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
    .map((row) => describe(engine, row, seriesOf(engine, row.id, window)))
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

export function describe({ store }: Engine, row: InstrumentRow, series: readonly SeriesInfo[]): Instrument {
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
  const values = newest.map(pointValue).reverse()
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

/** Of a histogram the mean. */
export function pointValue({ value, data }: { value: number | null; data: string | null }): number {
  if (value !== null || data === null) return value ?? 0
  const { n, s } = JSON.parse(data) as PointData
  return n === 0 || s === null ? 0 : s / n
}
