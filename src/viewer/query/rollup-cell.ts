/** The calls of one operation in one minute. */
import type { Aggregate } from './aggregate.ts'

/** One operation in one minute; only the buckets between the fastest and the slowest call are there. */
export interface Cell {
  readonly minute: number
  calls: number
  errors: number
  totalNs: number
  maxNs: number
  lastUs: number
  firstBucket: number
  counts: number[]
}

export function countIn(cell: Cell, bucket: number): void {
  const { counts } = cell
  if (counts.length === 0) cell.firstBucket = bucket
  let at = bucket - cell.firstBucket
  for (; at < 0; at++) {
    counts.unshift(0)
    cell.firstBucket--
  }
  while (counts.length <= at) counts.push(0)
  counts[at]!++
}

export function addCell(sum: Aggregate, cell: Cell): void {
  sum.calls += cell.calls
  sum.errors += cell.errors
  sum.totalNs += cell.totalNs
  if (cell.maxNs > sum.maxNs) sum.maxNs = cell.maxNs
  if (cell.lastUs > sum.lastUs) sum.lastUs = cell.lastUs
  const { counts, firstBucket } = cell
  for (let at = 0; at < counts.length; at++) sum.buckets[firstBucket + at]! += counts[at]!
}
