/** Percentiles of each operation over all that is stored, remembered for two seconds or longer: lists ask for them row by row. */
import { type Aggregate, percentileRank, quantileOf } from './aggregate.ts'
import type { OperationKey, Rollups } from './rollups.ts'

export interface OperationStatistics {
  /** Null below five calls. */
  p95Of(svc: number, name: number, kind: number): number | null
  p50Of(svc: number, name: number, kind: number): number | null
  /** Share of the calls that were faster, 0..100; null below five. */
  rankOf(svc: number, name: number, kind: number, durationNs: number): number | null
  of(svc: number, name: number, kind: number): (Aggregate & { readonly sample: OperationKey }) | undefined
}

const REMEMBER_MILLIS = 2000
/** Adding up takes a hundredth of the time at most. */
const REMEMBER_FACTOR = 100
const LEAST_CALLS = 5
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

export function createOperationStatistics(rollups: Rollups): OperationStatistics {
  let sums: Map<string, Aggregate & { readonly sample: OperationKey }> | undefined
  let freshUntil = 0
  const of = (svc: number, name: number, kind: number) => {
    const now = performance.now()
    if (!sums || now > freshUntil) {
      sums = rollups.sum(ALL, (operation) => `${operation.svc}|${operation.name}|${operation.kind}`)
      const tookMillis = performance.now() - now
      freshUntil = now + Math.max(REMEMBER_MILLIS, tookMillis * REMEMBER_FACTOR)
    }
    return sums.get(`${svc}|${name}|${kind}`)
  }
  const enough = (svc: number, name: number, kind: number) => {
    const aggregate = of(svc, name, kind)
    return aggregate && aggregate.calls >= LEAST_CALLS ? aggregate : undefined
  }
  const quantile = (svc: number, name: number, kind: number, at: number): number | null => {
    const aggregate = enough(svc, name, kind)
    return aggregate ? quantileOf(aggregate, at) : null
  }
  return {
    of,
    p95Of: (svc, name, kind) => quantile(svc, name, kind, 0.95),
    p50Of: (svc, name, kind) => quantile(svc, name, kind, 0.5),
    rankOf(svc, name, kind, durationNs) {
      const aggregate = enough(svc, name, kind)
      return aggregate ? percentileRank(aggregate, durationNs) : null
    },
  }
}
