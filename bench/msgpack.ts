/** The least reader of MessagePack that can decode the trace payloads of the Datadog agent. */

export type Packed = string | number | bigint | boolean | null | Uint8Array | Packed[] | { [key: string]: Packed }

/** @throws {RangeError} when the bytes end too early or hold a type that is not in use there */
export function decodeMsgpack(bytes: Buffer): Packed {
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('the MessagePack ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const size = (width: number): number => take(width).readUIntBE(0, width)
  const list = (length: number): Packed[] => Array.from({ length }, () => value())
  const map = (length: number): Packed => {
    const result: { [key: string]: Packed } = {}
    for (let index = 0; index < length; index++) result[String(value())] = value()
    return result
  }
  const extension = (length: number): Packed => take(length + 1)

  function value(): Packed {
    const type = size(1)
    if (type < 0x80) return type
    if (type >= 0xe0) return type - 0x100
    if (type < 0x90) return map(type & 0x0f)
    if (type < 0xa0) return list(type & 0x0f)
    if (type < 0xc0) return take(type & 0x1f).toString()
    const read = READERS[type]
    if (!read) throw new RangeError(`MessagePack type 0x${type.toString(16)} is not known here`)
    return read()
  }

  const READERS: Readonly<Record<number, () => Packed>> = {
    192: () => null,
    194: () => false,
    195: () => true,
    196: () => take(size(1)),
    197: () => take(size(2)),
    198: () => take(size(4)),
    199: () => extension(size(1)),
    202: () => take(4).readFloatBE(),
    203: () => take(8).readDoubleBE(),
    204: () => size(1),
    205: () => size(2),
    206: () => size(4),
    207: () => take(8).readBigUInt64BE(),
    208: () => take(1).readInt8(),
    209: () => take(2).readInt16BE(),
    210: () => take(4).readInt32BE(),
    211: () => take(8).readBigInt64BE(),
    212: () => extension(1),
    213: () => extension(2),
    214: () => extension(4),
    215: () => extension(8),
    216: () => extension(16),
    217: () => take(size(1)).toString(),
    218: () => take(size(2)).toString(),
    219: () => take(size(4)).toString(),
    220: () => list(size(2)),
    221: () => list(size(4)),
    222: () => map(size(2)),
    223: () => map(size(4)),
  }
  return value()
}
