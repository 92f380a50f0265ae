/** B3, the headers of Zipkin: written in one form, read in both. */
import {
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { isDebug, isSampled, readText, spanToSend, withDebug, withParent } from './parent.ts'

const SINGLE = 'b3'
const TRACE_ID = 'x-b3-traceid'
const SPAN_ID = 'x-b3-spanid'
const SAMPLED = 'x-b3-sampled'
const FLAGS = 'x-b3-flags'
/** Trace id, span id, then the decision and the id of the parent, which both may be missing. Without a legal decision the ids still count. */
const PARENT = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([^-]*)(?:-.*)?)?$/i

/** @see https://github.com/openzipkin/b3-propagation */
export function createB3Propagator(form: 'b3' | 'b3multi'): TextMapPropagator {
  return {
    inject: form === 'b3' ? injectSingle : injectMulti,
    extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
      const single = readText(carrier, SINGLE, getter)
      const extracted = single === undefined ? context : extractSingle(context, single)
      return extracted === context ? extractMulti(context, carrier, getter) : extracted
    },
    // both forms, because both are read
    fields: () =>
      form === 'b3' ? [SINGLE, TRACE_ID, SPAN_ID, SAMPLED, FLAGS] : [TRACE_ID, SPAN_ID, SAMPLED, FLAGS, SINGLE],
  }
}

function injectSingle<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
  const span = spanToSend(context)
  if (span === undefined) return
  const decision = isDebug(context) ? 'd' : isSampled(span) ? '1' : '0'
  setter.set(carrier, SINGLE, `${span.traceId}-${span.spanId}-${decision}`)
}

function injectMulti<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
  const span = spanToSend(context)
  if (span === undefined) return
  setter.set(carrier, TRACE_ID, span.traceId)
  setter.set(carrier, SPAN_ID, span.spanId)
  if (isDebug(context)) setter.set(carrier, FLAGS, '1')
  else setter.set(carrier, SAMPLED, isSampled(span) ? '1' : '0')
}

function extractSingle(context: Context, text: string): Context {
  const match = PARENT.exec(text)
  if (match === null) return decide(context, text)
  const decision = match[3]?.toLowerCase()
  return withParent(context, { traceId: match[1]!, spanId: match[2]!, ...readDecision(decision) })
}

function extractMulti<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
  const traceId = readText(carrier, TRACE_ID, getter)
  const spanId = readText(carrier, SPAN_ID, getter)
  const flags = readText(carrier, FLAGS, getter)
  const decision = flags === '1' ? 'd' : readText(carrier, SAMPLED, getter)?.toLowerCase()
  if (traceId === undefined && spanId === undefined) return decide(context, decision)
  const isId = traceId?.length === 16 || traceId?.length === 32
  return isId && spanId?.length === 16
    ? withParent(context, { traceId: traceId!, spanId, ...readDecision(decision) })
    : context
}

function readDecision(decision: string | undefined): { sampled: boolean; debug: boolean } {
  return { sampled: decision === '1' || decision === 'true', debug: decision === 'd' }
}

/**
 * A decision without ids. "No" becomes a parent that is not sampled, under ids of its own, which nobody records; "yes" is left to the sampler,
 * since there is no parent to name.
 */
function decide(context: Context, decision: string | undefined): Context {
  if (decision === 'd') return withDebug(context)
  if ((decision !== '0' && decision !== 'false') || trace.getSpanContext(context) !== undefined) return context
  const ids = Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(24))).toString('hex')
  return trace.setSpanContext(context, {
    traceId: ids.slice(0, 32),
    spanId: ids.slice(32),
    traceFlags: TraceFlags.NONE,
    isRemote: true,
  })
}
