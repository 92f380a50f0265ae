/** The parts all three signals share: attribute values, times, scopes and resources, as OTLP protobuf. Any input is made valid, none throws. */
import type { HrTime } from '@opentelemetry/api'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Longest string sent, in UTF-16 units; the rest is cut off. */
export const STRING_LIMIT = 1024 * 1024
/** A span or log record above this size loses its further attributes. */
export const ITEM_LIMIT_BYTES = 4 * 1024 * 1024
/** Deeper values are replaced: strict receivers give up at a recursion of 100, about three levels a nesting. */
const DEPTH_LIMIT = 16
/** Values in one attribute, its keys and elements counted: an object graph with shared parts can unfold without end. */
const VALUE_LIMIT = 5000
const MIN_INT64 = -(2 ** 63)
const MAX_INT64 = 2 ** 63
const TWO_32 = 4294967296

/** Attributes of any origin. */
export type Attributes = Readonly<Record<string, unknown>> | undefined

let budget = 0

/**
 * Writes each entry as a KeyValue under `tag`, while the writer stays below `limit`.
 * @returns how many were left out
 */
export function writeAttributes(writer: ProtobufWriter, tag: number, attributes: Attributes, limit: number): number {
  let dropped = 0
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue
    if (writer.pos > limit) dropped++
    else writeAttribute(writer, tag, key, attributes, limit)
  }
  return dropped
}

/** Writes the entry `key` of `holder` as a KeyValue under `tag`. */
export function writeAttribute(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  holder: Readonly<Record<string, unknown>>,
  limit: number,
): void {
  const start = writer.pos
  try {
    writer.tag(tag)
    const pair = writer.beginMessage()
    writer.tag(0x0a)
    writer.string(cutString(key))
    writer.tag(0x12)
    const value = writer.beginMessage()
    budget = VALUE_LIMIT
    writeAnyValue(writer, holder[key], 0, limit)
    writer.endMessage(value)
    writer.endMessage(pair)
  } catch (error) {
    writer.pos = start
    writeUnreadable(writer, tag, key, error)
  }
}

/** A getter or a Proxy threw: the key stays visible, the value says why. */
function writeUnreadable(writer: ProtobufWriter, tag: number, key: string, error: unknown): void {
  writer.tag(tag)
  const pair = writer.beginMessage()
  writer.tag(0x0a)
  writer.string(cutString(key))
  writer.tag(0x12)
  const value = writer.beginMessage()
  writer.tag(0x0a)
  writer.string(`[unreadable: ${describeError(error)}]`)
  writer.endMessage(value)
  writer.endMessage(pair)
}

function describeError(error: unknown): string {
  try {
    return cutString(String((error as Error)?.name ?? typeof error)).slice(0, 100)
  } catch {
    return 'error'
  }
}

/** Writes an AnyValue message under `tag`, of a value that may be anything. */
export function writeValueField(writer: ProtobufWriter, tag: number, value: unknown, limit: number): void {
  const start = writer.pos
  writer.tag(tag)
  const mark = writer.beginMessage()
  try {
    budget = VALUE_LIMIT
    writeAnyValue(writer, value, 0, limit)
  } catch (error) {
    writer.pos = mark
    writer.tag(0x0a)
    writer.string(`[unreadable: ${describeError(error)}]`)
  }
  if (writer.pos < mark) writer.pos = start
  else writer.endMessage(mark)
}

function writeAnyValue(writer: ProtobufWriter, value: unknown, depth: number, limit: number): void {
  switch (typeof value) {
    case 'string':
      writer.tag(0x0a)
      writer.string(cutString(value))
      return
    case 'boolean':
      writer.tag(0x10)
      writer.varint(value ? 1 : 0)
      return
    case 'number':
      writeNumber(writer, value)
      return
    case 'bigint':
      writeBigInt(writer, value)
      return
    case 'object':
      if (value !== null) writeObject(writer, value, depth, limit)
      return
    case 'symbol':
    case 'function':
      writer.tag(0x0a)
      writer.string(typeof value === 'symbol' ? cutString(value.toString()) : '[function]')
      return
    default: // undefined: an empty AnyValue, as null
  }
}

function writeNumber(writer: ProtobufWriter, value: number): void {
  if (Number.isInteger(value) && value >= MIN_INT64 && value < MAX_INT64) {
    writer.tag(0x18)
    writer.int64(value)
  } else {
    writer.tag(0x21)
    writer.double(value)
  }
}

function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  if (BigInt.asIntN(53, value) === value) {
    writeNumber(writer, Number(value))
    return
  }
  writer.tag(0x0a)
  writer.string(cutString(value.toString()))
}

function writeObject(writer: ProtobufWriter, value: object, depth: number, limit: number): void {
  if (value instanceof Uint8Array) {
    writer.tag(0x3a)
    writer.lengthDelimited(value.length > STRING_LIMIT ? value.subarray(0, STRING_LIMIT) : value)
    return
  }
  if (depth >= DEPTH_LIMIT) writeText(writer, '[too deep]')
  else if (Array.isArray(value)) writeArray(writer, value, depth, limit)
  else if (value instanceof Date)
    writeText(writer, Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString())
  else if (value instanceof Error) writeText(writer, String(value.stack ?? value))
  else writeMap(writer, value as Record<string, unknown>, depth, limit)
}

function writeText(writer: ProtobufWriter, text: string): void {
  writer.tag(0x0a)
  writer.string(cutString(text))
}

function writeArray(writer: ProtobufWriter, values: readonly unknown[], depth: number, limit: number): void {
  writer.tag(0x2a)
  const list = writer.beginMessage()
  for (let index = 0; index < values.length; index++) {
    if (isSpent(writer, limit)) break
    writer.tag(0x0a)
    const item = writer.beginMessage()
    writeAnyValue(writer, values[index], depth + 1, limit)
    writer.endMessage(item)
  }
  writer.endMessage(list)
}

function writeMap(writer: ProtobufWriter, map: Record<string, unknown>, depth: number, limit: number): void {
  writer.tag(0x32)
  const list = writer.beginMessage()
  for (const key in map) {
    if (!Object.hasOwn(map, key)) continue
    if (isSpent(writer, limit)) break
    writer.tag(0x0a)
    const pair = writer.beginMessage()
    writer.tag(0x0a)
    writer.string(cutString(key))
    writer.tag(0x12)
    const item = writer.beginMessage()
    writeAnyValue(writer, map[key], depth + 1, limit)
    writer.endMessage(item)
    writer.endMessage(pair)
  }
  writer.endMessage(list)
}

const isSpent = (writer: ProtobufWriter, limit: number): boolean => --budget < 0 || writer.pos > limit

/** The text, at most `STRING_LIMIT` long and not ending in half a character. */
export function cutString(value: string): string {
  if (value.length <= STRING_LIMIT) return value
  const last = value.charCodeAt(STRING_LIMIT - 1)
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? STRING_LIMIT - 1 : STRING_LIMIT)
}

/** Any value as the string a field wants: a name given as undefined, an object or a Symbol must not spoil its batch. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return cutString(value)
  if (value === undefined || value === null) return ''
  // never String(object): that runs code of its own, and unfolds nested arrays
  return typeof value === 'object' || typeof value === 'function' ? `[${typeof value}]` : cutString(String(value))
}

let cachedSeconds = -1
let cachedLow = 0
let cachedHigh = 0

/** Writes a time as nanoseconds since 1970. A time that is none becomes 0, which OTLP reads as unknown. */
export function writeTime(writer: ProtobufWriter, time: HrTime | undefined): void {
  if (time === undefined || !isValidTime(time)) {
    writer.fixed64(0, 0)
    return
  }
  if (time[0] !== cachedSeconds) rememberSeconds(time[0])
  const low = cachedLow + Math.trunc(time[1])
  if (low < TWO_32) writer.fixed64(low, cachedHigh)
  else writer.fixed64(low - TWO_32, cachedHigh + 1)
}

// most times of a batch lie in the same second, so its 64-bit product is kept
function rememberSeconds(seconds: number): void {
  const nanos = BigInt(Math.trunc(seconds)) * 1_000_000_000n
  cachedSeconds = seconds
  cachedLow = Number(nanos & 0xffffffffn)
  cachedHigh = Number(nanos >> 32n)
}

/** Whether a time is one, of this side of 1970 and within 64 bits of nanoseconds. */
export function isValidTime(time: HrTime | undefined): boolean {
  try {
    const seconds = time?.[0]
    const nanos = time?.[1]
    return (
      typeof seconds === 'number' &&
      typeof nanos === 'number' &&
      seconds >= 0 &&
      seconds < 18e9 &&
      nanos >= 0 &&
      nanos < 4e9
    )
  } catch {
    return false
  }
}

/** A whole number of at least 0 for a count that came from anywhere. */
export const toCount = (value: unknown): number =>
  typeof value === 'number' && value > 0 && value < TWO_32 ? Math.trunc(value) : 0
