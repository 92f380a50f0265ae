/** A closed batch on its way to every destination of its signal. */

import type { Compression, Signal } from '../../config/destination.ts'
import { performance } from '../../timers.ts'
import type { Budget } from './budget.ts'

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

/** What carries a batch, or a part of one, to one destination. */
export interface QueuedRequest {
  readonly batch: Batch
  readonly body: Body
  readonly encoding: Compression
  /** Items that are not settled. */
  count: number
  /** Name of its file once the spool has it. */
  spoolFile?: string | undefined
}
