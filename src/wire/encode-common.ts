/** The parts all three signals share: limits, texts, times and counts, as OTLP protobuf. Any input is made valid, none throws. */
import type { HrTime } from '@opentelemetry/api'
import type { ProtobufWriter } from './protobuf-writer.ts'

/** Longest string sent, in UTF-16 units; the rest is cut off. */
export const STRING_LIMIT = 1024 * 1024
/** A span or log record above this size loses its further attributes. */
export const ITEM_LIMIT_BYTES = 4 * 1024 * 1024
const TWO_32 = 4294967296

/** The text, at most `STRING_LIMIT` long and not ending in half a character. */
export function cutString(value: string): string {
  if (value.length <= STRING_LIMIT) return value
  const last = value.charCodeAt(STRING_LIMIT - 1)
  return value.slice(0, last >= 0xd800 && last <= 0xdbff ? STRING_LIMIT - 1 : STRING_LIMIT)
}

/** Any value as the string a field wants: a name given as undefined, an object or a Symbol must not spoil its batch. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return cutString(value)
  if (value === undefined || value === null) return ''
  // never String(object): that runs code of its own, and unfolds nested arrays
  return typeof value === 'object' || typeof value === 'function' ? `[${typeof value}]` : cutString(String(value))
}

let cachedSeconds = -1
let cachedLow = 0
let cachedHigh = 0

/** Writes a time as nanoseconds since 1970. A time that is none becomes 0, which OTLP reads as unknown. */
export function writeTime(writer: ProtobufWriter, time: HrTime | undefined): void {
  if (time === undefined || !isValidTime(time)) {
    writer.fixed64(0, 0)
    return
  }
  writeSeconds(writer, time[0], time[1])
}

/** Writes a valid time as nanoseconds since 1970. */
export function writeSeconds(writer: ProtobufWriter, seconds: number, nanos: number): void {
  if (seconds !== cachedSeconds) rememberSeconds(seconds)
  const low = cachedLow + Math.trunc(nanos)
  if (low < TWO_32) writer.fixed64(low, cachedHigh)
  else writer.fixed64(low - TWO_32, cachedHigh + 1)
}

// most times of a batch lie in the same second, so its 64-bit product is kept
function rememberSeconds(seconds: number): void {
  const nanos = BigInt(Math.trunc(seconds)) * 1_000_000_000n
  cachedSeconds = seconds
  cachedLow = Number(nanos & 0xffffffffn)
  cachedHigh = Number(nanos >> 32n)
}

/** Whether a time is one, of this side of 1970 and within 64 bits of nanoseconds. */
export function isValidTime(time: HrTime | undefined): boolean {
  try {
    const seconds = time?.[0]
    const nanos = time?.[1]
    return typeof seconds === 'number' && typeof nanos === 'number' && isTime(seconds, nanos)
  } catch {
    return false
  }
}

export const isTime = (seconds: number, nanos: number): boolean =>
  seconds >= 0 && seconds < 18e9 && nanos >= 0 && nanos < 4e9

/** A whole number of at least 0 for a count that came from anywhere. */
export const toCount = (value: unknown): number =>
  typeof value === 'number' && value > 0 && value < TWO_32 ? Math.trunc(value) : 0
