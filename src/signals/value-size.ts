/** Roughly how much memory a value holds, in bytes: for bounds on what waits. */

const OBJECT_BYTES = 64
const MAX_DEPTH = 8

export function sizeOfValue(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return value.byteLength
  let size = OBJECT_BYTES
  if (depth === MAX_DEPTH) return size
  try {
    for (const item of Array.isArray(value) ? value : Object.values(value)) size += sizeOfValue(item, depth + 1)
  } catch {
    // what cannot be read is as small as an empty one
  }
  return size
}
