/** What the propagators of other systems share: reading ids, and handing a parent on. */
import {
  type Context,
  createContextKey,
  isSpanContextValid,
  type SpanContext,
  type TextMapGetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { readHeader, trimSpaces } from '../header-text.ts'

/** A caller wants everything about this trace; the wish travels on. */
const DEBUG = createContextKey('trace debug')

/** The span whose context is to be written. */
export function spanToSend(context: Context): SpanContext | undefined {
  const span = trace.getSpanContext(context)
  return span !== undefined && !isTracingSuppressed(context) && isSpanContextValid(span) ? span : undefined
}

export function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}

export function isDebug(context: Context): boolean {
  return context.getValue(DEBUG) === true
}

/** `context` with that parent. Shorter ids are padded; without two valid ones the context stays as it is. */
export function withParent(
  context: Context,
  parent: { traceId: string; spanId: string; sampled: boolean; debug?: boolean },
): Context {
  const traceId = parseId(parent.traceId, 32)
  const spanId = parseId(parent.spanId, 16)
  if (traceId === undefined || spanId === undefined) return context
  const traceFlags = parent.sampled || parent.debug ? TraceFlags.SAMPLED : TraceFlags.NONE
  const withSpan = trace.setSpanContext(context, { traceId, spanId, traceFlags, isRemote: true })
  return parent.debug ? withSpan.setValue(DEBUG, true) : withSpan
}

export function withDebug(context: Context): Context {
  return context.setValue(DEBUG, true)
}

/** A header by name, as one value without spaces around it. Events of Lambda and messages keep the case in which a name was sent. */
export function readText<Carrier>(carrier: Carrier, name: string, getter: TextMapGetter<Carrier>): string | undefined {
  const sent = getter.get(carrier, name) === undefined ? findName(carrier, name, getter) : name
  const text = sent === undefined ? undefined : readHeader(carrier, sent, getter)
  return text === undefined ? undefined : trimSpaces(text)
}

function findName<Carrier>(carrier: Carrier, name: string, getter: TextMapGetter<Carrier>): string | undefined {
  return carrier === null || carrier === undefined
    ? undefined
    : getter.keys(carrier).find((key) => key.length === name.length && key.toLowerCase() === name)
}

/** Lower-case hex digits, padded with zeros on the left; `undefined` for none, too many, or only zeros. */
function parseId(text: string, digits: 16 | 32): string | undefined {
  if (text.length > digits || !/^[0-9a-f]*[1-9a-f][0-9a-f]*$/i.test(text)) return undefined
  return text.toLowerCase().padStart(digits, '0')
}
