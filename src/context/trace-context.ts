/** The W3C trace context, level 2: the headers traceparent and tracestate. */
import {
  type Context,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { readHeader, trimSpaces } from './header-text.ts'
import { formatTraceState, parseTraceState } from './trace-state.ts'

const TRACEPARENT = 'traceparent'
const TRACESTATE = 'tracestate'
/** What follows the flags is left to versions to come. */
const PARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const WRITTEN = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/
/** Sampled and random. The specification wants the others to be sent as 0. */
const KNOWN_FLAGS = 0x03

/** @see https://www.w3.org/TR/trace-context-2/ */
export const traceContextPropagator: TextMapPropagator = {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const span = trace.getSpanContext(context)
    const parent = span === undefined || isTracingSuppressed(context) ? undefined : formatTraceParent(span)
    if (parent === undefined) return
    setter.set(carrier, TRACEPARENT, parent)
    const state = formatTraceState(span!.traceState)
    if (state !== '') setter.set(carrier, TRACESTATE, state)
  },

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const header = readHeader(carrier, TRACEPARENT, getter)
    const parent = header === undefined ? undefined : parseTraceParent(header)
    if (parent === undefined) return context
    const state = readHeader(carrier, TRACESTATE, getter)
    const traceState = state === undefined ? undefined : parseTraceState(state)
    return trace.setSpanContext(context, traceState === undefined ? parent : { ...parent, traceState })
  },

  fields: () => [TRACEPARENT, TRACESTATE],
}

/** `00-<trace id>-<span id>-<flags>`; `undefined` where the ids are none. */
export function formatTraceParent({ traceId, spanId, traceFlags }: SpanContext): string | undefined {
  const text = `00-${traceId}-${spanId}-0${traceFlags & KNOWN_FLAGS}`
  if (WRITTEN.test(text)) return text
  const lower = text.toLowerCase()
  return WRITTEN.test(lower) ? lower : undefined
}

/** `undefined` where the header, of whatever version, does not hold a parent. */
export function parseTraceParent(header: string): SpanContext | undefined {
  const match = PARENT.exec(trimSpaces(header))
  // version 00 ends with the flags
  if (match === null || (match[1] === '00' && match[5] !== undefined)) return undefined
  const traceFlags = Number.parseInt(match[4]!, 16) & KNOWN_FLAGS
  return { traceId: match[2]!, spanId: match[3]!, traceFlags, isRemote: true }
}
