/** The headers of Jaeger's own clients: uber-trace-id, and uberctx-* for baggage. */
import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { extractBaggageHeaders, injectBaggageHeaders } from './baggage-headers.ts'
import { isDebug, isSampled, readText, spanToSend, withParent } from './parent.ts'

const TRACE = 'uber-trace-id'
const BAGGAGE_PREFIX = 'uberctx-'
/** Trace id, span id, id of the parent (no longer used), flags; some clients write the colons percent-encoded. */
const PARENT = /^([0-9a-f]{1,32})(?::|%3a)([0-9a-f]{1,16})(?::|%3a)[0-9a-f]{0,16}(?::|%3a)([0-9a-f]{1,2})$/i
const SAMPLED = 0x01
const DEBUG = 0x02

/** @see https://www.jaegertracing.io/docs/1.76/client-libraries/#propagation-format */
export const jaegerPropagator: TextMapPropagator = {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    injectBaggageHeaders(BAGGAGE_PREFIX, context, carrier, setter)
    const span = spanToSend(context)
    if (span === undefined) return
    // the second bit means debug here, and random trace ids in W3C: it is not carried over
    const flags = isDebug(context) ? SAMPLED | DEBUG : isSampled(span) ? SAMPLED : 0
    setter.set(carrier, TRACE, `${span.traceId}:${span.spanId}:0:0${flags}`)
  },

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const withBaggage = extractBaggageHeaders(BAGGAGE_PREFIX, context, carrier, getter)
    const match = PARENT.exec(readText(carrier, TRACE, getter) ?? '')
    if (match === null) return withBaggage
    const flags = Number.parseInt(match[3]!, 16)
    const sampled = (flags & SAMPLED) !== 0
    return withParent(withBaggage, { traceId: match[1]!, spanId: match[2]!, sampled, debug: (flags & DEBUG) !== 0 })
  },

  fields: () => [TRACE],
}
