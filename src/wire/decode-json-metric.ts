/** Decodes a metric of OTLP/JSON with its points. */
import {
  enumeration,
  hexId,
  type Json,
  list,
  number,
  numbers,
  object,
  optional,
  text,
  time,
} from './decode-json-fields.ts'
import { toAttributes } from './decode-json-values.ts'
import type { DecodedExemplar, DecodedMetric, DecodedPoint, MetricType } from './decode-types.ts'

const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`)
const METRIC_TYPES: readonly MetricType[] = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

export function toMetric(json: Json): DecodedMetric {
  const type = METRIC_TYPES.find((candidate) => json[candidate] != null) ?? 'none'
  const data = object(json[type] ?? {}, type)
  return {
    name: text(json['name']),
    description: text(json['description']),
    unit: text(json['unit']),
    type,
    temporality: enumeration(data['aggregationTemporality'], TEMPORALITIES),
    monotonic: data['isMonotonic'] === true,
    points: list(data['dataPoints'], 'dataPoints').map((point) => toPoint(point, type)),
  }
}

function toPoint(json: Json, type: MetricType): DecodedPoint {
  const point: DecodedPoint = {
    attributes: toAttributes(json['attributes']),
    startUs: time(json['startTimeUnixNano'])[0],
    timeUs: time(json['timeUnixNano'])[0],
    flags: number(json['flags']),
  }
  if (json['exemplars'] !== undefined) point.exemplars = list(json['exemplars'], 'exemplars').map(toExemplar)
  if (type === 'gauge' || type === 'sum') {
    point.value = optional(json['asDouble'] ?? json['asInt'])
    return point
  }
  point.count = number(json['count'])
  point.sum = optional(json['sum'])
  if (type === 'summary') {
    point.sum ??= 0
    point.quantiles = list(json['quantileValues'], 'quantileValues').map((entry) => ({
      quantile: number(entry['quantile']),
      value: number(entry['value']),
    }))
    return point
  }
  point.min = optional(json['min'])
  point.max = optional(json['max'])
  if (type === 'histogram') {
    point.counts = numbers(json['bucketCounts'])
    point.bounds = numbers(json['explicitBounds'])
    return point
  }
  point.scale = number(json['scale'])
  point.zeroCount = number(json['zeroCount'])
  point.zeroThreshold = number(json['zeroThreshold'])
  point.positive = toBuckets(json['positive'])
  point.negative = toBuckets(json['negative'])
  return point
}

function toBuckets(value: unknown): DecodedPoint['positive'] {
  if (value == null) return undefined
  const json = object(value, 'buckets')
  return { offset: number(json['offset']), counts: numbers(json['bucketCounts']) }
}

function toExemplar(json: Json): DecodedExemplar {
  return {
    timeUs: time(json['timeUnixNano'])[0],
    value: number(json['asDouble'] ?? json['asInt']),
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    attributes: toAttributes(json['filteredAttributes']),
  }
}
