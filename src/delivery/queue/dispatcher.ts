/** Sends the requests of one destination: which goes next, when, how many at once, and what an answer means for it. */

import type { Compression, Destination } from '../../config/destination.ts'
import { messageOf } from '../../errors.ts'
import { cleanText } from '../../redact.ts'
import { clearTimeout, performance, setImmediate, setTimeout } from '../../timers.ts'
import type { Reporter } from '../reporter.ts'
import type { RunUntraced } from '../run-untraced.ts'
import { type Accepted, type Outcome, type Refusal, type Retryable, retryable } from '../send/outcome.ts'
import type { Sender } from '../send/sender.ts'
import type { QueuedRequest } from './batch.ts'
import { NOUNS } from './counts.ts'
import { Pace } from './pace.ts'
import type { RequestStore } from './request-store.ts'
import { isReadable, recode, simpler, splitInTwo } from './reshape.ts'
import { mayBegin } from './turn.ts'

const MAX_TEXT_LENGTH = 500

export interface DispatcherOptions {
  readonly destination: Destination
  readonly encoding: Compression
  readonly sender: Sender
  readonly store: RequestStore
  readonly reporter: Reporter
  readonly runUntraced: RunUntraced
  readonly onAttempt: (millis: number, errorType: string | undefined) => void
  /** A request was answered, or failed, after `hasten`. */
  readonly onEndingProgress: () => void
}

export class Dispatcher {
  /** The best encoding that the destination is believed to read. */
  encoding: Compression
  private readonly options: DispatcherOptions
  private readonly store: RequestStore
  readonly pace = new Pace()
  private reason: string | undefined
  private timer: NodeJS.Timeout | undefined
  private isHeld = false
  private isPostponed = false

  constructor(options: DispatcherOptions) {
    this.options = options
    this.store = options.store
    this.encoding = options.encoding
  }

  get lastError(): string | undefined {
    return this.reason
  }

  /** Whoever sets it: no secret and nothing unprintable gets in. */
  set lastError(text: string | undefined) {
    this.reason = text && shorten(text)
  }

  /** Starts no further attempts. Those under way go on. */
  hold(): void {
    this.isHeld = true
    clearTimeout(this.timer)
  }

  /** Starts what may start now. */
  pump(): void {
    if (this.isHeld || this.store.waitingCount === 0) return
    const pause = this.pace.pauseMillis()
    if (pause > 0) {
      this.pumpAfter(pause)
      return
    }
    while (this.store.underWayCount < this.pace.limit && this.store.waitingCount > 0) {
      if (!this.options.runUntraced(mayBegin)) {
        this.pumpNextTurn()
        return
      }
      const request = this.store.startNext()
      if (!request) return
      this.options.runUntraced(() => void this.send(request))
    }
  }

  private pumpNextTurn(): void {
    if (this.isPostponed) return
    this.isPostponed = true
    const pump = (): void => {
      this.isPostponed = false
      this.pump()
    }
    this.options.runUntraced(() => setImmediate(pump).unref())
  }

  private pumpAfter(millis: number): void {
    clearTimeout(this.timer)
    this.timer = this.options.runUntraced(() => setTimeout(() => this.pump(), Math.ceil(millis)).unref())
  }

  /** A fault of our own must not become an unhandled rejection of the application's. */
  private async send(request: QueuedRequest): Promise<void> {
    try {
      if (isReadable(request.encoding, this.encoding)) await this.conclude(request, await this.attempt(request))
      else await this.recode(request)
    } catch (error) {
      const reason = `the request can't be made: ${messageOf(error)}`
      if (this.store.isUnderWay(request)) this.settleRefusal(request, { kind: 'rejected', reason }, false)
    }
    this.pump()
  }

  private async attempt({ body, encoding }: QueuedRequest): Promise<Outcome> {
    const { sender, destination, onAttempt } = this.options
    const message = { body: body.bytes, encoding }
    const start = performance.now()
    let outcome = await sender.send(message, destination.timeoutMillis)
    if (outcome.kind === 'stale') outcome = await sender.send(message, destination.timeoutMillis)
    onAttempt(performance.now() - start, outcome.kind === 'accepted' ? undefined : outcome.kind)
    return outcome
  }

  private async conclude(request: QueuedRequest, outcome: Outcome): Promise<void> {
    // somebody else may have settled it meanwhile
    if (!this.store.isUnderWay(request)) return
    if (outcome.kind === 'accepted') this.accept(request, outcome)
    else if (outcome.kind === 'retryable') this.retry(request, outcome)
    else if (outcome.kind === 'stale') this.retry(request, retryable('connection reset'))
    else if (outcome.kind === 'too-large') await this.split(request, outcome)
    else if (outcome.kind === 'unsupported-encoding') this.downgrade(request, outcome)
    else this.settleRefusal(request, outcome, false)
    if (this.pace.isEnding) this.options.onEndingProgress()
  }

  private accept(request: QueuedRequest, { rejected, message }: Accepted): void {
    this.recover()
    this.pace.succeeded(this.store.waitingCount)
    const { reporter } = this.options
    const text = message === undefined ? undefined : shorten(message)
    const isCount = Number.isSafeInteger(rejected) && rejected >= 0
    const refused = isCount ? Math.min(rejected, request.count) : 0
    if (refused > 0) {
      this.lastError = text ?? 'partial success'
      reporter.partial(`did not take ${refused} of ${request.count} ${this.noun}`, text)
    } else if (!isCount)
      reporter.partial(`took ${this.noun} in part but says no number; all are counted as taken`, text)
    else if (text !== undefined) reporter.partial('warns', text)
    this.store.deliver(request, refused)
  }

  /** To the back of the queue, so that one request the back end chokes on does not block the others. */
  private retry(request: QueuedRequest, { reason, retryAfterMillis, isCertain }: Retryable): void {
    this.lastError = reason
    this.pace.failed(retryAfterMillis)
    this.store.putBack(request, 'last')
    this.options.reporter.failing(this, this.lastError ?? reason, isCertain)
  }

  /** @param isReshaped whether it is tried again in another form */
  private settleRefusal(request: QueuedRequest, { kind, reason }: Refusal, isReshaped: boolean): void {
    this.recover()
    this.lastError = reason
    if (isReshaped) return
    this.options.reporter.refused(`${request.count} ${this.noun}`, this.lastError ?? '')
    this.store.lose(request, kind === 'too-large' ? 'too_large' : 'rejected')
  }

  private async split(request: QueuedRequest, refusal: Refusal): Promise<void> {
    const halves = await splitInTwo(request, this.options.destination.signal)
    if (!this.store.isUnderWay(request)) return
    if (halves) this.store.replace(request, halves, request.encoding)
    this.settleRefusal(request, refusal, halves !== undefined)
  }

  /** zstd -> gzip -> none, for this and all later requests. */
  private downgrade(request: QueuedRequest, refusal: Refusal): void {
    const next = simpler(request.encoding)
    if (next !== undefined) {
      if (isReadable(request.encoding, this.encoding)) this.encoding = next
      this.store.putBack(request, 'first')
    }
    this.settleRefusal(request, refusal, next !== undefined)
  }

  private async recode(request: QueuedRequest): Promise<void> {
    const { encoding } = this
    const bytes = await recode(request, encoding)
    if (this.store.isUnderWay(request)) this.store.replace(request, [{ bytes, count: request.count }], encoding)
  }

  private recover(): void {
    if (this.pace.recovered()) this.options.reporter.delivering(this)
  }

  private get noun(): string {
    return NOUNS[this.options.destination.signal]
  }
}

/** What a server says is shown without secrets and escapes, and not at length. */
const shorten = (text: string): string => cleanText(text).slice(0, MAX_TEXT_LENGTH).trim()
