/** What came of a flush, as counts. */
import type { DeliveryHealth } from './types.ts'

/** Counts over all signals, of the first destination, as in `health()`. */
export interface FlushResult {
  /** Spans, log records and metric data points that the back end has acknowledged during the call, whoever made them. */
  readonly delivered: number
  /** Those that were dropped during the call; `health()` says why. */
  readonly dropped: number
  /** Whether the time was over before all was settled: what is left is still being sent, unless this was `shutdown`. */
  readonly timedOut: boolean
}

export const NOTHING_FLUSHED: FlushResult = { delivered: 0, dropped: 0, timedOut: false }

export function addResults(one: FlushResult, other: FlushResult): FlushResult {
  return {
    delivered: one.delivered + other.delivered,
    dropped: one.dropped + other.dropped,
    timedOut: one.timedOut || other.timedOut,
  }
}

export interface Totals {
  delivered: number
  dropped: number
  queued: number
}

export function totalsOf({ signals }: DeliveryHealth): Totals {
  const totals = { delivered: 0, dropped: 0, queued: 0 }
  for (const { delivered, dropped, queued } of Object.values(signals)) {
    totals.delivered += delivered
    totals.queued += queued
    for (const count of Object.values(dropped)) totals.dropped += count
  }
  return totals
}
