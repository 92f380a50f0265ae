/** Writes stored metrics back as OTLP JSON, a request a line. */
import type { ValueMap } from '../../wire/decode-types.ts'
import { type StoreContext, scopeOf } from '../store/context.ts'
import type { PointData } from '../store/metrics.ts'
import { type Json, nanos, nest, toAttributes, toScope } from './otlp-json.ts'

interface PointColumns {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'
  readonly temporality: number
  readonly monotonic: number
  readonly scope_id: number
  readonly resource_id: number
  readonly instrument_id: number
  readonly attrs: string
  readonly time_us: number
  readonly start_us: number
  readonly value: number | null
  readonly data: string | null
}

export function* exportMetrics(context: StoreContext): Generator<string> {
  const page = context.database.prepare(
    `SELECT p.id, i.name, i.description, i.unit, i.type, i.temporality, i.monotonic, i.scope_id, e.resource_id, e.instrument_id, e.attrs,
      p.time_us, p.start_us, p.value, p.data FROM point p JOIN series e ON e.id = p.series_id JOIN instrument i ON i.id = e.instrument_id
      WHERE p.id > ? ORDER BY p.id LIMIT 1000`,
  )
  for (let last = 0; ; ) {
    const rows = page.all(last) as unknown as PointColumns[]
    if (rows.length === 0) return
    last = rows.at(-1)!.id
    const resourceMetrics = nest(
      rows,
      (row) => row.resource_id,
      (row) => String(row.scope_id),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(context.resources.byId(first.resource_id).attributes) },
      scopeMetrics: scopes.map(({ first: row, items }) => ({
        scope: toScope(scopeOf(context.scopes.textOf(row.scope_id))),
        metrics: [...Map.groupBy(items, (item) => item.instrument_id).values()].map(toOtlpMetric),
      })),
    }))
    yield JSON.stringify({ resourceMetrics })
  }
}

function toOtlpMetric(points: readonly PointColumns[]): Json {
  const { name, description, unit, type, temporality, monotonic } = points[0]!
  const hasTemporality = type !== 'gauge' && type !== 'summary'
  return {
    name,
    description,
    unit,
    [type]: {
      dataPoints: points.map(toOtlpPoint),
      ...(hasTemporality ? { aggregationTemporality: temporality } : {}),
      ...(type === 'sum' ? { isMonotonic: monotonic === 1 } : {}),
    },
  }
}

function toOtlpPoint(row: PointColumns): Json {
  const common = {
    attributes: toAttributes(JSON.parse(row.attrs) as ValueMap),
    startTimeUnixNano: nanos(row.start_us, 0),
    timeUnixNano: nanos(row.time_us, 0),
  }
  if (row.data === null) return row.value === null ? common : { ...common, asDouble: row.value }
  const data = JSON.parse(row.data) as PointData
  return {
    ...common,
    count: String(data.n),
    ...(data.s === null ? {} : { sum: data.s }),
    ...(data.min === undefined ? {} : { min: data.min }),
    ...(data.max === undefined ? {} : { max: data.max }),
    ...(data.c === undefined ? {} : { bucketCounts: data.c.map(String), explicitBounds: data.b }),
    ...(data.x === undefined
      ? {}
      : {
          scale: data.x.k,
          zeroCount: String(data.x.z),
          zeroThreshold: data.x.t,
          positive: { offset: data.x.p[0], bucketCounts: data.x.p[1].map(String) },
          negative: { offset: data.x.m[0], bucketCounts: data.x.m[1].map(String) },
        }),
    ...(data.q === undefined ? {} : { quantileValues: data.q.map(([quantile, value]) => ({ quantile, value })) }),
  }
}
