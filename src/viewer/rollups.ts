/** Rates, errors and durations by operation and minute, kept in memory: percentiles over a million spans without reading one. */

const MINUTE_US = 60_000_000
const BUCKETS = 320
const STEPS_A_DOUBLING = 8
const MAX_OPERATIONS = 4000
const MAX_CELLS = 60_000
const LOG2_STEP = STEPS_A_DOUBLING / Math.LN2

export interface OperationKey {
  readonly run: string
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly system: number
}

export interface Aggregate {
  calls: number
  errors: number
  totalNs: number
  maxNs: number
  lastUs: number
  /** Calls by bucket of duration: see {@link bucketOf}. */
  readonly buckets: Float64Array
}

interface Operation extends OperationKey {
  readonly cells: Map<number, Cell>
}

/** One operation in one minute; buckets are sparse, most operations touch a dozen. */
interface Cell {
  calls: number
  errors: number
  totalNs: number
  maxNs: number
  lastUs: number
  readonly buckets: Map<number, number>
}

export interface Window {
  readonly fromUs: number
  readonly toUs: number
  /** Only these services; empty means all. */
  readonly svcs?: readonly number[]
  readonly run?: string | undefined
}

export interface Rollups {
  add(key: OperationKey, startUs: number, durationNs: number, isError: boolean): void
  /** Sums by whatever `groupOf` gives; undefined leaves an operation out. */
  sum<Group extends string | number>(
    window: Window,
    groupOf: (operation: OperationKey) => Group | undefined,
  ): Map<Group, Aggregate & { readonly sample: OperationKey }>
  /** Calls and errors by time bucket. */
  series(
    window: Window,
    bucketUs: number,
    accept: (operation: OperationKey) => boolean,
  ): { calls: number[]; errors: number[] }
  /** The same for many groups at once, in one pass. */
  seriesBy<Group extends string | number>(
    window: Window,
    bucketUs: number,
    groupOf: (operation: OperationKey) => Group,
  ): Map<Group, { calls: number[]; errors: number[] }>
  operations(): Iterable<OperationKey>
  /** True once operations had to be merged because there were too many. */
  readonly overflowed: boolean
  dropBefore(us: number): void
  clear(): void
}

export function createRollups(): Rollups {
  let operations = new Map<string, Operation>()
  let cells = 0
  let overflowed = false

  return {
    add(key, startUs, durationNs, isError) {
      const operation = operationOf(key)
      const minute = Math.floor(startUs / MINUTE_US)
      let cell = operation.cells.get(minute)
      if (!cell) {
        if (cells >= MAX_CELLS) dropOldestCells()
        cell = { calls: 0, errors: 0, totalNs: 0, maxNs: 0, lastUs: 0, buckets: new Map() }
        operation.cells.set(minute, cell)
        cells++
      }
      cell.calls++
      if (isError) cell.errors++
      cell.totalNs += durationNs
      if (durationNs > cell.maxNs) cell.maxNs = durationNs
      if (startUs > cell.lastUs) cell.lastUs = startUs
      const bucket = bucketOf(durationNs)
      cell.buckets.set(bucket, (cell.buckets.get(bucket) ?? 0) + 1)
    },
    sum(window, groupOf) {
      const sums = new Map<ReturnType<typeof groupOf> & (string | number), Aggregate & { sample: OperationKey }>()
      for (const operation of operations.values()) {
        if (!isInWindow(operation, window)) continue
        const group = groupOf(operation)
        if (group === undefined) continue
        for (const [minute, cell] of operation.cells) {
          if (!overlaps(minute, window)) continue
          let sum = sums.get(group as never)
          if (!sum) {
            sum = { ...emptyAggregate(), sample: operation }
            sums.set(group as never, sum)
          }
          addCell(sum, cell)
        }
      }
      return sums as never
    },
    series(window, bucketUs, accept) {
      const all = seriesBy(window, bucketUs, (operation) => (accept(operation) ? 'accepted' : undefined))
      return all.get('accepted') ?? emptySeries(window, bucketUs)
    },
    seriesBy,
    operations: () => operations.values(),
    get overflowed() {
      return overflowed
    },
    dropBefore(us) {
      const minute = Math.floor(us / MINUTE_US)
      for (const [key, operation] of operations) {
        for (const at of operation.cells.keys()) if (at < minute && operation.cells.delete(at)) cells--
        if (operation.cells.size === 0) operations.delete(key)
      }
    },
    clear() {
      operations = new Map()
      cells = 0
      overflowed = false
    },
  }

  function seriesBy<Group extends string | number>(
    window: Window,
    bucketUs: number,
    groupOf: (operation: OperationKey) => Group | undefined,
  ): Map<Group, { calls: number[]; errors: number[] }> {
    const groups = new Map<Group, { calls: number[]; errors: number[] }>()
    for (const operation of operations.values()) {
      if (!isInWindow(operation, window)) continue
      const group = groupOf(operation)
      if (group === undefined) continue
      const series = groups.get(group) ?? emptySeries(window, bucketUs)
      groups.set(group, series)
      for (const [minute, cell] of operation.cells) {
        if (!overlaps(minute, window)) continue
        const at = Math.floor((minute * MINUTE_US - window.fromUs) / bucketUs)
        const index = Math.min(Math.max(at, 0), series.calls.length - 1)
        series.calls[index]! += cell.calls
        series.errors[index]! += cell.errors
      }
    }
    return groups
  }

  function operationOf(key: OperationKey): Operation {
    const id = `${key.svc}|${key.name}|${key.kind}|${key.run}`
    const known = operations.get(id)
    if (known) return known
    if (operations.size >= MAX_OPERATIONS) {
      overflowed = true
      const rest = `${key.svc}|rest`
      const merged = operations.get(rest) ?? { ...key, name: 0, run: '', cells: new Map() }
      operations.set(rest, merged)
      return merged
    }
    const { run, svc, name, kind, system } = key
    const created: Operation = { run, svc, name, kind, system, cells: new Map() }
    operations.set(id, created)
    return created
  }

  function dropOldestCells(): void {
    const minutes = [...operations.values()].flatMap((operation) => [...operation.cells.keys()]).sort((a, b) => a - b)
    const limit = minutes[Math.floor(minutes.length / 4)]! + 1
    for (const operation of operations.values())
      for (const at of operation.cells.keys()) if (at < limit && operation.cells.delete(at)) cells--
  }
}

/** Bucket i holds durations from 2^(i/8) up to 2^((i+1)/8) ns: a percentile is off by 9 % at most. */
export function bucketOf(durationNs: number): number {
  return durationNs <= 1 ? 0 : Math.min(Math.floor(Math.log(durationNs) * LOG2_STEP), BUCKETS - 1)
}

export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** (bucket / STEPS_A_DOUBLING)
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

function emptySeries({ fromUs, toUs }: Window, bucketUs: number): { calls: number[]; errors: number[] } {
  const length = Math.max(1, Math.ceil((toUs - fromUs) / bucketUs))
  return { calls: new Array<number>(length).fill(0), errors: new Array<number>(length).fill(0) }
}

export function emptyAggregate(): Aggregate {
  return { calls: 0, errors: 0, totalNs: 0, maxNs: 0, lastUs: 0, buckets: new Float64Array(BUCKETS) }
}

function addCell(sum: Aggregate, cell: Cell): void {
  sum.calls += cell.calls
  sum.errors += cell.errors
  sum.totalNs += cell.totalNs
  if (cell.maxNs > sum.maxNs) sum.maxNs = cell.maxNs
  if (cell.lastUs > sum.lastUs) sum.lastUs = cell.lastUs
  for (const [bucket, count] of cell.buckets) sum.buckets[bucket]! += count
}

function isInWindow(operation: OperationKey, window: Window): boolean {
  if (window.run !== undefined && operation.run !== window.run) return false
  return !window.svcs || window.svcs.length === 0 || window.svcs.includes(operation.svc)
}

function overlaps(minute: number, window: Window): boolean {
  const start = minute * MINUTE_US
  return start <= window.toUs && start + MINUTE_US > window.fromUs
}
