/** What the tests of propagators share: headers in, headers out. */
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type TextMapPropagator,
} from '@opentelemetry/api'

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'

export type Headers = Record<string, unknown>

export function extract(propagator: TextMapPropagator, headers: Headers, base: Context = ROOT_CONTEXT): Context {
  return propagator.extract(base, headers, defaultTextMapGetter)
}

export function inject(propagator: TextMapPropagator, context: Context): Record<string, string> {
  const headers: Record<string, string> = {}
  propagator.inject(context, headers, defaultTextMapSetter)
  return headers
}

/** What a service between two others sends on. */
export function relay(propagator: TextMapPropagator, headers: Headers): Record<string, string> {
  return inject(propagator, extract(propagator, headers))
}
