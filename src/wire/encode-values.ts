/**
 * Attributes and the values in them as OTLP protobuf, without secrets. Any input is made valid, none throws. One file, since its functions call each other.
 */
import { toReadable } from '../readable-value.ts'
import { cutString, STRING_LIMIT } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { nameOf, namesIn } from './redaction/neighbours.ts'
import type { Redactor } from './redaction/redactor.ts'
import { MASK } from './redaction/tokens.ts'

/** Deeper values are replaced: strict receivers give up at a recursion of 100, about three levels a nesting. */
const DEPTH_LIMIT = 16
/** Values in one attribute, its keys and elements counted: an object graph with shared parts can unfold without end. */
const VALUE_LIMIT = 5000
const MIN_INT64 = -(2 ** 63)
const MAX_INT64 = 2 ** 63

/** Attributes of any origin. */
export type Attributes = Readonly<Record<string, unknown>> | undefined

/** Both of the attribute that is being written. */
let budget = 0
let redactor: Redactor

/**
 * Writes each entry as a KeyValue under `tag`, while the writer stays below `limit`.
 * @returns how many were left out
 */
export function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes,
  limit: number,
  redactor: Redactor,
): number {
  let dropped = 0
  for (const key in attributes) {
    if (!Object.hasOwn(attributes, key)) continue
    if (writer.pos > limit) dropped++
    else writeAttribute(writer, tag, key, attributes, limit, redactor)
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
  redactor: Redactor,
): void {
  let value: unknown
  try {
    value = holder[key]
  } catch (error) {
    writeUnreadable(writer, tag, key, error)
    return
  }
  writeKeyValue(writer, tag, key, value, limit, redactor)
}

/** Writes a KeyValue under `tag`, of a value that may be anything; nothing where the redactor omits it. */
export function writeKeyValue(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  given: unknown,
  limit: number,
  by: Redactor,
): void {
  if (by.hasOmissions && by.omits(key)) return
  const start = writer.pos
  try {
    writer.tag(tag)
    const pair = writer.beginMessage()
    writer.tag(0x0a)
    writer.string(cutString(key))
    writer.tag(0x12)
    const value = writer.beginMessage()
    budget = VALUE_LIMIT
    redactor = by
    writeAnyValue(writer, given, 0, limit, key)
    writer.endMessage(value)
    writer.endMessage(pair)
  } catch (error) {
    writer.pos = start
    writeUnreadable(writer, tag, key, error)
  }
}

/** Writes the value of a KeyValue. @returns whether it could be read; if not, there is only a part of it */
export function writeValueOf(
  writer: ProtobufWriter,
  key: string,
  value: unknown,
  limit: number,
  by: Redactor,
): boolean {
  writer.tag(0x12)
  const mark = writer.beginMessage()
  budget = VALUE_LIMIT
  redactor = by
  try {
    writeAnyValue(writer, value, 0, limit, key)
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

/** Writes an AnyValue message under `tag`, of a value that may be anything; `key` is what the redactor calls it. */
export function writeValueField(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: unknown,
  limit: number,
  by: Redactor,
): void {
  const start = writer.pos
  writer.tag(tag)
  const mark = writer.beginMessage()
  try {
    budget = VALUE_LIMIT
    redactor = by
    writeAnyValue(writer, value, 0, limit, key)
  } catch (error) {
    writer.pos = mark
    writer.tag(0x0a)
    writer.string(`[unreadable: ${describeError(error)}]`)
  }
  if (writer.pos < mark) writer.pos = start
  else writer.endMessage(mark)
}

/** A secret is known by its own key, or by that of the object which holds it. */
function writeAnyValue(writer: ProtobufWriter, value: unknown, depth: number, limit: number, key: string): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigint':
      writeLeaf(writer, redactor.leaf(key, value), depth, limit, key)
      return
    case 'object':
      if (value !== null) writeObject(writer, value, depth, limit, key)
      return
    case 'symbol':
    case 'function':
      writeLeaf(
        writer,
        typeof value === 'symbol' ? redactor.leaf(key, value.toString()) : '[function]',
        depth,
        limit,
        key,
      )
      return
    default: // undefined: an empty AnyValue, as null
  }
}

/** What the redactor gives: mostly the value itself. */
function writeLeaf(writer: ProtobufWriter, safe: unknown, depth: number, limit: number, key: string): void {
  if (typeof safe === 'string') {
    writer.tag(0x0a)
    writer.string(safe)
  } else if (typeof safe === 'number') writeNumber(writer, safe)
  else if (typeof safe === 'boolean') {
    writer.tag(0x10)
    writer.varint(safe ? 1 : 0)
  } else if (typeof safe === 'bigint') writeBigInt(writer, safe)
  else if (typeof safe === 'object' && safe !== null) {
    if (isSpent(writer, limit)) writeText(writer, '[too deep]')
    else writeObject(writer, safe, depth + 1, limit, key)
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

function writeObject(writer: ProtobufWriter, value: object, depth: number, limit: number, key: string): void {
  if (depth >= DEPTH_LIMIT) writeText(writer, '[too deep]')
  else if (Array.isArray(value)) writeArray(writer, value, depth, limit, key)
  else {
    const readable = toReadable(value)
    if (typeof readable !== 'object' || readable === null) writeAnyValue(writer, readable, depth, limit, key)
    else if (readable instanceof Uint8Array) writeBytes(writer, readable, key)
    else if (Array.isArray(readable)) writeArray(writer, readable, depth, limit, key)
    else writeMap(writer, readable as Record<string, unknown>, depth, limit, key)
  }
}

function writeBytes(writer: ProtobufWriter, bytes: Uint8Array, key: string): void {
  if (redactor.isSecret(key)) {
    writeText(writer, MASK)
    return
  }
  writer.tag(0x3a)
  writer.lengthDelimited(bytes.length > STRING_LIMIT ? bytes.subarray(0, STRING_LIMIT) : bytes)
}

function writeText(writer: ProtobufWriter, text: string): void {
  writer.tag(0x0a)
  writer.string(cutString(text))
}

function writeArray(
  writer: ProtobufWriter,
  values: readonly unknown[],
  depth: number,
  limit: number,
  key: string,
  isEntry = false,
): void {
  writer.tag(0x2a)
  const list = writer.beginMessage()
  const names = redactor.isOn && !redactor.isSecret(key) ? namesIn(values, key, isEntry) : undefined
  for (let index = 0; index < values.length; index++) {
    if (isSpent(writer, limit)) break
    writer.tag(0x0a)
    const item = writer.beginMessage()
    const value = values[index]
    if (Array.isArray(value) && value.length === 2 && depth + 1 < DEPTH_LIMIT)
      writeArray(writer, value, depth + 1, limit, key, true)
    else writeAnyValue(writer, value, depth + 1, limit, names?.(index) ?? key)
    writer.endMessage(item)
  }
  writer.endMessage(list)
}

function writeMap(
  writer: ProtobufWriter,
  map: Record<string, unknown>,
  depth: number,
  limit: number,
  parent: string,
): void {
  writer.tag(0x32)
  const list = writer.beginMessage()
  const isSecret = redactor.isSecret(parent)
  for (const key in map) {
    if (!Object.hasOwn(map, key)) continue
    if (isSpent(writer, limit)) break
    writer.tag(0x0a)
    const pair = writer.beginMessage()
    writer.tag(0x0a)
    writer.string(cutString(key))
    writer.tag(0x12)
    const item = writer.beginMessage()
    writeAnyValue(writer, map[key], depth + 1, limit, isSecret ? parent : nameOf(map, key))
    writer.endMessage(item)
    writer.endMessage(pair)
  }
  writer.endMessage(list)
}

const isSpent = (writer: ProtobufWriter, limit: number): boolean => --budget < 0 || writer.pos > limit
