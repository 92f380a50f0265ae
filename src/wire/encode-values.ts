/** Attributes and the values in them as OTLP protobuf. Any input is made valid, none throws. */
import { toReadable } from '../readable-value.ts'
import { cutString, STRING_LIMIT } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Deeper values are replaced: strict receivers give up at a recursion of 100, about three levels a nesting. */
const DEPTH_LIMIT = 16
/** Values in one attribute, its keys and elements counted: an object graph with shared parts can unfold without end. */
const VALUE_LIMIT = 5000
const MIN_INT64 = -(2 ** 63)
const MAX_INT64 = 2 ** 63

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

/** Writes the entry `key` of `holder`, which may throw, as a KeyValue under `tag`. */
function writeAttribute(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  holder: Readonly<Record<string, unknown>>,
  limit: number,
): void {
  let value: unknown
  try {
    value = holder[key]
  } catch (error) {
    writeUnreadable(writer, tag, key, error)
    return
  }
  writeKeyValue(writer, tag, key, value, limit)
}

/** Writes a KeyValue under `tag`, of a value that may be anything. */
export function writeKeyValue(writer: ProtobufWriter, tag: number, key: string, given: unknown, limit: number): void {
  const start = writer.pos
  try {
    writer.tag(tag)
    const pair = writer.beginMessage()
    writer.tag(0x0a)
    writer.string(cutString(key))
    writer.tag(0x12)
    const value = writer.beginMessage()
    budget = VALUE_LIMIT
    writeAnyValue(writer, given, 0, limit)
    writer.endMessage(value)
    writer.endMessage(pair)
  } catch (error) {
    writer.pos = start
    writeUnreadable(writer, tag, key, error)
  }
}

/** Writes the value of a KeyValue. @returns whether it could be read; if not, there is only a part of it */
export function writeValueOf(writer: ProtobufWriter, value: unknown, limit: number): boolean {
  writer.tag(0x12)
  const mark = writer.beginMessage()
  budget = VALUE_LIMIT
  try {
    writeAnyValue(writer, value, 0, limit)
  } catch {
    return false
  }
  writer.endMessage(mark)
  return true
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

/** A type that does not depend on the size, up to what 64 bits hold. */
function writeBigInt(writer: ProtobufWriter, value: bigint): void {
  if (BigInt.asIntN(64, value) === value) {
    writer.tag(0x18)
    writer.int64(value)
  } else writeText(writer, value.toString())
}

function writeObject(writer: ProtobufWriter, value: object, depth: number, limit: number): void {
  if (depth >= DEPTH_LIMIT) writeText(writer, '[too deep]')
  else if (Array.isArray(value)) writeArray(writer, value, depth, limit)
  else {
    const readable = toReadable(value)
    if (typeof readable !== 'object' || readable === null) writeAnyValue(writer, readable, depth, limit)
    else if (readable instanceof Uint8Array) writeBytes(writer, readable)
    else if (Array.isArray(readable)) writeArray(writer, readable, depth, limit)
    else writeMap(writer, readable as Record<string, unknown>, depth, limit)
  }
}

function writeBytes(writer: ProtobufWriter, bytes: Uint8Array): void {
  writer.tag(0x3a)
  writer.lengthDelimited(bytes.length > STRING_LIMIT ? bytes.subarray(0, STRING_LIMIT) : bytes)
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
