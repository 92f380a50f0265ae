/** Builds the address of a trace in the web interface. */
import { type Span, TraceFlags } from '@opentelemetry/api'

/**
 * `<siteUrl>/traces/<traceId>?span_id=<spanId>`, or `siteUrl` with `{traceId}`, `{spanId}` and `{xrayTraceId}` filled in. Empty where the trace cannot be looked
 * at: no such place is known, the span is missing or broken, or it is not recorded. Never an error.
 */
export function traceUrlOf(siteUrl: string, span: Span | undefined): string {
  const ids = siteUrl === '' ? undefined : readIds(span)
  if (ids === undefined) return ''
  const { traceId, spanId } = ids
  if (!/\{(xrayT|t)raceId\}/.test(siteUrl)) return `${siteUrl}/traces/${traceId}?span_id=${spanId}`
  return siteUrl
    .replaceAll('{traceId}', traceId)
    .replaceAll('{spanId}', spanId)
    .replaceAll('{xrayTraceId}', `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`)
}

function readIds(span: Span | undefined): { traceId: string; spanId: string } | undefined {
  try {
    const { traceId, spanId, traceFlags = TraceFlags.SAMPLED } = span!.spanContext()
    const isValid = /^(?!0+$)[0-9a-f]{32}$/i.test(traceId) && /^(?!0+$)[0-9a-f]{16}$/i.test(spanId)
    return isValid && (traceFlags & TraceFlags.SAMPLED) !== 0 ? { traceId, spanId } : undefined
  } catch {
    // whatever was passed is not a span
    return undefined
  }
}
