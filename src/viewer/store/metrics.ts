/** Writes metric points: instruments and series are made on first sight, histograms are kept as compact JSON. */
import type { DecodedMetric, DecodedPoint, Group } from '../../wire/decode-types.ts'
import { type ResourceInfo, type StoreContext, scopeKey } from './context.ts'
import { createMultiInsert } from './multi-insert.ts'

/** The part of a point that is no single value; the keys are those of DecodedPoint, shortened. */
export interface PointData {
  n: number
  s: number | null
  min?: number
  max?: number
  /** Explicit buckets. */
  b?: number[]
  c?: number[]
  /** Exponential buckets: scale, zero count, zero threshold, positive and negative offset and counts. */
  x?: { k: number; z: number; t: number; p: [number, number[]]; m: [number, number[]] }
  /** Summary: quantile and value. */
  q?: [number, number][]
}

export interface MetricWriter {
  /** Gives the number of points. */
  write(groups: readonly Group<DecodedMetric>[], nowUs: number): number
  /** Forgets cached ids. */
  reset(): void
}

const MAX_CACHED = 20_000
const NO_RECORDED_VALUE = 1

export function createMetricWriter(context: StoreContext): MetricWriter {
  const { database } = context
  const points = createMultiInsert(database, 'point', ['series_id', 'time_us', 'start_us', 'value', 'data'])
  const insertExemplar = database.prepare('INSERT INTO exemplar VALUES (?, ?, ?, ?, ?)')
  const findInstrument = database.prepare('SELECT id FROM instrument WHERE key = ?')
  const insertInstrument = database.prepare(
    'INSERT INTO instrument (key, name, svc, scope_id, type, unit, description, temporality, monotonic) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const findSeries = database.prepare('SELECT id FROM series WHERE instrument_id = ? AND resource_id = ? AND attrs = ?')
  const insertSeries = database.prepare('INSERT INTO series (instrument_id, resource_id, attrs) VALUES (?, ?, ?)')
  const instruments = new Map<string, number>()
  const series = new Map<string, number>()

  return {
    write(groups, nowUs) {
      let stored = 0
      for (const group of groups) {
        const resource = context.resources.of(group.resource)
        const scope = context.scopes.idOf(scopeKey(group.scope))
        for (const metric of group.items) {
          if (metric.type === 'none') continue
          const instrument = instrumentId(metric, resource, scope)
          for (const point of metric.points) {
            if ((point.flags & NO_RECORDED_VALUE) !== 0) continue
            writePoint(seriesId(instrument, resource, point), metric, point, nowUs)
            stored++
          }
        }
        if (group.items.length > 0) context.resources.touch(resource, nowUs, nowUs, 0, 0)
      }
      points.flush()
      return stored
    },
    reset() {
      points.reset()
      instruments.clear()
      series.clear()
    },
  }

  function writePoint(seriesNo: number, metric: DecodedMetric, point: DecodedPoint, nowUs: number): void {
    const time = point.timeUs || nowUs
    const isNumber = metric.type === 'gauge' || metric.type === 'sum'
    const value = isNumber && Number.isFinite(point.value) ? point.value! : null
    points.add([seriesNo, time, point.startUs, value, isNumber ? null : JSON.stringify(dataOf(point))])
    for (const exemplar of point.exemplars ?? []) {
      if (!Number.isFinite(exemplar.value)) continue
      insertExemplar.run(
        seriesNo,
        exemplar.timeUs || time,
        exemplar.value,
        exemplar.traceId || null,
        exemplar.spanId || null,
      )
    }
  }

  function instrumentId(metric: DecodedMetric, resource: ResourceInfo, scope: number): number {
    const key = JSON.stringify([resource.svc, scope, metric.name, metric.type, metric.unit])
    const known = instruments.get(key)
    if (known !== undefined) return known
    const row = findInstrument.get(key) as { id: number } | undefined
    const id =
      row?.id ??
      Number(
        insertInstrument.run(
          key,
          metric.name,
          resource.svc,
          scope,
          metric.type,
          metric.unit,
          metric.description,
          metric.temporality,
          metric.monotonic ? 1 : 0,
        ).lastInsertRowid,
      )
    return remember(instruments, key, id)
  }

  function seriesId(instrument: number, resource: ResourceInfo, point: DecodedPoint): number {
    const attrs = sortedJson(point.attributes)
    const key = `${instrument}|${resource.id}|${attrs}`
    const known = series.get(key)
    if (known !== undefined) return known
    const row = findSeries.get(instrument, resource.id, attrs) as { id: number } | undefined
    return remember(series, key, row?.id ?? Number(insertSeries.run(instrument, resource.id, attrs).lastInsertRowid))
  }
}

function dataOf(point: DecodedPoint): PointData {
  const data: PointData = { n: point.count ?? 0, s: Number.isFinite(point.sum) ? point.sum! : null }
  if (Number.isFinite(point.min)) data.min = point.min!
  if (Number.isFinite(point.max)) data.max = point.max!
  if (point.counts !== undefined) {
    data.b = point.bounds ?? []
    data.c = point.counts
  }
  if (point.scale !== undefined)
    data.x = {
      k: point.scale,
      z: point.zeroCount ?? 0,
      t: point.zeroThreshold ?? 0,
      p: [point.positive?.offset ?? 0, point.positive?.counts ?? []],
      m: [point.negative?.offset ?? 0, point.negative?.counts ?? []],
    }
  if (point.quantiles !== undefined) data.q = point.quantiles.map(({ quantile, value }) => [quantile, value])
  return data
}

/** Attributes come in any order; a series is the set of them. */
function sortedJson(attributes: DecodedPoint['attributes']): string {
  const keys = Object.keys(attributes)
  if (keys.length < 2) return JSON.stringify(attributes)
  return JSON.stringify(Object.fromEntries(keys.sort().map((key) => [key, attributes[key]])))
}

function remember(map: Map<string, number>, key: string, id: number): number {
  if (map.size >= MAX_CACHED) map.clear()
  map.set(key, id)
  return id
}
