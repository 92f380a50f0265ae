/** Rewrites an encoded OTLP export request as OTLP/JSON: ids in hex, 64-bit numbers as strings, enums as numbers. */
import type { Signal } from '../config/destination.ts'

type Scalar =
  | 'string'
  | 'hex'
  | 'bytes'
  | 'bool'
  | 'number'
  | 'int64'
  | 'sint32'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double'
/** Name, type (a scalar or a message), and whether it repeats. */
type FieldSpec = readonly [name: string, type: Scalar | (() => Schema), repeats?: boolean]
type Schema = Readonly<Record<number, FieldSpec>>

const many = (name: string, type: Scalar | (() => Schema)): FieldSpec => [name, type, true]
const ATTRIBUTES = many('attributes', () => keyValue)
const DROPPED: FieldSpec = ['droppedAttributesCount', 'number']

const anyValue: Schema = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', () => ({ 1: many('values', () => anyValue) })],
  6: ['kvlistValue', () => ({ 1: many('values', () => keyValue) })],
  7: ['bytesValue', 'bytes'],
}
const keyValue: Schema = { 1: ['key', 'string'], 2: ['value', () => anyValue] }
const scope: Schema = { 1: ['name', 'string'], 2: ['version', 'string'], 3: ATTRIBUTES, 4: DROPPED }
const resource: Schema = { 1: ATTRIBUTES, 2: DROPPED }
const event: Schema = { 1: ['timeUnixNano', 'fixed64'], 2: ['name', 'string'], 3: ATTRIBUTES, 4: DROPPED }
const link: Schema = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ATTRIBUTES,
  5: DROPPED,
  6: ['flags', 'fixed32'],
}
const span: Schema = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'number'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ATTRIBUTES,
  10: DROPPED,
  11: many('events', () => event),
  12: ['droppedEventsCount', 'number'],
  13: many('links', () => link),
  14: ['droppedLinksCount', 'number'],
  15: ['status', () => ({ 2: ['message', 'string'], 3: ['code', 'number'] })],
  16: ['flags', 'fixed32'],
}
const logRecord: Schema = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['severityNumber', 'number'],
  3: ['severityText', 'string'],
  5: ['body', () => anyValue],
  6: ATTRIBUTES,
  7: DROPPED,
  8: ['flags', 'fixed32'],
  9: ['traceId', 'hex'],
  10: ['spanId', 'hex'],
  11: ['observedTimeUnixNano', 'fixed64'],
  12: ['eventName', 'string'],
}
const TIMES: Schema = { 2: ['startTimeUnixNano', 'fixed64'], 3: ['timeUnixNano', 'fixed64'] }
const EXEMPLARS = many('exemplars', () => ({
  2: ['timeUnixNano', 'fixed64'],
  3: ['asDouble', 'double'],
  4: ['spanId', 'hex'],
  5: ['traceId', 'hex'],
  6: ['asInt', 'sfixed64'],
  7: many('filteredAttributes', () => keyValue),
}))
const numberPoint: Schema = {
  ...TIMES,
  4: ['asDouble', 'double'],
  5: EXEMPLARS,
  6: ['asInt', 'sfixed64'],
  7: ATTRIBUTES,
  8: ['flags', 'number'],
}
const histogramPoint: Schema = {
  ...TIMES,
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  8: EXEMPLARS,
  9: ATTRIBUTES,
  10: ['flags', 'number'],
  11: ['min', 'double'],
  12: ['max', 'double'],
}
const buckets: Schema = { 1: ['offset', 'sint32'], 2: many('bucketCounts', 'int64') }
const exponentialPoint: Schema = {
  ...TIMES,
  1: ATTRIBUTES,
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint32'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', () => buckets],
  9: ['negative', () => buckets],
  10: ['flags', 'number'],
  11: EXEMPLARS,
  12: ['min', 'double'],
  13: ['max', 'double'],
}
const points = (point: Schema): Schema => ({
  1: many('dataPoints', () => point),
  2: ['aggregationTemporality', 'number'],
  3: ['isMonotonic', 'bool'],
})
const metric: Schema = {
  1: ['name', 'string'],
  2: ['description', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', () => points(numberPoint)],
  7: ['sum', () => points(numberPoint)],
  9: ['histogram', () => points(histogramPoint)],
  10: ['exponentialHistogram', () => points(exponentialPoint)],
}

const request = (resources: string, scopes: string, items: string, item: Schema): Schema => ({
  1: many(resources, () => ({
    1: ['resource', () => resource],
    2: many(scopes, () => ({ 1: ['scope', () => scope], 2: many(items, () => item), 3: ['schemaUrl', 'string'] })),
    3: ['schemaUrl', 'string'],
  })),
})
const REQUESTS: Record<Signal, Schema> = {
  traces: request('resourceSpans', 'scopeSpans', 'spans', span),
  logs: request('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: request('resourceMetrics', 'scopeMetrics', 'metrics', metric),
}

/** The same request as JSON text. */
export function requestToJson(signal: Signal, bytes: Buffer): string {
  return JSON.stringify(new Reader(bytes, 0, bytes.length).message(REQUESTS[signal]))
}

class Reader {
  private readonly bytes: Buffer
  private pos: number
  private readonly end: number

  constructor(bytes: Buffer, pos: number, end: number) {
    this.bytes = bytes
    this.pos = pos
    this.end = end
  }

  message(schema: Schema): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    while (this.pos < this.end) {
      const tag = Number(this.varint())
      const wireType = tag % 8
      const field = schema[Math.floor(tag / 8)]
      if (!field) this.scalar('bytes', wireType)
      else this.readField(result, field, wireType)
    }
    return result
  }

  private readField(result: Record<string, unknown>, [name, type, repeats]: FieldSpec, wireType: number): void {
    if (!repeats) {
      result[name] = this.value(type, wireType)
      return
    }
    result[name] ??= []
    const list = result[name] as unknown[]
    const isPacked = wireType === 2 && (type === 'fixed64' || type === 'double' || type === 'int64')
    if (!isPacked) list.push(this.value(type, wireType))
    else {
      const inner = this.nested()
      while (inner.pos < inner.end) list.push(inner.scalar(type, type === 'int64' ? 0 : 1))
    }
  }

  private value(type: Scalar | (() => Schema), wireType: number): unknown {
    return typeof type === 'function' ? this.nested().message(type()) : this.scalar(type, wireType)
  }

  private nested(): Reader {
    const length = Number(this.varint())
    const start = this.pos
    this.pos += length
    return new Reader(this.bytes, start, start + length)
  }

  private scalar(type: Scalar, wireType: number): unknown {
    if (wireType === 0) return toJson(type, this.varint())
    if (wireType === 2) {
      const { pos, end } = this.nested()
      return toText(type, this.bytes.subarray(pos, end))
    }
    const start = this.pos
    this.pos += wireType === 1 ? 8 : 4
    if (wireType === 5) return this.bytes.readUInt32LE(start)
    if (type === 'double') return toDouble(this.bytes.readDoubleLE(start))
    return String(type === 'sfixed64' ? this.bytes.readBigInt64LE(start) : this.bytes.readBigUInt64LE(start))
  }

  private varint(): bigint | number {
    let value = 0
    for (let factor = 1, count = 0; ; factor *= 128, count++) {
      if (this.pos >= this.end) throw new RangeError('truncated')
      const byte = this.bytes[this.pos++]!
      if (count >= 7) return this.longVarint(BigInt(value), byte)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  private longVarint(low: bigint, first: number): bigint {
    let value = low
    let byte = first
    for (let shift = 49n; ; shift += 7n) {
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
      byte = this.bytes[this.pos++] ?? 0
    }
  }
}

function toJson(type: Scalar, value: bigint | number): unknown {
  if (type === 'bool') return Number(value) !== 0
  if (type === 'int64') return String(typeof value === 'bigint' ? BigInt.asIntN(64, value) : value)
  if (type === 'sint32') return (Number(value) >>> 1) ^ -(Number(value) & 1)
  return Number(value)
}

function toText(type: Scalar, bytes: Buffer): string {
  return bytes.toString(type === 'hex' ? 'hex' : type === 'bytes' ? 'base64' : 'utf8')
}

/** JSON has no NaN and no infinity; the protobuf mapping spells them out. */
const toDouble = (value: number): number | string => (Number.isFinite(value) ? value : String(value))
