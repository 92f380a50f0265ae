/** What became of the items that one destination was offered: `offered + replayed = delivered + dropped + queued` after each call. */
import type { DropCounts, DropReason } from '../types.ts'

/** What the items of a signal are called. */
export const NOUNS = { traces: 'spans', metrics: 'data points', logs: 'log records' } as const

export class Counts {
  /** Items offered and not yet acknowledged, refused or dropped; those on disk only included. */
  queued = 0
  /** Items on disk only. */
  parked = 0
  /** Items an earlier process has left on disk. */
  replayed = 0
  delivered = 0
  readonly dropped: DropCounts = {}

  offer(count: number): void {
    this.queued += count
  }

  /** Other requests take the place of one, and are offered in turn. */
  withdraw(count: number): void {
    this.queued -= count
  }

  /** The back end has answered: it took all but `refused` items. */
  deliver(count: number, refused: number): void {
    this.queued -= count
    this.delivered += count - refused
    this.add(refused, 'partial_success')
  }

  /** Items that another thread sends and counts. */
  handOver(count: number): void {
    this.delivered += count
  }

  lose(count: number, reason: DropReason): void {
    this.queued -= count
    this.add(count, reason)
  }

  /** Items that never waited here. */
  refuse(count: number, reason: DropReason): void {
    this.add(count, reason)
  }

  replay(count: number): void {
    this.replayed += count
    this.queued += count
    this.parked += count
  }

  park(count: number): void {
    this.parked += count
  }

  unpark(count: number): void {
    this.parked -= count
  }

  private add(count: number, reason: DropReason): void {
    if (count > 0) this.dropped[reason] = (this.dropped[reason] ?? 0) + count
  }
}
