/** Durations as people type them. Pure. */

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 }

/** `1.5ms`, `200 us`, `2` (milliseconds) in nanoseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 'ms'] = /^(\d+(?:[.,]\d+)?)\s*(ns|us|µs|ms|s|m)?$/.exec(text.trim()) ?? []
  return number === undefined ? undefined : Number(number.replace(',', '.')) * UNITS[unit]!
}
