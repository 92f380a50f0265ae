/**
 * Attributes of spans, most of which the span before of the same name had as well: what is the same is copied as it was encoded then.
 */
import { type Attributes, writeAttribute, writeAttributes } from './encode-common.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

const MAX_PATTERNS = 128
/** So many spans of other names than those with a pattern make all patterns outdated. */
const MAX_STRANGERS = 10_000
const MAX_PATTERN_BYTES = 4096
const MAX_NAME_LENGTH = 256
/** So many spans in a row that repeat less than half of their pattern make it outdated. */
const MAX_MISFITS = 16

/** The attributes of one span in their order, each with the place where its encoding ends. */
interface Pattern {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
  readonly ends: readonly number[]
  readonly bytes: Buffer
  misfits: number
}

const patterns = new Map<string, Pattern>()
let strangers = 0

/** As `writeAttributes`, for the attributes of a span of this name. */
export function writeRepeatingAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes,
  limit: number,
  name: string,
): number {
  if (name.length > MAX_NAME_LENGTH) return writeAttributes(writer, tag, attributes, limit)
  const pattern = patterns.get(name)
  const start = writer.pos
  try {
    if (pattern !== undefined) return writeByPattern(writer, tag, attributes, limit, name, pattern)
  } catch {
    // an attribute cannot be read: the other way tells which
    writer.pos = start
  }
  const dropped = writeAttributes(writer, tag, attributes, limit)
  if (writer.pos - start <= MAX_PATTERN_BYTES && hasRoom()) remember(name, attributes, writer.written().subarray(start))
  return dropped
}

function writeByPattern(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes,
  limit: number,
  name: string,
  pattern: Pattern,
): number {
  const { keys, values } = pattern
  // two arrays that V8 fills by itself cost less than a lookup for each key
  const ownKeys = Object.keys(attributes as object)
  const ownValues = Object.values(attributes as object) as unknown[]
  /** Where the attributes begin that are the same up to this one. */
  let same = 0
  let copied = 0
  let dropped = 0
  for (let index = 0; index < ownKeys.length; index++) {
    const key = ownKeys[index]!
    if (keys[index] === key && values[index] === ownValues[index]) continue
    copied += copyPart(writer, pattern, same, index)
    same = index + 1
    if (writer.pos > limit) dropped++
    else writeAttribute(writer, tag, key, attributes as Readonly<Record<string, unknown>>, limit)
  }
  copied += copyPart(writer, pattern, same, ownKeys.length)
  if (copied * 2 >= keys.length) pattern.misfits = 0
  else if (++pattern.misfits > MAX_MISFITS) patterns.delete(name)
  return dropped
}

/** @returns how many attributes were copied */
function copyPart(writer: ProtobufWriter, { ends, bytes }: Pattern, from: number, to: number): number {
  if (from >= to) return 0
  const start = from === 0 ? 0 : ends[from - 1]!
  const end = ends[to - 1]!
  writer.ensure(end - start)
  bytes.copy(writer.bytes, writer.pos, start, end)
  writer.pos += end - start
  return to - from
}

function hasRoom(): boolean {
  if (patterns.size < MAX_PATTERNS) return true
  if (++strangers < MAX_STRANGERS) return false
  strangers = 0
  patterns.clear()
  return true
}

function remember(name: string, attributes: Attributes, encoded: Buffer): void {
  try {
    const pattern = readPattern(attributes, encoded)
    if (pattern) patterns.set(name, pattern)
  } catch {
    // an attribute cannot be read
  }
}

function readPattern(attributes: Attributes, encoded: Buffer): Pattern | undefined {
  const keys: string[] = []
  const values: unknown[] = []
  const ends: number[] = []
  let end = 0
  for (const [key, value] of Object.entries(attributes ?? {})) {
    // what is in an object may change
    if (typeof value === 'object' || typeof value === 'function') return undefined
    keys.push(key)
    values.push(value)
    end = endOfField(encoded, end)
    ends.push(end)
  }
  return end === encoded.length ? { keys, values, ends, bytes: Buffer.from(encoded), misfits: 0 } : undefined
}

/** The end of a field with a one-byte tag and a length, which begins at `start`. */
function endOfField(bytes: Buffer, start: number): number {
  let pos = start + 1
  let length = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[pos++]!
    length |= (byte & 127) << shift
    if (byte < 128) return pos + length
  }
}
