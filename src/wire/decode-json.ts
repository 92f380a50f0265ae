/** Decodes OTLP/JSON: ids in hex, enums as integers, 64-bit numbers as strings or numbers; unknown fields are ignored. */

import { finite, MAX_VALUE_DEPTH, setValue } from './decode-common.ts'
import { checkItems } from './decode-limits.ts'
import type {
  DecodedEvent,
  DecodedExemplar,
  DecodedLink,
  DecodedLog,
  DecodedMetric,
  DecodedPoint,
  DecodedSpan,
  Group,
  MetricType,
  Value,
  ValueMap,
} from './decode-types.ts'
import { WireError } from './wire-error.ts'

/** The year 2554: as far as 64 bits reach. */
const MAX_NANOS = 2 ** 64

type Json = { readonly [key: string]: unknown }

const SPAN_KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map((n) => `SPAN_KIND_${n}`)
const STATUS_CODES = ['UNSET', 'OK', 'ERROR'].map((name) => `STATUS_CODE_${name}`)
const TEMPORALITIES = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`)
const METRIC_TYPES: readonly MetricType[] = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

/** @throws {WireError} when a field has a wrong type */
export const tracesFromJson = (request: unknown): Group<DecodedSpan>[] =>
  groups(request, 'resourceSpans', 'scopeSpans', 'spans', toSpan)
/** @throws {WireError} when a field has a wrong type */
export const logsFromJson = (request: unknown): Group<DecodedLog>[] =>
  groups(request, 'resourceLogs', 'scopeLogs', 'logRecords', toLog)
/** @throws {WireError} when a field has a wrong type */
export const metricsFromJson = (request: unknown): Group<DecodedMetric>[] =>
  groups(request, 'resourceMetrics', 'scopeMetrics', 'metrics', toMetric)

function groups<Item>(
  request: unknown,
  resourcesKey: string,
  scopesKey: string,
  itemsKey: string,
  toItem: (json: Json) => Item,
): Group<Item>[] {
  let count = 0
  return list(object(request, 'the request')[resourcesKey], resourcesKey).flatMap((resourceItems) => {
    checkItems(++count)
    const resource = {
      attributes: toAttributes(object(resourceItems['resource'] ?? {}, 'resource')['attributes']),
      schemaUrl: text(resourceItems['schemaUrl']),
    }
    return list(resourceItems[scopesKey], scopesKey).map((scopeItems) => {
      const scope = object(scopeItems['scope'] ?? {}, 'scope')
      const items = list(scopeItems[itemsKey], itemsKey)
      count += 1 + items.length
      checkItems(count)
      return {
        resource,
        scope: {
          name: text(scope['name']),
          version: text(scope['version']),
          attributes: toAttributes(scope['attributes']),
        },
        items: items.map(toItem),
      }
    })
  })
}

function toSpan(json: Json): DecodedSpan {
  const status = object(json['status'] ?? {}, 'status')
  const [startUs, startRemainderNs] = time(json['startTimeUnixNano'])
  const [endUs, endRemainderNs] = time(json['endTimeUnixNano'])
  return {
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    parentSpanId: hexId(json['parentSpanId'], 16),
    traceState: text(json['traceState']),
    name: text(json['name']),
    kind: enumeration(json['kind'], SPAN_KINDS),
    startUs,
    startRemainderNs,
    endUs,
    endRemainderNs,
    attributes: toAttributes(json['attributes']),
    shared: undefined,
    droppedAttributes: number(json['droppedAttributesCount']),
    events: list(json['events'], 'events').map(toEvent),
    droppedEvents: number(json['droppedEventsCount']),
    links: list(json['links'], 'links').map(toLink),
    droppedLinks: number(json['droppedLinksCount']),
    statusCode: enumeration(status['code'], STATUS_CODES),
    statusMessage: text(status['message']),
    flags: number(json['flags']),
  }
}

function toEvent(json: Json): DecodedEvent {
  const [timeUs, remainderNs] = time(json['timeUnixNano'])
  return {
    name: text(json['name']),
    timeUs,
    remainderNs,
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
  }
}

function toLink(json: Json): DecodedLink {
  return {
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    traceState: text(json['traceState']),
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
    flags: number(json['flags']),
  }
}

function toLog(json: Json): DecodedLog {
  const [timeUs, remainderNs] = time(json['timeUnixNano'])
  return {
    timeUs,
    remainderNs,
    observedUs: time(json['observedTimeUnixNano'])[0],
    severityNumber: number(json['severityNumber']),
    severityText: text(json['severityText']),
    body: toValue(json['body']),
    attributes: toAttributes(json['attributes']),
    droppedAttributes: number(json['droppedAttributesCount']),
    flags: number(json['flags']),
    traceId: hexId(json['traceId'], 32),
    spanId: hexId(json['spanId'], 16),
    eventName: text(json['eventName']),
  }
}

function toMetric(json: Json): DecodedMetric {
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

function toAttributes(value: unknown, depth = 0): ValueMap {
  const attributes: ValueMap = {}
  for (const pair of list(value, 'attributes')) setValue(attributes, text(pair['key']), toValue(pair['value'], depth))
  return attributes
}

function toValue(value: unknown, depth = 0): Value {
  if (depth > MAX_VALUE_DEPTH) throw new WireError('a value is nested too deeply')
  if (value == null) return null
  const json = object(value, 'value')
  if (json['stringValue'] !== undefined) return text(json['stringValue'])
  if (json['boolValue'] !== undefined) return json['boolValue'] === true
  if (json['intValue'] !== undefined) return integer(json['intValue'])
  if (json['doubleValue'] !== undefined) return finite(number(json['doubleValue']))
  if (json['bytesValue'] !== undefined) return { $bytes: text(json['bytesValue']) }
  if (json['arrayValue'] != null)
    return list(object(json['arrayValue'], 'arrayValue')['values'], 'values').map((inner) => toValue(inner, depth + 1))
  if (json['kvlistValue'] != null) return toAttributes(object(json['kvlistValue'], 'kvlistValue')['values'], depth + 1)
  return null
}

/** Whole microseconds and the nanoseconds beyond, exactly where the text allows it. */
function time(value: unknown): readonly [us: number, remainderNs: number] {
  if (value == null) return [0, 0]
  if (typeof value === 'string' && /^\d{1,20}$/.test(value))
    return [Math.min(Number(value.slice(0, -3)), Number.MAX_SAFE_INTEGER), Number(value.slice(-3))]
  const nanos = number(value)
  if (!(nanos >= 0 && nanos <= MAX_NANOS)) throw new WireError(`${String(value).slice(0, 100)} is not a time`)
  const us = Math.floor(nanos / 1000)
  return [Math.min(us, Number.MAX_SAFE_INTEGER), Math.max(0, Math.floor(nanos - us * 1000))]
}

/** Lower-case hex, or '' when it is not valid. Some senders use the base64 of protobuf's own JSON mapping: its length tells. */
function hexId(value: unknown, length: number): string {
  const given = text(value)
  const isBase64 = given.length === (length === 32 ? 24 : 12)
  const id = isBase64 ? Buffer.from(given, 'base64').toString('hex') : given.toLowerCase()
  return id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? id : ''
}

function enumeration(value: unknown, names: readonly string[]): number {
  if (typeof value === 'string' && names.includes(value)) return names.indexOf(value)
  return number(value)
}

function integer(value: unknown): number | string {
  const parsed = number(value)
  if (Number.isSafeInteger(parsed)) return parsed
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return value
  return parsed
}

function number(value: unknown): number {
  if (value == null) return 0
  if (typeof value === 'number') return value
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(parsed) && value !== 'NaN')
    throw new WireError(`${String(JSON.stringify(value)).slice(0, 100)} is not a number`)
  return parsed
}

const optional = (value: unknown): number | undefined => (value == null ? undefined : number(value))
const numbers = (value: unknown): number[] => array(value, 'numbers').map(number)

function text(value: unknown): string {
  if (value == null) return ''
  if (typeof value === 'string') return value
  throw new WireError(`${JSON.stringify(value)?.slice(0, 100)} is not a string`)
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new WireError(`${what} is not an object`)
}

function array(value: unknown, what: string): readonly unknown[] {
  if (value == null) return []
  if (Array.isArray(value)) return value
  throw new WireError(`${what} is not an array`)
}

const list = (value: unknown, what: string): Json[] =>
  array(value, what).map((entry) => object(entry, `an entry of ${what}`))
