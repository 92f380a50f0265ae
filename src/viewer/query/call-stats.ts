/** The time that a question about calls spans, and the numbers of the calls in it. */
import type { Stats } from '../api.ts'
import { type Aggregate, quantileOf } from './aggregate.ts'
import { serviceIds } from './compile/spans.ts'
import type { Engine } from './engine.ts'
import { niceBucket } from './logs.ts'
import type { Window } from './rollups.ts'
import { closeWindow, readWindow } from './window.ts'

const SPARKLINE_POINTS = 30
/** Edges, breakdowns and callers come from the newest spans: enough for a picture, never slow. */
export const SAMPLE = 20_000

export interface Range extends Window {
  readonly bucketUs: number
}

export function rangeOf({ store }: Engine, query: URLSearchParams): Range {
  const window = readWindow(query)
  const { fromUs, toUs } = closeWindow(store, window)
  const svcs = window.services.length === 0 ? [] : serviceIds(store, window.services)
  return {
    fromUs,
    toUs,
    // a service that is not known must not mean all
    svcs: window.services.length > 0 && svcs.length === 0 ? [-1] : svcs,
    run: window.run,
    bucketUs: Math.max(niceBucket((toUs - fromUs) / SPARKLINE_POINTS), 60_000_000),
  }
}

export function statsOf(sum: Aggregate, { fromUs, toUs }: Window): Stats {
  return {
    calls: sum.calls,
    errors: sum.errors,
    rate: sum.calls / Math.max((toUs - fromUs) / 1e6, 1),
    p50Ns: quantileOf(sum, 0.5),
    p95Ns: quantileOf(sum, 0.95),
    p99Ns: quantileOf(sum, 0.99),
    maxNs: sum.maxNs,
    totalNs: sum.totalNs,
  }
}
