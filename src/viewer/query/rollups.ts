/** Rates, errors and durations by operation and minute, kept in memory: percentiles over a million spans without reading one. */
import { type Aggregate, bucketOf, emptyAggregate } from './aggregate.ts'
import { addCell, type Cell, countIn } from './rollup-cell.ts'

const MINUTE_US = 60_000_000
const MAX_OPERATIONS = 4000
const MAX_CELLS = 60_000
/** Kinds of a span, rounded up. */
const KINDS = 8
/** No name and kind have this key. */
const REST = -1

export interface OperationKey {
  readonly run: string
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly system: number
}

interface Operation extends OperationKey {
  readonly cells: Map<number, Cell>
  /** The cell that was counted in last: the next call nearly always is of the same minute. */
  last: Cell | undefined
}

/** Operations of one service in one run, by name and kind. */
type OperationsOfRun = Map<number, Operation>

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
  let runs = new Map<string, OperationsOfRun>()
  let lastRun: { readonly run: string; readonly svc: number; readonly operations: OperationsOfRun } | undefined
  let size = 0
  let cells = 0
  let overflowed = false

  return {
    add(key, startUs, durationNs, isError) {
      const cell = cellOf(operationOf(key), Math.floor(startUs / MINUTE_US))
      cell.calls++
      if (isError) cell.errors++
      cell.totalNs += durationNs
      if (durationNs > cell.maxNs) cell.maxNs = durationNs
      if (startUs > cell.lastUs) cell.lastUs = startUs
      countIn(cell, bucketOf(durationNs))
    },
    sum(window, groupOf) {
      const sums = new Map<ReturnType<typeof groupOf> & (string | number), Aggregate & { sample: OperationKey }>()
      for (const operation of operations()) {
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
    operations,
    get overflowed() {
      return overflowed
    },
    dropBefore(us) {
      const minute = Math.floor(us / MINUTE_US)
      dropCells(minute)
      for (const [run, ofRun] of runs) {
        for (const [key, operation] of ofRun) if (operation.cells.size === 0 && ofRun.delete(key)) size--
        if (ofRun.size === 0) runs.delete(run)
      }
      lastRun = undefined
    },
    clear() {
      runs = new Map()
      lastRun = undefined
      size = cells = 0
      overflowed = false
    },
  }

  function seriesBy<Group extends string | number>(
    window: Window,
    bucketUs: number,
    groupOf: (operation: OperationKey) => Group | undefined,
  ): Map<Group, { calls: number[]; errors: number[] }> {
    const groups = new Map<Group, { calls: number[]; errors: number[] }>()
    for (const operation of operations()) {
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

  function* operations(): Generator<Operation> {
    for (const ofRun of runs.values()) yield* ofRun.values()
  }

  function operationOf({ run, svc, name, kind, system }: OperationKey): Operation {
    const ofRun = operationsOf(run, svc)
    const id = name * KINDS + kind
    const known = ofRun.get(id)
    if (known) return known
    if (size >= MAX_OPERATIONS) {
      overflowed = true
      const rest = operationsOf('', svc)
      const merged = rest.get(REST) ?? { run: '', svc, name: 0, kind, system, cells: new Map(), last: undefined }
      rest.set(REST, merged)
      return merged
    }
    const created: Operation = { run, svc, name, kind, system, cells: new Map(), last: undefined }
    ofRun.set(id, created)
    size++
    return created
  }

  function operationsOf(run: string, svc: number): OperationsOfRun {
    if (lastRun?.svc === svc && lastRun.run === run) return lastRun.operations
    const key = `${svc}|${run}`
    const found = runs.get(key) ?? new Map<number, Operation>()
    runs.set(key, found)
    lastRun = { run, svc, operations: found }
    return found
  }

  function cellOf(operation: Operation, minute: number): Cell {
    if (operation.last?.minute === minute) return operation.last
    let cell = operation.cells.get(minute)
    if (!cell) {
      if (cells >= MAX_CELLS) dropOldestCells()
      cell = { minute, calls: 0, errors: 0, totalNs: 0, maxNs: 0, lastUs: 0, firstBucket: 0, counts: [] }
      operation.cells.set(minute, cell)
      cells++
    }
    operation.last = cell
    return cell
  }

  function dropOldestCells(): void {
    const minutes = [...operations()].flatMap((operation) => [...operation.cells.keys()]).sort((a, b) => a - b)
    dropCells(minutes[Math.floor(minutes.length / 4)]! + 1)
  }

  function dropCells(beforeMinute: number): void {
    for (const operation of operations()) {
      operation.last = undefined
      for (const at of operation.cells.keys()) if (at < beforeMinute && operation.cells.delete(at)) cells--
    }
  }
}

function emptySeries({ fromUs, toUs }: Window, bucketUs: number): { calls: number[]; errors: number[] } {
  const length = Math.max(1, Math.ceil((toUs - fromUs) / bucketUs))
  return { calls: new Array<number>(length).fill(0), errors: new Array<number>(length).fill(0) }
}

function isInWindow(operation: OperationKey, window: Window): boolean {
  if (window.run !== undefined && operation.run !== window.run) return false
  return !window.svcs || window.svcs.length === 0 || window.svcs.includes(operation.svc)
}

function overlaps(minute: number, window: Window): boolean {
  const start = minute * MINUTE_US
  return start <= window.toUs && start + MINUTE_US > window.fromUs
}
