/** Records errors by hand: on the active span, or on a span of their own where none is active. */
import { type Attributes, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { messageOf } from '../errors.ts'
import { DISTRO_NAME, VERSION } from '../version.ts'

/** The name uptrace-go gives to a span that exists only to carry an error. */
const CARRIER_SPAN_NAME = '__dummy__'
const MAX_STACK_CHARACTERS = 10 * 1024

/**
 * Records an error as an `exception` event. Without a recording span a span of its own carries it. The span's status is left alone.
 * @example
 * try { work() } catch (error) { reportError(error, { 'order.id': id }) }
 * @see https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-spans/
 */
export function reportError(error: unknown, attributes: Attributes = {}): void {
  onActiveOrCarrierSpan((span) => span.addEvent('exception', { ...attributes, ...exceptionAttributes(error) }))
}

/** Records an error that ends the work at hand: as `reportError`, and the span's status becomes Error. */
export function recordPanic(error: unknown): void {
  onActiveOrCarrierSpan((span) => {
    span.addEvent('exception', exceptionAttributes(error))
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) })
  })
}

/** `exception.type`, `exception.message` and `exception.stacktrace` of anything that was thrown; never throws itself. */
export function exceptionAttributes(error: unknown): Attributes {
  const type = attempt(() => (error instanceof Error ? error.name || error.constructor.name : typeof error))
  const stack = attempt(() => (error instanceof Error ? error.stack?.slice(0, MAX_STACK_CHARACTERS) : undefined))
  return {
    'exception.type': type ?? 'unknown',
    'exception.message': messageOf(error),
    ...(stack && { 'exception.stacktrace': stack }),
  }
}

function onActiveOrCarrierSpan(record: (span: Span) => void): void {
  const active = trace.getActiveSpan()
  if (active?.isRecording()) {
    record(active)
    return
  }
  const carrier = trace.getTracer(DISTRO_NAME, VERSION).startSpan(CARRIER_SPAN_NAME)
  record(carrier)
  carrier.end()
}

/** Errors may have getters that throw. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
