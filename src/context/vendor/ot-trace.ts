/** The headers of OpenTracing's basic tracers: ot-tracer-*, and ot-baggage-* for baggage. */
import type { Context, TextMapGetter, TextMapPropagator, TextMapSetter } from '@opentelemetry/api'
import { extractBaggageHeaders, injectBaggageHeaders } from './baggage-headers.ts'
import { isSampled, readText, spanToSend, withParent } from './parent.ts'

const TRACE_ID = 'ot-tracer-traceid'
const SPAN_ID = 'ot-tracer-spanid'
const SAMPLED = 'ot-tracer-sampled'
const BAGGAGE_PREFIX = 'ot-baggage-'

/** @see https://github.com/opentracing/basictracer-python/blob/master/basictracer/text_propagator.py */
export const otTracePropagator: TextMapPropagator = {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const span = spanToSend(context)
    if (span === undefined) return
    // these tracers know 64 bits of a trace id
    setter.set(carrier, TRACE_ID, span.traceId.slice(16))
    setter.set(carrier, SPAN_ID, span.spanId)
    setter.set(carrier, SAMPLED, String(isSampled(span)))
    injectBaggageHeaders(BAGGAGE_PREFIX, context, carrier, setter)
  },

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const traceId = readText(carrier, TRACE_ID, getter)
    const spanId = readText(carrier, SPAN_ID, getter)
    if (traceId === undefined || spanId === undefined) return context
    const sampled = ['true', '1'].includes(readText(carrier, SAMPLED, getter)?.toLowerCase() ?? '')
    const extracted = withParent(context, { traceId, spanId, sampled })
    return extracted === context ? context : extractBaggageHeaders(BAGGAGE_PREFIX, extracted, carrier, getter)
  },

  fields: () => [TRACE_ID, SPAN_ID, SAMPLED],
}
