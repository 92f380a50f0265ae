/**
 * Calls that start a trace of their own while a request is open: as a rule the context was lost on the way, by a queue, a pool or an event emitter.
 * Two of the same kind are told, since one may be a coincidence.
 */
import { SpanKind } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { callerOf, takeStack } from './caller.ts'
import type { Check, Say } from './check.ts'

const ENOUGH = 2
const MAX_NAMES = 500
const MAX_OPEN = 1_000

export function createContextCheck(say: Say): Check {
  /** Requests that are being answered. */
  const requests = new Map<string, ReadableSpan>()
  const seen = new Map<string, number>()
  return {
    onStart(span) {
      const { spanId } = span.spanContext()
      if (isRequest(span)) {
        if (requests.size < MAX_OPEN) requests.set(spanId, span)
      } else if (isCall(span) && span.parentSpanContext === undefined && requests.size > 0) note(span)
    },
    onEnd(span) {
      if (isRequest(span)) requests.delete(span.spanContext().spanId)
    },
    stop() {
      requests.clear()
    },
  }

  function note({ name }: ReadableSpan): void {
    const request = [...requests.values()].at(-1)!
    const key = `${name} ${request.name}`
    if (seen.size >= MAX_NAMES && !seen.has(key)) return
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    if (count !== ENOUGH) return
    const place = callerOf(takeStack().stack)
    say(
      `context ${key}`,
      `"${name}"${place === undefined ? '' : ` at ${place}`} has no parent, though the request "${request.name}" was open: its context was lost on the way, perhaps in a queue, a pool or an event emitter. AsyncResource.bind or context.bind keeps it`,
    )
  }
}

const isRequest = ({ kind }: ReadableSpan): boolean => kind === SpanKind.SERVER || kind === SpanKind.CONSUMER
/** What a program does of its own accord, such as a timer that makes a span, is no call. */
const isCall = ({ kind }: ReadableSpan): boolean => kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER
