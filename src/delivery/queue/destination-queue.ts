/** The queue to one destination of one signal, as the rest of delivery sees it. */
import type { Compression, Destination } from '../../config/destination.ts'
import { cleanText } from '../../redact.ts'
import type { Reporter } from '../reporter.ts'
import type { RunUntraced } from '../run-untraced.ts'
import type { Sender } from '../send/sender.ts'
import type { DestinationHealth, DropCounts, DropReason } from '../types.ts'
import type { QueuedRequest } from './batch.ts'
import type { Budget, Evictable } from './budget.ts'
import { isBacklog } from './concurrency.ts'
import { NOUNS } from './counts.ts'
import { Dispatcher } from './dispatcher.ts'
import { type DiskCopies, RequestStore } from './request-store.ts'

export type { QueuedRequest } from './batch.ts'
export { NOUNS } from './counts.ts'

/** At the end of the process, close together. */
const TRIES = 3
/** Until the time limit of the end, more or less: it listens in a moment. */
const STARTING_TRIES = 50

/** Is told about each attempt, for self metrics. */
export interface AttemptObserver {
  attempted(queue: DestinationQueue, millis: number, errorType: string | undefined): void
}

/** Keeps requests on disk; see spool.ts. */
export interface RequestSpool extends DiskCopies {
  persist(queue: DestinationQueue, request: QueuedRequest): void
}

export interface DestinationQueueOptions {
  readonly destination: Destination
  /** Which of the destinations of its signal it is. */
  readonly index: number
  readonly encoding: Compression
  readonly sender: Sender
  readonly budget: Budget
  readonly reporter: Reporter
  readonly runUntraced: RunUntraced
  readonly observer: AttemptObserver
  readonly spool: () => RequestSpool | undefined
  /** Is told what became of the items of a request, or of a part of it. */
  readonly onFinished?: (request: QueuedRequest, reason: DropReason | undefined, refused: number) => void
  /** A request was answered, or failed, after `hasten`. */
  readonly onEndingProgress: () => void
}

export class DestinationQueue implements Evictable {
  readonly destination: Destination
  readonly index: number
  readonly reporter: Reporter
  private readonly sender: Sender
  private readonly store: RequestStore
  private readonly dispatcher: Dispatcher
  private readonly spool: () => RequestSpool | undefined
  private isClosed = false

  constructor(options: DestinationQueueOptions) {
    const { destination, index, budget, reporter, observer } = options
    this.reporter = reporter
    this.sender = options.sender
    this.spool = options.spool
    this.destination = destination
    this.index = index
    this.store = new RequestStore({
      budget,
      onFinished: options.onFinished,
      disk: options.spool,
      persist: (request) => options.spool()?.persist(this, request),
      onDrop: (count, reason) => reporter.dropped(this.dispatcher, count, NOUNS[destination.signal], reason),
    })
    this.dispatcher = new Dispatcher({
      ...options,
      store: this.store,
      onAttempt: (millis, errorType) => observer.attempted(this, millis, errorType),
    })
  }

  /** The best that it is believed to read. */
  get encoding(): Compression {
    return this.dispatcher.encoding
  }
  /** Of a batch that is closed now: what is going to wait, in memory or on disk, is compressed in any case. */
  get nextEncoding(): Compression {
    const goesAtOnce = this.destination.isPlainAtOnce && !this.isFailing && this.store.waitingCount === 0
    return goesAtOnce && this.spool() === undefined ? 'none' : this.encoding
  }
  get queued(): number {
    return this.store.counts.queued
  }
  get delivered(): number {
    return this.store.counts.delivered
  }
  get dropped(): DropCounts {
    return this.store.counts.dropped
  }
  get waitingBytes(): number {
    return this.store.waitingBytes
  }
  get isFailing(): boolean {
    return this.dispatcher.pace.isFailing
  }
  /** Whether requests are made faster than they are answered. */
  get isBehind(): boolean {
    return isBacklog(this.store.waitingCount)
  }
  /** Whether nothing more will come of waiting at the end of the process. */
  get isHopeless(): boolean {
    return this.dispatcher.pace.isHopeless
  }
  get lastError(): string | undefined {
    return this.dispatcher.lastError
  }
  /** No secret and nothing unprintable gets in. */
  set lastError(text: string | undefined) {
    this.dispatcher.lastError = text
  }

  /** Takes a request over; its batch and body are retained. */
  enqueue(request: QueuedRequest): void {
    if (this.isClosed) {
      this.drop(request.count, 'after_shutdown')
      return
    }
    this.store.add(request)
    this.dispatcher.pump()
  }

  /** Tries at once, unless the server has asked for a pause. */
  hurry(): void {
    this.dispatcher.pace.hurry()
    this.dispatcher.pump()
  }

  /** The process is about to end: from here on a few attempts may fail before this destination is given up, and many where it is starting. */
  hasten(): void {
    this.dispatcher.pace.hasten(this.destination.isStarting ? STARTING_TRIES : TRIES)
    this.dispatcher.pump()
  }

  /** The process goes on after all. */
  relax(): void {
    this.dispatcher.pace.relax()
  }

  /** Starts no further attempts. Those under way go on. */
  hold(): void {
    this.dispatcher.hold()
  }

  /** All requests in memory that are not settled, oldest first. */
  pending(): QueuedRequest[] {
    return this.store.all()
  }

  evictOldest(): boolean {
    return this.store.evictOldest()
  }

  /** Gives up everything, for `reason`, and takes nothing more. */
  stop(reason: DropReason): void {
    this.isClosed = true
    this.hold()
    for (const request of this.store.all()) this.store.giveUp(request, reason)
    this.reporter.tellDrops()
    this.sender.close()
  }

  /** Takes a request back from the disk. */
  unpark(request: QueuedRequest): void {
    this.store.unpark(request)
    this.dispatcher.pump()
  }

  /** Takes over items that an earlier process has left on disk. */
  replay(count: number): void {
    this.store.counts.replay(count)
  }

  /** A request which was on disk only is lost there. */
  dropParked(count: number, reason: DropReason): void {
    this.store.loseParked(count, reason)
  }

  /** Counts what somebody else, e.g. the exit worker, has come to with a request of `pending()`. Items it says nothing about go on waiting. */
  settle(request: QueuedRequest, delivered: number, dropped: DropCounts): void {
    this.store.settle(request, delivered, dropped)
  }

  /** Counts items that another thread sends. */
  handOver(count: number): void {
    this.store.counts.handOver(count)
  }

  /** Counts items that never became a request. */
  drop(count: number, reason: DropReason): void {
    this.store.refuse(count, reason)
  }

  health(): DestinationHealth {
    const { delivered, dropped, queued, replayed } = this.store.counts
    return {
      label: this.destination.label,
      state: this.isFailing ? 'failing' : queued > 0 ? 'delivering' : 'idle',
      delivered,
      dropped: { ...dropped },
      queued,
      replayed,
      spooled: this.store.spooled,
      lastError: this.lastError === undefined ? undefined : cleanText(this.lastError),
    }
  }
}
