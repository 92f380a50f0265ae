/** The requests that one destination has not settled, in memory and on disk, and what became of the others. */
import type { Compression } from '../../config/destination.ts'
import type { Part } from '../../wire/encode-split.ts'
import type { DropCounts, DropReason } from '../types.ts'
import { Body, type QueuedRequest } from './batch.ts'
import type { Budget } from './budget.ts'
import { Counts } from './counts.ts'

/** Copies of requests on disk; see spool.ts. */
export interface DiskCopies {
  discard(file: string): void
  /** The request is no longer in memory. */
  unload(file: string): void
}

export interface RequestStoreOptions {
  readonly budget: Budget
  readonly disk: () => DiskCopies | undefined
  /** Writes a request that memory has no room for; it has a `spoolFile` if that worked. */
  readonly persist: (request: QueuedRequest) => void
  readonly onDrop: (count: number, reason: DropReason) => void
  /** What became of a request, or of a part of one. */
  readonly onFinished: ((request: QueuedRequest, reason: DropReason | undefined, refused: number) => void) | undefined
}

export class RequestStore {
  readonly counts = new Counts()
  /** Bytes of the requests that wait. */
  waitingBytes = 0
  private readonly options: RequestStoreOptions
  /** Oldest first. */
  private waiting: QueuedRequest[] = []
  private readonly underWay = new Set<QueuedRequest>()

  constructor(options: RequestStoreOptions) {
    this.options = options
  }

  get waitingCount(): number {
    return this.waiting.length
  }

  get underWayCount(): number {
    return this.underWay.size
  }

  /** All that memory holds, oldest first. */
  all(): QueuedRequest[] {
    return [...this.underWay, ...this.waiting]
  }

  isUnderWay(request: QueuedRequest): boolean {
    return this.underWay.has(request)
  }

  /** Takes a request over; its batch and body are retained. */
  add(request: QueuedRequest): void {
    request.batch.retain()
    this.counts.offer(request.count)
    this.wait(request, 'last')
    request.body.retain()
  }

  /** The oldest of those that wait is under way from here on. */
  startNext(): QueuedRequest | undefined {
    const request = this.waiting.shift()
    if (!request) return undefined
    this.waitingBytes -= request.body.bytes.length
    this.underWay.add(request)
    return request
  }

  /** A request under way waits again. */
  putBack(request: QueuedRequest, where: 'first' | 'last'): void {
    this.underWay.delete(request)
    this.wait(request, where)
  }

  /** Others take the place of a request under way; they wait to be the next. What is settled of it already is in their bytes, but is not counted again. */
  replace(request: QueuedRequest, parts: readonly Part[], encoding: Compression): void {
    this.underWay.delete(request)
    this.counts.withdraw(request.count)
    let unsettled = request.count
    for (const { bytes, count: held } of parts.toReversed()) {
      const count = Math.min(held, unsettled)
      unsettled -= count
      const part = { batch: request.batch, body: new Body(bytes, this.options.budget), encoding, count }
      part.batch.retain()
      this.counts.offer(count)
      this.wait(part, 'first')
      part.body.retain()
    }
    this.release(request)
  }

  /** The back end has taken a request, but for `refused` items. */
  deliver(request: QueuedRequest, refused = 0): void {
    this.remove(request)
    this.options.onFinished?.(request, undefined, refused)
    this.counts.deliver(request.count, refused)
    if (refused > 0) this.options.onDrop(refused, 'partial_success')
    this.release(request)
  }

  lose(request: QueuedRequest, reason: DropReason): void {
    this.remove(request)
    this.options.onFinished?.(request, reason, 0)
    this.counts.lose(request.count, reason)
    this.options.onDrop(request.count, reason)
    this.release(request)
  }

  /** Somebody else has settled items of a request, maybe all; the others go on waiting. */
  settle(request: QueuedRequest, delivered: number, dropped: DropCounts): void {
    this.counts.deliver(delivered, 0)
    request.count -= delivered
    for (const [reason, count] of Object.entries(dropped) as Array<[DropReason, number]>) {
      this.counts.lose(count, reason)
      this.options.onDrop(count, reason)
      request.count -= count
    }
    if (request.count > 0) return
    this.remove(request)
    this.release(request)
  }

  /** Items that never became a request here. */
  refuse(count: number, reason: DropReason): void {
    this.counts.refuse(count, reason)
    this.options.onDrop(count, reason)
  }

  /** Gives up a request in memory: to the disk when that has it, for ever otherwise. */
  giveUp(request: QueuedRequest, reason: DropReason): void {
    if (request.spoolFile === undefined) this.lose(request, reason)
    else this.park(request, request.spoolFile)
  }

  evictOldest(): boolean {
    const oldest = this.waiting[0]
    if (!oldest) return false
    // out of the line first: while it is written, more room may be asked for
    this.remove(oldest)
    if (oldest.spoolFile === undefined) this.options.persist(oldest)
    this.giveUp(oldest, 'buffer_full')
    return true
  }

  /** Takes a request back from the disk. */
  unpark(request: QueuedRequest): void {
    this.counts.unpark(request.count)
    this.counts.withdraw(request.count)
    this.add(request)
  }

  /** A request which was on disk only is lost there. */
  loseParked(count: number, reason: DropReason): void {
    this.counts.unpark(count)
    this.counts.lose(count, reason)
    this.options.onDrop(count, reason)
  }

  /** Items of which the disk has a copy. */
  get spooled(): number {
    return this.all().reduce(
      (sum, { spoolFile, count }) => sum + (spoolFile === undefined ? 0 : count),
      this.counts.parked,
    )
  }

  /** From here on a request is on disk only. Whoever waits for it waits no longer: it is safe. */
  private park(request: QueuedRequest, file: string): void {
    this.remove(request)
    this.counts.park(request.count)
    this.options.disk()?.unload(file)
    request.body.release()
    request.batch.release()
  }

  private wait(request: QueuedRequest, where: 'first' | 'last'): void {
    if (where === 'first') this.waiting.unshift(request)
    else this.waiting.push(request)
    this.waitingBytes += request.body.bytes.length
  }

  private remove(request: QueuedRequest): void {
    if (this.underWay.delete(request)) return
    const index = this.waiting.indexOf(request)
    if (index < 0) return
    this.waiting.splice(index, 1)
    this.waitingBytes -= request.body.bytes.length
  }

  /** Ends what a settled request holds. */
  private release(request: QueuedRequest): void {
    request.body.release()
    request.batch.release()
    if (request.spoolFile !== undefined) this.options.disk()?.discard(request.spoolFile)
  }
}
