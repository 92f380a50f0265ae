/** Times of spans as seconds and nanoseconds since 1970, with the roundings of OpenTelemetry's `core`. */
import type { HrTime, TimeInput } from '@opentelemetry/api'

const NANOS_PER_SECOND = 1e9

/** The answer of the functions below, which make no object of it. */
export const parts = { seconds: 0, nanos: 0 }

export function setFromMillis(millis: number): void {
  const seconds = Math.trunc(millis / 1e3)
  // exact, and half the time of `%`
  const rest = millis - seconds * 1e3
  parts.seconds = seconds
  // the quotient may have been rounded up to a whole second
  parts.nanos = Math.round((rest < 0 && millis > 0 ? rest + 1e3 : rest) * 1e6)
}

/** A time after another: the nanoseconds of both may make a second. */
export function setFromSum(seconds: number, nanos: number, moreMillis: number): void {
  setFromMillis(moreMillis)
  parts.seconds += seconds
  parts.nanos += nanos
  if (parts.nanos < NANOS_PER_SECOND) return
  parts.nanos -= NANOS_PER_SECOND
  parts.seconds += 1
}

/**
 * Reads what an application gave as a time. Small numbers count from the start of the process, as `performance.now()` does; `wallMillis` and
 * `monotonicMillis` tell what the two clocks showed at one moment.
 * @returns whether it is one
 */
export function setFromInput(input: unknown, wallMillis: number, monotonicMillis: number): boolean {
  if (typeof input === 'number') return Number.isFinite(input) && setFromNumber(input, wallMillis - monotonicMillis)
  return typeof input === 'object' && input !== null && setFromObject(input)
}

function setFromNumber(input: number, zeroMillis: number): true {
  if (input > performance.now()) {
    setFromMillis(input)
    return true
  }
  const { timeOrigin } = performance
  setFromMillis(timeOrigin)
  setFromSum(parts.seconds, parts.nanos, input + (zeroMillis - timeOrigin))
  return true
}

function setFromObject(input: object): boolean {
  try {
    if (input instanceof Date) setFromMillis(input.getTime())
    else if (isHrTime(input)) {
      parts.seconds = input[0]
      parts.nanos = input[1]
    } else return false
    return Number.isFinite(parts.seconds) && Number.isFinite(parts.nanos)
  } catch {
    return false
  }
}

export function isTimeInput(value: unknown): value is TimeInput {
  if (typeof value !== 'object' || value === null) return typeof value === 'number'
  try {
    return value instanceof Date || isHrTime(value)
  } catch {
    // a Proxy
    return false
  }
}

function isHrTime(value: unknown): value is HrTime {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'number'
}

/** The time between two, where the first is not later. */
export function between(startSeconds: number, startNanos: number, endSeconds: number, endNanos: number): HrTime {
  const nanos = endNanos - startNanos
  return nanos < 0 ? [endSeconds - startSeconds - 1, nanos + NANOS_PER_SECOND] : [endSeconds - startSeconds, nanos]
}
