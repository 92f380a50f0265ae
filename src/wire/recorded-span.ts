/** What the encoder reads of a span of our own tracer, past the objects that `ReadableSpan` asks for and that nobody else may ever look at. */
import type { Link, SpanStatus } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'

export interface RecordedSpan extends ReadableSpan {
  /** The span itself: what only looks like the span, such as a Proxy around it or an object that inherits from it, has something else to say. */
  readonly _self: unknown
  /** Keys and values in turn, each value a string, a number, a boolean or a copy; undefined once somebody has asked for `attributes`. */
  readonly _flat: readonly unknown[] | undefined
  readonly _events: ReadableSpan['events'] | undefined
  readonly _links: Link[] | undefined
  readonly _status: SpanStatus | undefined
  readonly _startSeconds: number
  readonly _startNanos: number
  readonly _endSeconds: number
  readonly _endNanos: number
}

const hasOwn = Object.prototype.hasOwnProperty

/** The span as its tracer keeps it; undefined where it is not one of ours, or where a processor has put something in front of what the span holds. */
export function recordedSpan(span: ReadableSpan): RecordedSpan | undefined {
  const own = span as Partial<RecordedSpan>
  if (own._self !== span || own._flat === undefined) return undefined
  return hasOwn.call(span, 'attributes') || hasOwn.call(span, 'events') ? undefined : (own as RecordedSpan)
}
