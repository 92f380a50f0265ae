/** How much is kept. */

export interface Limits {
  readonly maxSpans: number
  readonly maxLogs: number
  readonly maxMetricPoints: number
  readonly maxProfileBytes: number
  readonly maxBytes: number
  readonly maxAgeMillis: number
}

export const DEFAULT_LIMITS: Limits = {
  maxSpans: 200_000,
  maxLogs: 500_000,
  maxMetricPoints: 500_000,
  maxProfileBytes: 64 * 1024 * 1024,
  maxBytes: 256 * 1024 * 1024,
  maxAgeMillis: 7 * 24 * 60 * 60 * 1000,
}
