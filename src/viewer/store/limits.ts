/** How much is kept. */
import type { ViewerStatus } from '../api.ts'

export type Limits = ViewerStatus['storage']['limits']

export const DEFAULT_LIMITS: Limits = {
  maxSpans: 200_000,
  maxLogs: 500_000,
  maxMetricPoints: 500_000,
  maxProfileBytes: 64 * 1024 * 1024,
  maxBytes: 256 * 1024 * 1024,
  maxAgeMillis: 7 * 24 * 60 * 60 * 1000,
}
