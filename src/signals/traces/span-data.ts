/** What a span of our tracer holds, and how it looks to processors and exporters. What few of them ask for is made when somebody does. */
import { inspect } from 'node:util'
import type { Attributes, HrTime, Link, SpanContext, SpanKind, SpanStatus } from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { RecordedSpan } from '../../wire/recorded-span.ts'
import { setOwn } from '../attribute-values.ts'
import { between } from './span-time.ts'

export const OPEN = 0
export const ENDING = 1
export const ENDED = 2

// assigned by the constructor alone, so that all spans have one shape: hence `declare`, and no private fields, which a Proxy could not reach
export class SpanData implements RecordedSpan {
  declare readonly _self: unknown
  declare name: string
  declare kind: SpanKind
  declare parentSpanContext: SpanContext | undefined
  declare resource: Resource
  declare instrumentationScope: InstrumentationScope
  declare droppedAttributesCount: number
  declare droppedEventsCount: number
  declare droppedLinksCount: number
  declare _context: SpanContext
  declare _flat: unknown[] | undefined
  declare _attributes: Attributes | undefined
  declare _attributesCount: number
  declare _events: ReadableSpan['events'] | undefined
  declare _links: Link[] | undefined
  declare _status: SpanStatus | undefined
  declare _startSeconds: number
  declare _startNanos: number
  declare _endSeconds: number
  declare _endNanos: number
  declare _state: typeof OPEN | typeof ENDING | typeof ENDED

  constructor(context: SpanContext, name: string, kind: SpanKind, resource: Resource, scope: InstrumentationScope) {
    this._self = this
    this.name = name
    this.kind = kind
    this.parentSpanContext = undefined
    this.resource = resource
    this.instrumentationScope = scope
    this.droppedAttributesCount = 0
    this.droppedEventsCount = 0
    this.droppedLinksCount = 0
    this._context = context
    this._flat = []
    this._attributes = undefined
    this._attributesCount = 0
    this._events = undefined
    this._links = undefined
    this._status = undefined
    this._startSeconds = 0
    this._startNanos = 0
    this._endSeconds = 0
    this._endNanos = 0
    this._state = OPEN
  }

  spanContext(): SpanContext {
    return this._context
  }

  get ended(): boolean {
    return this._state === ENDED
  }

  get attributes(): Attributes {
    if (this._attributes === undefined) this._unfold()
    return this._attributes!
  }

  set attributes(attributes: Attributes) {
    this._attributes = attributes
    this._flat = undefined
  }

  get events(): ReadableSpan['events'] {
    this._events ??= []
    return this._events
  }

  set events(events: ReadableSpan['events']) {
    this._events = events
  }

  get links(): Link[] {
    this._links ??= []
    return this._links
  }

  set links(links: Link[]) {
    this._links = links
  }

  get status(): SpanStatus {
    this._status ??= { code: 0 }
    return this._status
  }

  set status(status: SpanStatus) {
    this._status = status
  }

  get startTime(): HrTime {
    return [this._startSeconds, this._startNanos]
  }

  set startTime(time: HrTime) {
    this._startSeconds = time[0]
    this._startNanos = time[1]
  }

  /** Zero until the span ends. */
  get endTime(): HrTime {
    return [this._endSeconds, this._endNanos]
  }

  set endTime(time: HrTime) {
    this._endSeconds = time[0]
    this._endNanos = time[1]
  }

  /** -1 until the span ends. */
  get duration(): HrTime {
    if (this._state === OPEN) return [-1, -1]
    return between(this._startSeconds, this._startNanos, this._endSeconds, this._endNanos)
  }

  /** As processors and exporters for SDK 1.x know it. */
  get parentSpanId(): string | undefined {
    return this.parentSpanContext?.spanId
  }

  /** As processors and exporters for SDK 1.x know it. */
  get instrumentationLibrary(): InstrumentationScope {
    return this.instrumentationScope
  }

  /** What the span says, without the tracer's own fields, which lead to everything that the provider holds. */
  toJSON(): object {
    const { name, kind, parentSpanContext, status, startTime, endTime, duration, ended, attributes, events, links } =
      this
    const { droppedAttributesCount, droppedEventsCount, droppedLinksCount, instrumentationScope } = this
    return {
      ...{ name, kind, spanContext: this._context, parentSpanContext, status, startTime, endTime, duration, ended },
      ...{ attributes, events, links, droppedAttributesCount, droppedEventsCount, droppedLinksCount },
      instrumentationScope,
    }
  }

  [inspect.custom](depth: number, options: object): string {
    return depth < 0 ? '[Span]' : `Span ${inspect(this.toJSON(), { ...options, depth })}`
  }

  _unfold(): void {
    const flat = this._flat ?? []
    const attributes: Record<string, unknown> = {}
    for (let index = 0; index < flat.length; index += 2) setOwn(attributes, flat[index] as string, flat[index + 1])
    this._attributes = attributes as Attributes
    this._flat = undefined
  }
}
