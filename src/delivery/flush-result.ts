/** What came of a flush, as counts. */
import type { DeliveryHealth, FlushResult } from './types.ts'

export type { FlushResult }

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
