/** The bytes of trace and span ids. Those made or written lately are remembered, since to read their digits costs more than all else about an id. */

const HEX = new Uint8Array(128)
for (let code = 0; code < 10; code++) HEX[48 + code] = code
for (let code = 0; code < 6; code++) {
  HEX[65 + code] = 10 + code
  HEX[97 + code] = 10 + code
}

/** So many are remembered, each in the place that its last three digits give it. */
const PLACES = 4096
const MAX_BYTES = 16
const ids: string[] = new Array(PLACES).fill('')
const bytesOfIds = new Uint8Array(PLACES * MAX_BYTES)
/** The same memory: to copy four bytes at once takes half the time. */
const wordsOfIds = new Uint32Array(bytesOfIds.buffer)
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** Remembers an id of 8 or 16 bytes, which are those of `from` at `start`; `words` is the memory of `from`, and `start` a multiple of four. */
export function rememberId(id: string, from: Uint8Array, words: Uint32Array, start: number, length: number): void {
  const place = ((from[start + length - 2]! << 8) | from[start + length - 1]!) & (PLACES - 1)
  const at = (place * MAX_BYTES) >> 2
  const first = start >> 2
  for (let index = 0; index < length >> 2; index++) wordsOfIds[at + index] = words[first + index]!
  ids[place] = id
}

/** Writes an id of 8 or 16 bytes. Anything but hexadecimal digits in it counts as zero. */
export function writeId(id: string, length: number, into: DataView, start: number): void {
  const last = length * 2 - 1
  const place = ((digit(id, last - 2) << 8) | (digit(id, last - 1) << 4) | digit(id, last)) & (PLACES - 1)
  const at = place * MAX_BYTES
  if (ids[place] !== id || id.length !== last + 1) {
    for (let index = 0; index < length; index++) {
      const byte = (digit(id, 2 * index) << 4) | digit(id, 2 * index + 1)
      into.setUint8(start + index, byte)
      bytesOfIds[at + index] = byte
    }
    // an id of another length is no id, and what was in its place is gone
    ids[place] = id.length === last + 1 ? id : ''
    return
  }
  const word = at >> 2
  into.setUint32(start, wordsOfIds[word]!, IS_LITTLE_ENDIAN)
  into.setUint32(start + 4, wordsOfIds[word + 1]!, IS_LITTLE_ENDIAN)
  if (length === 8) return
  into.setUint32(start + 8, wordsOfIds[word + 2]!, IS_LITTLE_ENDIAN)
  into.setUint32(start + 12, wordsOfIds[word + 3]!, IS_LITTLE_ENDIAN)
}

function digit(id: string, index: number): number {
  return HEX[id.charCodeAt(index)]!
}
