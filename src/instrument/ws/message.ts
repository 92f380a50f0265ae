/** What is said of a message: its kind and its size in bytes, never what is in it. */

export function kindOf(data: unknown, isBinary?: unknown): 'text' | 'binary' {
  if (typeof isBinary === 'boolean') return isBinary ? 'binary' : 'text'
  return typeof data === 'string' || typeof data === 'number' ? 'text' : 'binary'
}

export function sizeOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data)
  if (Array.isArray(data)) return data.reduce((sum: number, part) => sum + sizeOf(part), 0)
  const { byteLength, size } = Object(data) as { byteLength?: unknown; size?: unknown }
  return typeof byteLength === 'number' ? byteLength : typeof size === 'number' ? size : String(data).length
}
