/**
 * Reads protobuf primitives from a buffer, checking every bound: malformed input throws WireError and nothing else.
 * One file, since all methods move one private position over one private buffer: a split would make each read of a field a call to another object.
 */
import { MAX_MESSAGES } from './decode-limits.ts'
import { RepeatTable } from './decode-repeats.ts'
import { WireError } from './wire-error.ts'

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5
const START_GROUP = 3
const END_GROUP = 4
const MAX_GROUP_DEPTH = 32
const MAX_KEY = 64
const KEYS = new RepeatTable<string>(1024)
const TWO_32 = 4_294_967_296

/** What `toString(encoding, start, end)` calls after its checks; twice as fast for short strings. */
interface SliceableBuffer extends Buffer {
  utf8Slice(start: number, end: number): string
  hexSlice(start: number, end: number): string
  base64Slice(start: number, end: number): string
}

export class ProtobufReader {
  position = 0
  /** Spans, log records or metrics read so far. */
  items = 0
  /** Nanoseconds 0..999 that the last {@link timeUs} left over. */
  remainderNs = 0
  readonly #buffer: SliceableBuffer
  readonly #view: DataView
  #traceId = ''
  #traceIdAt = 0
  #messages = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as SliceableBuffer
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get length(): number {
    return this.#buffer.length
  }

  /** The next tag: field number * 8 + wire type. */
  tag(end: number): number {
    const tag = this.uint32(end)
    if (tag < 8) throw new WireError('field number 0')
    return tag
  }

  /** Where the length-delimited field that starts here ends. */
  enter(end: number): number {
    const length = this.uint32(end)
    const inner = this.position + length
    if (inner > end) throw new WireError('a field is longer than its message')
    if (++this.#messages > MAX_MESSAGES) throw new WireError(`a request holds at most ${MAX_MESSAGES} messages`)
    return inner
  }

  uint32(end: number): number {
    const buffer = this.#buffer
    let byte = this.position < end ? buffer[this.position++]! : truncated()
    if (byte < 0x80) return byte
    let value = byte & 0x7f
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.position < end ? buffer[this.position++]! : truncated()
      if (shift < 28) value |= (byte & 0x7f) << shift
      else if (shift === 28) value = (value | ((byte & 0x0f) << 28)) >>> 0
      if (byte < 0x80) return value >>> 0
    }
    throw new WireError('a varint is longer than 10 bytes')
  }

  sint32(end: number): number {
    const value = this.uint32(end)
    return (value >>> 1) ^ -(value & 1)
  }

  bool(end: number): boolean {
    const [low, high] = this.#varint64(end)
    return low !== 0 || high !== 0
  }

  /** A number, or a decimal string where a double cannot hold it. */
  int64(end: number): number | string {
    const [low, high] = this.#varint64(end)
    return signed64(low, high)
  }

  /** Nearest double. */
  uint64(end: number): number {
    const [low, high] = this.#varint64(end)
    return high * TWO_32 + low
  }

  sfixed64(end: number): number | string {
    this.#need(8, end)
    const low = this.#view.getUint32(this.position, true)
    const high = this.#view.getUint32(this.position + 4, true)
    this.position += 8
    return signed64(low, high)
  }

  /** Nearest double. */
  fixed64(end: number): number {
    this.#need(8, end)
    const value = this.#view.getUint32(this.position + 4, true) * TWO_32 + this.#view.getUint32(this.position, true)
    this.position += 8
    return value
  }

  fixed32(end: number): number {
    this.#need(4, end)
    const value = this.#view.getUint32(this.position, true)
    this.position += 4
    return value
  }

  double(end: number): number {
    this.#need(8, end)
    const value = this.#view.getFloat64(this.position, true)
    this.position += 8
    return value
  }

  /** Nanoseconds since the epoch as whole microseconds, exactly; the rest is in {@link remainderNs}. */
  timeUs(end: number): number {
    this.#need(8, end)
    const low = this.#view.getUint32(this.position, true)
    const high = this.#view.getUint32(this.position + 4, true)
    this.position += 8
    const rest = high * 296 + low // 2^32 ns = 4 294 967 µs + 296 ns
    this.remainderNs = rest % 1000
    return Math.min(high * 4_294_967 + Math.floor(rest / 1000), Number.MAX_SAFE_INTEGER)
  }

  string(end: number): string {
    const inner = this.enter(end)
    const start = this.position
    this.position = inner
    return start === inner ? '' : this.#buffer.utf8Slice(start, inner)
  }

  /** A string that names something, such as the key of an attribute: there are few of them. */
  key(end: number): string {
    const inner = this.enter(end)
    const start = this.position
    const known = inner - start > MAX_KEY ? undefined : this.findRepeat(KEYS, inner)
    if (known !== undefined) return known
    this.position = inner
    const key = this.#buffer.utf8Slice(start, inner)
    if (inner - start <= MAX_KEY) this.offerRepeat(KEYS, start, key)
    return key
  }

  /** A trace id in hex, or '' when it is not valid. Spans of one trace follow each other: the id before is tried first. */
  traceId(end: number): string {
    const start = this.position + 1
    const known = this.#traceId
    if (known !== '' && start + 16 <= end && this.#buffer[start - 1] === 16 && this.#isRepeated(start)) {
      this.position = start + 16
      return known
    }
    this.#traceId = this.#id(16, end)
    this.#traceIdAt = this.position - 16
    return this.#traceId
  }

  /** A span id in hex, or '' when it is not valid. */
  spanId(end: number): string {
    return this.#id(8, end)
  }

  /** What a table keeps for the bytes from here to `end`, which are passed over. */
  findRepeat<Value>(table: RepeatTable<Value>, end: number): Value | undefined {
    const start = this.position
    this.position = end
    return table.find(this.#view, start, end)
  }

  /** Lets the table keep a value for the bytes from `start` to here. */
  offerRepeat<Value>(table: RepeatTable<Value>, start: number, value: Value): boolean {
    return table.offer(this.#view, start, this.position, value)
  }

  /** Whether the field with this tag, below 128, comes next. */
  isNext(tag: number, end: number): boolean {
    return this.position < end && this.#buffer[this.position] === tag
  }

  base64(end: number): string {
    const inner = this.enter(end)
    const start = this.position
    this.position = inner
    return this.#buffer.base64Slice(start, inner)
  }

  /** Passes over a field of any wire type. */
  skip(tag: number, end: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.#varint64(end)
        return
      case FIXED64:
        this.#need(8, end)
        this.position += 8
        return
      case BYTES:
        this.position = this.enter(end)
        return
      case FIXED32:
        this.#need(4, end)
        this.position += 4
        return
      case START_GROUP:
        if (depth >= MAX_GROUP_DEPTH) throw new WireError('groups are nested too deeply')
        for (;;) {
          const inner = this.tag(end)
          if ((inner & 7) === END_GROUP) {
            if (inner >>> 3 !== tag >>> 3) throw new WireError('a group ends that did not start')
            return
          }
          this.skip(inner, end, depth + 1)
        }
      default:
        throw new WireError(`wire type ${tag & 7}`)
    }
  }

  #varint64(end: number): readonly [low: number, high: number] {
    const buffer = this.#buffer
    let low = 0
    let high = 0
    for (let index = 0; index < 10; index++) {
      const byte = this.position < end ? buffer[this.position++]! : truncated()
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (index * 7)
      else if (index === 4) {
        low |= (bits & 0x0f) << 28
        high = bits >>> 4
      } else if (index < 9) high |= bits << (index * 7 - 32)
      else high |= (bits & 1) << 31
      if (byte < 0x80) return [low >>> 0, high >>> 0]
    }
    throw new WireError('a varint is longer than 10 bytes')
  }

  #id(length: number, end: number): string {
    const inner = this.enter(end)
    const start = this.position
    this.position = inner
    if (inner - start !== length) return ''
    const buffer = this.#buffer
    for (let at = start; at < inner; at++) if (buffer[at] !== 0) return buffer.hexSlice(start, inner)
    return ''
  }

  #isRepeated(start: number): boolean {
    const view = this.#view
    const at = this.#traceIdAt
    return (
      view.getInt32(start + 12) === view.getInt32(at + 12) &&
      view.getInt32(start + 8) === view.getInt32(at + 8) &&
      view.getInt32(start + 4) === view.getInt32(at + 4) &&
      view.getInt32(start) === view.getInt32(at)
    )
  }

  #need(size: number, end: number): void {
    if (this.position + size > end) truncated()
  }
}

function signed64(low: number, high: number): number | string {
  const value = (high | 0) * TWO_32 + low
  if (Number.isSafeInteger(value)) return value
  return ((BigInt(high | 0) << 32n) | BigInt(low)).toString()
}

function truncated(): never {
  throw new WireError('the message ends in the middle of a field')
}
