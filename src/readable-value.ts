/** What stands in telemetry for an object that is neither a list nor a plain map, such as a date, an error, a Set or an URL. */

/** More entries than an attribute may have are not copied. */
const MAX_ENTRIES = 5000

/**
 * The object itself where its own properties say all; else text, a list, bytes or a map that can be read.
 * @throws when the object does
 */
export function toReadable(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return errorText(value)
  if (value instanceof Map) return mapOf(value)
  if (value instanceof Set) return listOf(value)
  if (value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams) return value.toString()
  if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt)
    return value.valueOf()
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (ArrayBuffer.isView(value)) return ofView(value)
  return value
}

/** With the stack, which code of the application may have made unreadable. */
function errorText(error: Error): string {
  try {
    const { stack } = error
    if (typeof stack === 'string' && stack !== '') return stack
  } catch {
    // `Error.prepareStackTrace` of the application has thrown
  }
  return `${error.name}: ${error.message}`
}

function mapOf(map: ReadonlyMap<unknown, unknown>): object {
  const copy: Record<string, unknown> = Object.create(null)
  let left = MAX_ENTRIES
  for (const [key, value] of map) {
    if (--left < 0) break
    copy[keyText(key)] = value
  }
  return copy
}

function listOf(values: Iterable<unknown>): unknown[] {
  const list: unknown[] = []
  for (const value of values) if (list.push(value) >= MAX_ENTRIES) break
  return list
}

/** Never by `toString` of an object, which runs code of its own and unfolds nested lists. */
function keyText(key: unknown): string {
  return typeof key === 'object' || typeof key === 'function' ? `[${typeof key}]` : String(key)
}

function ofView(view: ArrayBufferView): unknown {
  if (view instanceof Uint8Array) return view
  if (view instanceof DataView) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  return listOf(view as unknown as Iterable<unknown>)
}
