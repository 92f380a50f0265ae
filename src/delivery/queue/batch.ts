/** A closed batch on its way to every destination of its signal. */
import type { Signal } from '../../config/destination.ts'
import { performance } from '../../timers.ts'

/** Counts the bytes that wait in memory and makes room when there are too many. */
export interface Budget {
  readonly limit: number
  readonly used: number
  add(bytes: number): void
  release(bytes: number): void
}

/** One batch, shared by the destinations it goes to; settled when the last of them is done with it. */
export class Batch {
  readonly signal: Signal
  readonly count: number
  readonly createdAt = performance.now()
  private parts = 0
  private waiters: Array<() => void> = []
  private readonly onSettled: (batch: Batch) => void

  constructor(signal: Signal, count: number, onSettled: (batch: Batch) => void) {
    this.signal = signal
    this.count = count
    this.onSettled = onSettled
  }

  /** Another request carries a part of this batch. */
  retain(): void {
    this.parts++
  }

  /** A request is done: acknowledged, refused or dropped. */
  release(): void {
    if (--this.parts > 0) return
    this.onSettled(this)
    for (const wake of this.waiters) wake()
    this.waiters = []
  }

  whenSettled(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve))
  }
}

/** Bytes that several requests may share; they leave the budget with the last of them. */
export class Body {
  readonly bytes: Buffer
  private holders = 0
  private readonly budget: Budget

  constructor(bytes: Buffer, budget: Budget) {
    this.bytes = bytes
    this.budget = budget
  }

  retain(): this {
    if (this.holders++ === 0) this.budget.add(this.bytes.length)
    return this
  }

  release(): void {
    if (--this.holders === 0) this.budget.release(this.bytes.length)
  }
}

/** Where the budget finds requests to give up. */
export interface Evictable {
  readonly waitingBytes: number
  /** Gives up the oldest request that is not under way. @returns false when there is none */
  evictOldest(): boolean
}

/** A budget which evicts from the fullest queue first, so that a dead destination pays before a live one does. */
export function createBudget(limit: number, queues: () => readonly Evictable[]): Budget {
  let used = 0
  return {
    limit,
    get used() {
      return used
    },
    add(bytes) {
      used += bytes
      while (used > limit) {
        const fullest = queues().reduce<Evictable | undefined>(
          (most, queue) => (queue.waitingBytes > (most?.waitingBytes ?? 0) ? queue : most),
          undefined,
        )
        if (!fullest?.evictOldest()) return
      }
    },
    release(bytes) {
      used -= bytes
    },
  }
}
