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

/** Remembers an id, whose bytes are those of `from` at `start`. */
export function rememberId(id: string, from: Uint8Array, start: number, length: number): void {
  const place = ((from[start + length - 2]! << 8) | from[start + length - 1]!) & (PLACES - 1)
  const at = place * MAX_BYTES
  for (let index = 0; index < length; index++) bytesOfIds[at + index] = from[start + index]!
  ids[place] = id
}

/** Writes an id of 8 or 16 bytes. Anything but hexadecimal digits in it counts as zero. */
export function writeId(id: string, length: number, into: Uint8Array, start: number): void {
  const last = length * 2 - 1
  const place = ((digit(id, last - 2) << 8) | (digit(id, last - 1) << 4) | digit(id, last)) & (PLACES - 1)
  if (ids[place] === id && id.length === last + 1) {
    const at = place * MAX_BYTES
    for (let index = 0; index < length; index++) into[start + index] = bytesOfIds[at + index]!
    return
  }
  for (let index = 0; index < length; index++)
    into[start + index] = (digit(id, 2 * index) << 4) | digit(id, 2 * index + 1)
  if (id.length === last + 1) rememberId(id, into, start, length)
}

function digit(id: string, index: number): number {
  return HEX[id.charCodeAt(index)]!
}
