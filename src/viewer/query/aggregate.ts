/** Sums over calls, with their durations in buckets: percentiles without a list of calls. */

const BUCKETS = 320
const STEPS_A_DOUBLING = 8
const LOG2_STEP = STEPS_A_DOUBLING / Math.LN2

export interface Aggregate {
  calls: number
  errors: number
  totalNs: number
  maxNs: number
  lastUs: number
  /** Calls by bucket of duration: see {@link bucketOf}. */
  readonly buckets: Float64Array
}

export function emptyAggregate(): Aggregate {
  return { calls: 0, errors: 0, totalNs: 0, maxNs: 0, lastUs: 0, buckets: new Float64Array(BUCKETS) }
}

/** The duration that `quantile` of the calls stay below: the middle of its bucket, never above the longest. */
export function quantileOf(aggregate: Aggregate, quantile: number): number {
  const rank = quantile * aggregate.calls
  let seen = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    seen += aggregate.buckets[bucket]!
    if (seen >= rank && seen > 0) return Math.min(Math.round(2 ** ((bucket + 0.5) / STEPS_A_DOUBLING)), aggregate.maxNs)
  }
  return aggregate.maxNs
}

/** Share of the calls that were faster, 0..100. */
export function percentileRank(aggregate: Aggregate, durationNs: number): number {
  const own = bucketOf(durationNs)
  let below = 0
  for (let bucket = 0; bucket < own; bucket++) below += aggregate.buckets[bucket]!
  return Math.min(100, Math.round(((below + aggregate.buckets[own]! / 2) / aggregate.calls) * 100))
}

/** Bucket i holds durations from 2^(i/8) up to 2^((i+1)/8) ns: a percentile is off by 9 % at most. */
export function bucketOf(durationNs: number): number {
  return durationNs <= 1 ? 0 : Math.min(Math.floor(Math.log(durationNs) * LOG2_STEP), BUCKETS - 1)
}

export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** (bucket / STEPS_A_DOUBLING)
}
