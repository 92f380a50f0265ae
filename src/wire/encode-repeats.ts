/**
 * Attributes of spans, most of which the span before of the same name had as well: what is the same is copied as it was encoded then.
 */
import { type Attributes, writeAttributes, writeKeyValue, writeValueOf } from './encode-values.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import type { Redactor } from './redaction/redactor.ts'

const MAX_PATTERNS = 128
/** So many spans of other names than those with a pattern make all patterns outdated. */
const MAX_STRANGERS = 10_000
const MAX_PATTERN_BYTES = 4096
const MAX_NAME_LENGTH = 256
/** So many spans in a row that repeat less than half of their pattern make it outdated. */
const MAX_MISFITS = 16
/** Stands for what is in an object, which may change: equal to no value. */
const CHANGEABLE = Symbol('changeable')

/** Keys and values in turn. */
export type FlatAttributes = readonly unknown[]

/** The attributes of one span in their order, each with the place where its encoding ends. */
interface Pattern {
  readonly flat: FlatAttributes
  /** Of each attribute, where its key begins and ends with its tag and length. */
  readonly keyStarts: readonly number[]
  readonly keyEnds: readonly number[]
  readonly ends: readonly number[]
  readonly bytes: Buffer
  /** Another one may mask other things. */
  readonly redactor: Redactor
  misfits: number
}

const patterns = new Map<string, Pattern>()
let strangers = 0

/** As `writeAttributes`, for the attributes of a span of this name, which may be of any origin. */
export function writeRepeatingAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes,
  limit: number,
  name: string,
  redactor: Redactor,
): number {
  const flat: unknown[] = []
  try {
    for (const key of Object.keys(attributes ?? {})) flat.push(key, attributes![key])
  } catch {
    // one of them cannot be read: the other way tells which
    return writeAttributes(writer, tag, attributes, limit, redactor)
  }
  return writeFlatAttributes(writer, tag, flat, limit, name, redactor)
}

/** Writes each pair of the list as a KeyValue under `tag`, while the writer stays below `limit`. @returns how many were left out */
export function writeFlatAttributes(
  writer: ProtobufWriter,
  tag: number,
  flat: FlatAttributes,
  limit: number,
  name: string,
  redactor: Redactor,
): number {
  const pattern = name.length > MAX_NAME_LENGTH ? undefined : patterns.get(name)
  if (pattern !== undefined && pattern.redactor === redactor)
    return writeByPattern(writer, tag, flat, limit, name, pattern)
  const start = writer.pos
  const dropped = writeOneByOne(writer, tag, flat, limit, redactor)
  const length = writer.pos - start
  if (name.length <= MAX_NAME_LENGTH && length <= MAX_PATTERN_BYTES && (pattern || hasRoom()))
    remember(name, flat, writer.written().subarray(start), redactor)
  return dropped
}

function writeOneByOne(
  writer: ProtobufWriter,
  tag: number,
  flat: FlatAttributes,
  limit: number,
  redactor: Redactor,
): number {
  let dropped = 0
  for (let index = 0; index < flat.length; index += 2)
    if (writer.pos > limit) dropped++
    else writeKeyValue(writer, tag, flat[index] as string, flat[index + 1], limit, redactor)
  return dropped
}

function writeByPattern(
  writer: ProtobufWriter,
  tag: number,
  flat: FlatAttributes,
  limit: number,
  name: string,
  pattern: Pattern,
): number {
  const known = pattern.flat
  const { length } = flat
  /** Where the attributes begin that are the same up to this one. */
  let same = 0
  let copied = 0
  let dropped = 0
  for (let index = 0; index < length; index += 2) {
    if (known[index] === flat[index] && known[index + 1] === flat[index + 1]) continue
    copied += copyPart(writer, pattern, same, index >> 1)
    same = (index >> 1) + 1
    if (writer.pos > limit) dropped++
    else if (known[index] !== flat[index])
      writeKeyValue(writer, tag, flat[index] as string, flat[index + 1], limit, pattern.redactor)
    else writeKnownKey(writer, tag, pattern, index >> 1, flat[index + 1], limit)
  }
  copied += copyPart(writer, pattern, same, length >> 1)
  if (copied * 4 >= known.length) pattern.misfits = 0
  else if (++pattern.misfits > MAX_MISFITS) patterns.delete(name)
  return dropped
}

/** @returns how many attributes were copied */
function copyPart(writer: ProtobufWriter, { ends, bytes }: Pattern, from: number, to: number): number {
  if (from >= to) return 0
  const start = from === 0 ? 0 : ends[from - 1]!
  const end = ends[to - 1]!
  writer.copy(bytes, start, end)
  return to - from
}

/** The key is there encoded; only the value is another. */
function writeKnownKey(
  writer: ProtobufWriter,
  tag: number,
  { keyStarts, keyEnds, bytes, flat, redactor }: Pattern,
  index: number,
  value: unknown,
  limit: number,
): void {
  const start = writer.pos
  writer.tag(tag)
  const pair = writer.beginMessage()
  writer.copy(bytes, keyStarts[index]!, keyEnds[index]!)
  const key = flat[index * 2] as string
  if (writeValueOf(writer, key, value, limit, redactor)) writer.endMessage(pair)
  else {
    writer.pos = start
    writeKeyValue(writer, tag, key, value, limit, redactor)
  }
}

function hasRoom(): boolean {
  if (patterns.size < MAX_PATTERNS) return true
  if (++strangers < MAX_STRANGERS) return false
  strangers = 0
  patterns.clear()
  return true
}

function remember(name: string, flat: FlatAttributes, encoded: Buffer, redactor: Redactor): void {
  const [keyStarts, keyEnds, ends]: number[][] = [[], [], []]
  let end = 0
  for (let index = 0; index < flat.length; index += 2) {
    const keyStart = startOfContent(encoded, end)
    end = endOfField(encoded, end)
    keyStarts!.push(keyStart)
    keyEnds!.push(endOfField(encoded, keyStart))
    ends!.push(end)
  }
  // an attribute that was omitted has no place
  if (end !== encoded.length) return
  const values = flat.map((value) => (typeof value === 'object' || typeof value === 'function' ? CHANGEABLE : value))
  const bytes = Buffer.from(encoded)
  patterns.set(name, {
    flat: values,
    keyStarts: keyStarts!,
    keyEnds: keyEnds!,
    ends: ends!,
    bytes,
    redactor,
    misfits: 0,
  })
}

/** Behind the tag of one byte and the length of a field. */
function startOfContent(bytes: Buffer, start: number): number {
  let pos = start + 1
  while (bytes[pos++]! > 127);
  return pos
}

/** The end of a field which begins at `start`. */
function endOfField(bytes: Buffer, start: number): number {
  const content = startOfContent(bytes, start)
  let length = 0
  for (let pos = content - 1; pos > start; pos--) length = (length << 7) | (bytes[pos]! & 127)
  return content + length
}
