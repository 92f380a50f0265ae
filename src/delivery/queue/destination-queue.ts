/** The way to one destination of one signal: a ring of ready requests, retries, and exact counts. */
import type { Compression, Destination } from '../../config/destination.ts'
import { cleanText } from '../../redact.ts'
import { splitRequest } from '../../wire/encode-split.ts'
import type { Reporter } from '../reporter.ts'
import type { Detached } from '../run-untraced.ts'
import type { Sender } from '../send/create-sender.ts'
import type { Outcome } from '../send/outcome.ts'
import type { DestinationHealth, DropCounts, DropReason } from '../types.ts'
import { type Batch, Body, type Budget, type Evictable } from './batch.ts'
import { compressSync, decompressSync } from './compress.ts'

const FIRST_PAUSE_MILLIS = 1000
const LONGEST_PAUSE_MILLIS = 5000
/** After this long an outage is not a hiccup, and knocking every five seconds is a burden. */
const LONG_OUTAGE_MILLIS = 5 * 60_000
const LONG_OUTAGE_PAUSE_MILLIS = 30_000
/** Between attempts while the process waits for its end. */
const FINAL_PAUSE_MILLIS = 150
const JITTER = 0.2
const MAX_IN_FLIGHT = 4

/** A request to one destination. */
export interface LaneRequest {
  readonly batch: Batch
  readonly body: Body
  readonly encoding: Compression
  readonly count: number
  /** Name of its file once the spool has it. */
  spoolFile?: string | undefined
}

/** Is told about each attempt, for self metrics. */
export interface LaneObserver {
  attempted(lane: Lane, millis: number, errorType: string | undefined): void
}

/** Keeps requests on disk; see spool.ts. */
export interface LaneSpool {
  discard(file: string): void
  /** The request is no longer in memory. */
  unload(file: string): void
  /** Writes a request that memory has no room for; it has a `spoolFile` if that worked. */
  persist(lane: Lane, request: LaneRequest): void
}

export interface LaneOptions {
  readonly destination: Destination
  /** Which of the destinations of its signal it is. */
  readonly index: number
  readonly encoding: Compression
  readonly sender: Sender
  readonly budget: Budget
  readonly reporter: Reporter
  readonly detached: Detached
  readonly observer: LaneObserver
  readonly spool: () => LaneSpool | undefined
  /** A request was answered, or failed, after `hasten`. */
  readonly onEndingProgress: () => void
}

export class Lane implements Evictable {
  readonly destination: Destination
  readonly index: number
  encoding: Compression
  waitingBytes = 0
  /** Items offered and not yet acknowledged, refused or dropped; those on disk only included. */
  queued = 0
  /** Items on disk only. */
  parked = 0
  /** Items an earlier process has left on disk. */
  replayed = 0
  delivered = 0
  readonly dropped: DropCounts = {}
  lastError: string | undefined
  private readonly options: LaneOptions
  private waiting: LaneRequest[] = []
  private readonly inFlight = new Set<LaneRequest>()
  private failures = 0
  private failingSince = 0
  private notBefore = 0
  /** The server named the time itself. */
  private isThrottled = false
  private timer: NodeJS.Timeout | undefined
  private isStopped = false
  private isClosed = false
  /** The process is ending: tries are few and close together. */
  private triesLeft = Number.POSITIVE_INFINITY

  constructor(options: LaneOptions) {
    this.options = options
    this.destination = options.destination
    this.index = options.index
    this.encoding = options.encoding
  }

  /** Takes a request over; its batch and body are retained. */
  enqueue(request: LaneRequest): void {
    if (this.isClosed) {
      this.drop(request.count, 'after_shutdown')
      return
    }
    request.batch.retain()
    this.queued += request.count
    this.waiting.push(request)
    this.waitingBytes += request.body.bytes.length
    request.body.retain()
    this.pump()
  }

  /** Tries at once, unless the server has asked for a pause. */
  hurry(): void {
    if (!this.isThrottled) this.notBefore = 0
    this.pump()
  }

  /** The process is about to end: from here on `tries` attempts may fail before this destination is given up. */
  hasten(tries: number): void {
    this.triesLeft = tries
    this.hurry()
  }

  /** The process goes on after all. */
  relax(): void {
    this.triesLeft = Number.POSITIVE_INFINITY
  }

  /** Whether nothing more will come of waiting at the end of the process. */
  get isHopeless(): boolean {
    return this.triesLeft <= 0
  }

  /** Starts no further attempts. Those under way go on. */
  hold(): void {
    this.isStopped = true
    clearTimeout(this.timer)
  }

  /** All requests that are not acknowledged, oldest first. */
  pending(): LaneRequest[] {
    return [...this.inFlight, ...this.waiting]
  }

  get isFailing(): boolean {
    return this.failures > 0
  }

  evictOldest(): boolean {
    const oldest = this.waiting.shift()
    if (!oldest) return false
    this.waitingBytes -= oldest.body.bytes.length
    if (oldest.spoolFile === undefined) this.options.spool()?.persist(this, oldest)
    if (oldest.spoolFile === undefined) this.finish(oldest, 'buffer_full')
    else this.park(oldest)
    return true
  }

  /** Gives up everything, for `reason`, and takes nothing more. */
  stop(reason: DropReason): void {
    this.isClosed = true
    this.hold()
    const rest = this.pending()
    this.waiting = []
    this.waitingBytes = 0
    this.inFlight.clear()
    for (const request of rest) {
      if (request.spoolFile === undefined) this.finish(request, reason)
      else this.park(request)
    }
    this.options.sender.close()
  }

  /** From here on a request is on disk only. Whoever waits for it waits no longer: it is safe. */
  private park(request: LaneRequest): void {
    this.parked += request.count
    this.options.spool()?.unload(request.spoolFile!)
    request.body.release()
    request.batch.release()
  }

  /** Takes a request back from the disk. */
  unpark(request: LaneRequest): void {
    this.parked -= request.count
    this.queued -= request.count
    this.enqueue(request)
  }

  /** Takes over items that an earlier process has left on disk. */
  replay(count: number): void {
    this.replayed += count
    this.queued += count
    this.parked += count
  }

  /** A request which was on disk only is lost there. */
  dropParked(count: number, reason: DropReason): void {
    this.parked -= count
    this.queued -= count
    this.drop(count, reason)
  }

  /** Counts a request of `pending()` as settled by someone else, e.g. the exit worker. */
  settle(request: LaneRequest, reason: DropReason | undefined, refused = 0): void {
    this.inFlight.delete(request)
    const index = this.waiting.indexOf(request)
    if (index >= 0) {
      this.waiting.splice(index, 1)
      this.waitingBytes -= request.body.bytes.length
    }
    this.finish(request, reason, refused)
  }

  drop(count: number, reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count
    this.options.reporter.dropped(count)
  }

  health(): DestinationHealth {
    const state = this.isFailing ? 'failing' : this.queued > 0 ? 'delivering' : 'idle'
    const spooled = this.pending().reduce(
      (sum, request) => sum + (request.spoolFile === undefined ? 0 : request.count),
      this.parked,
    )
    const { delivered, queued, lastError, replayed } = this
    return {
      label: this.destination.label,
      state,
      delivered,
      dropped: { ...this.dropped },
      queued,
      replayed,
      spooled,
      lastError: lastError === undefined ? undefined : cleanText(lastError),
    }
  }

  private pump(): void {
    if (this.isStopped) return
    const limit = this.isFailing ? 1 : MAX_IN_FLIGHT
    const pause = this.notBefore - performance.now()
    if (pause > 0) {
      this.pumpAfter(pause)
      return
    }
    while (this.waiting.length > 0 && this.inFlight.size < limit) {
      const request = this.waiting.shift()!
      this.waitingBytes -= request.body.bytes.length
      this.inFlight.add(request)
      this.options.detached(() => void this.send(request).catch((error) => this.fail(request, error)))
    }
  }

  private pumpAfter(millis: number): void {
    if (this.waiting.length === 0) return
    clearTimeout(this.timer)
    this.timer = this.options.detached(() => setTimeout(() => this.pump(), Math.ceil(millis)).unref())
  }

  private async send(request: LaneRequest, isSecondTry = false): Promise<void> {
    const ready =
      this.encoding === request.encoding || this.isAccepted(request.encoding) ? request : this.recode(request)
    const start = performance.now()
    const outcome = await this.options.sender.send(
      { body: ready.body.bytes, encoding: ready.encoding },
      this.destination.timeoutMillis,
    )
    if (this.isStopped || !this.inFlight.has(ready)) return
    if (outcome.kind === 'stale' && !isSecondTry) return this.send(ready, true)
    const errorType = outcome.kind === 'accepted' ? undefined : outcome.kind
    this.options.observer.attempted(this, performance.now() - start, errorType)
    this.conclude(ready, outcome)
    this.pump()
  }

  /** A fault of our own must not become an unhandled rejection of the application's. */
  private fail(request: LaneRequest, error: unknown): void {
    if (!this.inFlight.has(request)) return
    const reason = `the request can't be made: ${error instanceof Error ? error.message : String(error)}`
    this.refuse(request, { kind: 'rejected', reason })
    this.pump()
  }

  private conclude(request: LaneRequest, outcome: Outcome): void {
    if (outcome.kind === 'accepted') this.accept(request, outcome.rejected, outcome.message)
    else if (outcome.kind === 'retryable') this.retry(request, outcome)
    else if (outcome.kind === 'stale') this.retry(request, RESET)
    else this.refuse(request, outcome)
    if (this.triesLeft < Number.POSITIVE_INFINITY) this.options.onEndingProgress()
  }

  private refuse(request: LaneRequest, outcome: Refusal): void {
    this.lastError = outcome.reason
    this.recover()
    if (outcome.kind === 'too-large' && this.split(request)) return
    if (outcome.kind === 'unsupported-encoding' && this.downgrade(request)) return
    this.options.reporter.refused(`${request.count} ${NOUNS[this.destination.signal]}`, outcome.reason)
    this.finish(request, outcome.kind === 'too-large' ? 'too_large' : 'rejected')
  }

  private accept(request: LaneRequest, rejected: number, message: string | undefined): void {
    this.recover()
    const refused = Math.min(rejected, request.count)
    if (refused > 0) {
      this.lastError = message ?? 'partial success'
      this.options.reporter.partial(
        `did not take ${refused} of ${request.count} ${NOUNS[this.destination.signal]}`,
        message,
      )
    } else if (message !== undefined) this.options.reporter.partial('warns', message)
    this.finish(request, undefined, refused)
  }

  private recover(): void {
    if (this.failures === 0) return
    this.failures = 0
    this.notBefore = 0
    this.isThrottled = false
    this.options.reporter.delivering(this)
  }

  /** To the back of the queue, so that one request the back end chokes on does not block the others. */
  private retry(request: LaneRequest, outcome: Retryable): void {
    this.lastError = outcome.reason
    // requests under way together fail together: that is one failure of the destination
    const isNew = performance.now() >= this.notBefore
    if (this.failures === 0) this.failingSince = performance.now()
    if (isNew) {
      this.failures++
      this.triesLeft--
    }
    if (isNew || outcome.retryAfterMillis !== undefined) {
      this.isThrottled = outcome.retryAfterMillis !== undefined
      this.notBefore = performance.now() + (outcome.retryAfterMillis ?? this.nextPause())
    }
    this.inFlight.delete(request)
    this.waiting.push(request)
    this.waitingBytes += request.body.bytes.length
    this.options.reporter.failing(this, outcome.reason, outcome.isCertain)
  }

  private nextPause(): number {
    if (this.triesLeft < Number.POSITIVE_INFINITY) return FINAL_PAUSE_MILLIS
    const isLong = performance.now() - this.failingSince > LONG_OUTAGE_MILLIS
    const pause = isLong
      ? LONG_OUTAGE_PAUSE_MILLIS
      : Math.min(FIRST_PAUSE_MILLIS * 2 ** (this.failures - 1), LONGEST_PAUSE_MILLIS)
    return pause * (1 + JITTER * (2 * Math.random() - 1))
  }

  private split(request: LaneRequest): boolean {
    const halves = splitRequest(decompressSync(request.body.bytes, request.encoding), this.destination.signal)
    if (!halves) return false
    this.inFlight.delete(request)
    for (const { bytes, count } of halves) {
      this.waiting.unshift(this.derive(request, compressSync(bytes, request.encoding), request.encoding, count))
    }
    this.forget(request)
    return true
  }

  /** zstd -> gzip -> none, for this and all later requests. */
  private downgrade(request: LaneRequest): boolean {
    if (request.encoding === 'none') return false
    if (this.isAccepted(request.encoding)) this.encoding = request.encoding === 'zstd' ? 'gzip' : 'none'
    this.inFlight.delete(request)
    this.waiting.unshift(request)
    this.waitingBytes += request.body.bytes.length
    return true
  }

  /** Whether the destination is still believed to read an encoding. */
  private isAccepted(encoding: Compression): boolean {
    return ENCODINGS.indexOf(encoding) >= ENCODINGS.indexOf(this.encoding)
  }

  private recode(request: LaneRequest): LaneRequest {
    const raw = decompressSync(request.body.bytes, request.encoding)
    const recoded = this.derive(request, compressSync(raw, this.encoding), this.encoding, request.count)
    this.waitingBytes -= recoded.body.bytes.length
    this.inFlight.delete(request)
    this.inFlight.add(recoded)
    this.forget(request)
    return recoded
  }

  private derive(request: LaneRequest, bytes: Buffer, encoding: Compression, count: number): LaneRequest {
    const derived = { batch: request.batch, body: new Body(bytes, this.options.budget).retain(), encoding, count }
    derived.batch.retain()
    this.queued += count
    this.waitingBytes += bytes.length
    return derived
  }

  /** Ends a request that others replace. */
  private forget(request: LaneRequest): void {
    this.queued -= request.count
    if (request.spoolFile !== undefined) this.options.spool()?.discard(request.spoolFile)
    request.body.release()
    request.batch.release()
  }

  private finish(request: LaneRequest, reason: DropReason | undefined, refused = 0): void {
    this.inFlight.delete(request)
    if (reason !== undefined) this.drop(request.count, reason)
    else {
      this.delivered += request.count - refused
      if (refused > 0) this.drop(refused, 'partial_success')
    }
    this.forget(request)
  }
}

type Retryable = Extract<Outcome, { kind: 'retryable' }>
type Refusal = Extract<Outcome, { kind: 'too-large' | 'unsupported-encoding' | 'rejected' }>
const RESET: Retryable = {
  kind: 'retryable',
  reason: 'connection reset',
  retryAfterMillis: undefined,
  isCertain: false,
}
const ENCODINGS: readonly Compression[] = ['zstd', 'gzip', 'none']
export const NOUNS = { traces: 'spans', metrics: 'data points', logs: 'log records' } as const
