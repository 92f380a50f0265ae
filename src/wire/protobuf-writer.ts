/** Appends protobuf fields to one growing buffer, without an object per field. */
import { writeId } from '../id-bytes.ts'

/** Below this length the bytes of a string surely fit a one-byte length, whatever its characters are. */
const SHORT_STRING = 42
const TWO_32 = 4294967296

export class ProtobufWriter {
  bytes: Buffer
  pos = 0
  /** The same memory. */
  private view: DataView

  constructor(size = 4096, bytes = Buffer.allocUnsafeSlow(size)) {
    this.bytes = bytes
    this.view = viewOf(bytes)
  }

  /** Makes room for `size` more bytes. Every write below asks for its own room. */
  ensure(size: number): void {
    const needed = this.pos + size
    if (needed <= this.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(grown, 0, 0, this.pos)
    this.bytes = grown
    this.view = viewOf(grown)
  }

  /** What was written, as a view that lives until the next write. */
  written(): Buffer {
    return this.bytes.subarray(0, this.pos)
  }

  /** A tag given as its encoded byte, or two for field numbers above 15. */
  tag(tag: number): void {
    this.ensure(2)
    if (tag > 127) this.bytes[this.pos++] = (tag & 127) | 128
    this.bytes[this.pos++] = tag > 127 ? tag >>> 7 : tag
  }

  /** A whole number of at least 0 and at most 2^53. */
  varint(value: number): void {
    this.ensure(10)
    while (value > 0x7fffffff) {
      this.bytes[this.pos++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    let rest = value | 0
    while (rest > 127) {
      this.bytes[this.pos++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.pos++] = rest
  }

  /** An int64: negative numbers take ten bytes. Whole numbers of [-2^63, 2^63) only. */
  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value)
      return
    }
    this.ensure(10)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.bytes[this.pos++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.bytes[this.pos++] = Number(rest)
  }

  sint32(value: number): void {
    this.varint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  fixed32(value: number): void {
    this.ensure(4)
    this.view.setUint32(this.pos, value, true)
    this.pos += 4
  }

  fixed64(low: number, high: number): void {
    this.ensure(8)
    const { view, pos } = this
    view.setUint32(pos, low, true)
    view.setUint32(pos + 4, high, true)
    this.pos = pos + 8
  }

  /** A count as fixed64. */
  count64(value: number): void {
    this.fixed64(value >>> 0, (value / TWO_32) >>> 0)
  }

  sfixed64(value: number): void {
    this.ensure(8)
    this.pos = this.bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), this.pos)
  }

  double(value: number): void {
    this.ensure(8)
    this.pos = this.bytes.writeDoubleLE(value, this.pos)
  }

  /** Length and bytes. */
  lengthDelimited(value: Uint8Array): void {
    this.varint(value.length)
    this.raw(value)
  }

  raw(value: Uint8Array): void {
    this.ensure(value.length)
    this.bytes.set(value, this.pos)
    this.pos += value.length
  }

  /** Part of a buffer. A call out of JavaScript costs as much as some sixty turns of a loop. */
  copy(from: Buffer, start: number, end: number): void {
    this.ensure(end - start)
    const { bytes } = this
    let { pos } = this
    if (end - start > 64) from.copy(bytes, pos, start, end)
    else for (let index = start; index < end; index++) bytes[pos++] = from[index]!
    this.pos += end - start
  }

  /** Length and UTF-8 bytes; a lone surrogate becomes U+FFFD. */
  string(value: string): void {
    const { length } = value
    if (length > SHORT_STRING) {
      this.longString(value)
      return
    }
    this.ensure(1 + 3 * length)
    const { bytes } = this
    const start = this.pos + 1
    let pos = start
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code > 127) {
        pos = start + bytes.write(value, start, 'utf8')
        break
      }
      bytes[pos++] = code
    }
    bytes[start - 1] = pos - start
    this.pos = pos
  }

  private longString(value: string): void {
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.ensure(length)
    this.bytes.write(value, this.pos, length, 'utf8')
    this.pos += length
  }

  /** Tag, length and the bytes of a hexadecimal id; anything else in it counts as zero. */
  hexId(tag: number, value: string, length: number): void {
    this.ensure(length + 2)
    const { bytes, pos } = this
    bytes[pos] = tag
    bytes[pos + 1] = length
    writeId(value, length, this.view, pos + 2)
    this.pos = pos + 2 + length
  }

  /** Begins a nested message with room for a length of `reserved` bytes; returns the mark for `endMessage`. */
  beginMessage(reserved = 1): number {
    this.ensure(reserved)
    this.pos += reserved
    return this.pos
  }

  /** Writes the length before the message begun at `mark`, moving the message when the length takes other room than reserved. */
  endMessage(mark: number, reserved = 1): void {
    const length = this.pos - mark
    const size = varintSize(length)
    const start = mark - reserved
    if (size !== reserved) {
      this.ensure(size)
      this.bytes.copyWithin(start + size, mark, this.pos)
    }
    // not by varint(): making room while the position is set back would lose the message
    let rest = length
    let pos = start
    for (; rest > 127; rest >>>= 7) this.bytes[pos++] = (rest & 127) | 128
    this.bytes[pos] = rest
    this.pos = start + size + length
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length)

export function varintSize(value: number): number {
  if (value < 128) return 1
  if (value < 16384) return 2
  if (value < 2097152) return 3
  return value < 268435456 ? 4 : 5
}
