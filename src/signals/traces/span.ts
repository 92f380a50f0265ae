/** A span that records. No call of its methods throws, or blocks, whatever it is given. */
import {
  type Attributes,
  type AttributeValue,
  diag,
  type Exception,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { performance } from '../../timers.ts'
import { keepAttributes, keysOf, readProperty, toName } from '../attribute-values.ts'
import { exceptionEventAttributes } from './exception-attributes.ts'
import { type Limits, setAttribute, setStartAttributes } from './span-attributes.ts'
import { ENDED, ENDING, OPEN, SpanData } from './span-data.ts'
import { isTimeInput, parts, setFromInput, setFromMillis, setFromSum } from './span-time.ts'

/** What the spans of one provider have in common. */
export interface SpanOwner {
  readonly resource: Resource
  readonly limits: Limits
  /** A copy within the limits; undefined for what is no link. */
  keepLink(link: unknown): Link | undefined
  onEnding(span: RecordingSpan): void
  onEnd(span: RecordingSpan): void
}

const REPEAT_AFTER_MILLIS = 60_000
let saidEndedTwiceAt = Number.NEGATIVE_INFINITY

export class RecordingSpan extends SpanData implements Span {
  declare _owner: SpanOwner
  /** The nearest span of this process above this one which had not ended when last looked at. */
  declare _above: RecordingSpan | undefined
  declare _isSampled: boolean
  declare _monotonicMillis: number
  /** The wall clock when the span began, where its start was given; else its start is that. */
  declare _wallMillis: number | undefined

  constructor(owner: SpanOwner, scope: InstrumentationScope, context: SpanContext, name: unknown, kind: SpanKind) {
    super(context, toName(name), kind, owner.resource, scope)
    this._owner = owner
    this._above = undefined
    this._isSampled = (context.traceFlags & 1) !== 0
    this._monotonicMillis = performance.now()
    this._wallMillis = undefined
  }

  /** Sets the start, links and attributes; `attributes` may be anything. */
  _begin(startTime: unknown, attributes: unknown, links: readonly Link[] | undefined): void {
    const now = Date.now()
    if (startTime !== undefined && startTime !== null && setFromInput(startTime, now, this._monotonicMillis))
      this._wallMillis = now
    else setFromMillis(now)
    this._startSeconds = parts.seconds
    this._startNanos = parts.nanos
    if (links !== undefined && links.length > 0) this._setLinks(links)
    if (typeof attributes === 'object' && attributes !== null) setStartAttributes(this, attributes, this._owner.limits)
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this._state === ENDED) return this._complain()
    setAttribute(this, key, value, this._owner.limits)
    return this
  }

  setAttributes(attributes: Attributes): this {
    if (this._state === ENDED) return this._complain()
    for (const key of keysOf(attributes)) setAttribute(this, key, readProperty(attributes, key), this._owner.limits)
    return this
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this._state === ENDED) return this._complain()
    const { eventCountLimit, attributePerEventCountLimit, attributeValueLengthLimit } = this._owner.limits
    if (!this._makeRoom(this.events, eventCountLimit)) {
      this.droppedEventsCount++
      return this
    }
    const isTime = isTimeInput(attributesOrTime)
    this._setTime(isTime && !isTimeInput(time) ? attributesOrTime : time)
    const at: [number, number] = [parts.seconds, parts.nanos]
    const attributes = isTime ? undefined : attributesOrTime
    const kept = keepAttributes(attributes, attributePerEventCountLimit, attributeValueLengthLimit)
    this.events.push({ name: toName(name), time: at, ...kept })
    return this
  }

  addLink(link: Link): this {
    if (this._state === ENDED) return this._complain()
    const kept = this._owner.keepLink(link)
    if (kept === undefined || !this._makeRoom(this.links, this._owner.limits.linkCountLimit)) this.droppedLinksCount++
    else this.links.push(kept)
    return this
  }

  addLinks(links: Link[]): this {
    try {
      for (const link of links) this.addLink(link)
    } catch {
      // not a list, or one that cannot be read
    }
    return this
  }

  setStatus(status: SpanStatus): this {
    if (this._state === ENDED) return this._complain()
    if (typeof status !== 'object' || status === null) return this
    const code = readProperty(status, 'code')
    if (code === SpanStatusCode.UNSET || this._status?.code === SpanStatusCode.OK) return this
    if (code !== SpanStatusCode.OK && code !== SpanStatusCode.ERROR) return this
    const message = code === SpanStatusCode.ERROR ? readProperty(status, 'message') : undefined
    if (typeof message === 'string') this._status = { code, message }
    else {
      this._status = { code }
      if (message !== undefined && message !== null) diag.warn('A status message that is no string was left out')
    }
    return this
  }

  updateName(name: string): this {
    if (this._state === ENDED) return this._complain()
    this.name = toName(name)
    return this
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes = exceptionEventAttributes(exception)
    if (attributes) this.addEvent('exception', attributes, time)
    else diag.warn('An exception without a message, a name and a code was not recorded')
  }

  isRecording(): boolean {
    return this._state !== ENDED
  }

  end(endTime?: TimeInput): void {
    if (this._state !== OPEN) {
      if (this._state === ENDED) sayEndedTwice(this)
      return
    }
    this._setTime(endTime)
    const isEarlier =
      parts.seconds < this._startSeconds || (parts.seconds === this._startSeconds && parts.nanos < this._startNanos)
    if (isEarlier) diag.warn('A span ended before it started; its duration is 0')
    this._endSeconds = isEarlier ? this._startSeconds : parts.seconds
    this._endNanos = isEarlier ? this._startNanos : parts.nanos
    this._state = ENDING
    this._owner.onEnding(this)
    this._state = ENDED
    this._above = openOne(this._above)
    this._owner.onEnd(this)
  }

  private _setLinks(links: readonly Link[]): void {
    const { linkCountLimit } = this._owner.limits
    const first = Math.max(0, links.length - linkCountLimit)
    this._links = links.slice(first)
    this.droppedLinksCount = first
  }

  /** Drops the oldest where the list is full. */
  private _makeRoom(list: unknown[], limit: number): boolean {
    if (limit <= 0) return false
    if (list.length < limit) return true
    list.shift()
    if (list === this._events) this.droppedEventsCount++
    else this.droppedLinksCount++
    return true
  }

  private _setTime(input: unknown): void {
    const started = this._wallMillis ?? this._startSeconds * 1e3 + this._startNanos / 1e6
    if (input !== undefined && input !== null && setFromInput(input, started, this._monotonicMillis)) return
    if (this._wallMillis !== undefined) setFromMillis(Date.now())
    else setFromSum(this._startSeconds, this._startNanos, performance.now() - this._monotonicMillis)
  }

  private _complain(): this {
    diag.warn('A span was changed after its end', this.name)
    return this
  }
}

/** The spans of this process that are still open, from the nearest to the root: `span` itself, if it is open, and those above it. */
export function openAncestors(span: Span | undefined): Span[] {
  const open: Span[] = []
  let next = span instanceof RecordingSpan ? openOne(span) : undefined
  for (; next !== undefined; next = openOne(next._above)) open.push(next)
  return open
}

/** The span, or the nearest above it that has not ended. */
export function openOne(span: RecordingSpan | undefined): RecordingSpan | undefined {
  let open = span
  while (open !== undefined && open._state === ENDED) open = open._above
  return open
}

function sayEndedTwice(span: SpanData): void {
  const now = performance.now()
  if (now - saidEndedTwiceAt < REPEAT_AFTER_MILLIS) return
  saidEndedTwiceAt = now
  diag.error(`You can only call end() on a span once; "${span.name}" was ended again`)
}
