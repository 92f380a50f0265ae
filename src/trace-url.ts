/** Builds the address of a trace in the web interface. */
import { INVALID_SPAN_CONTEXT, type Span } from '@opentelemetry/api'

/** `<siteUrl>/traces/<traceId>?span_id=<spanId>`; a missing or broken span gives the ids of zeros, never an error. */
export function traceUrlOf(siteUrl: string, span: Span | undefined): string {
  const { traceId, spanId } = readContext(span)
  return `${siteUrl}/traces/${traceId}?span_id=${spanId}`
}

function readContext(span: Span | undefined): { traceId: string; spanId: string } {
  try {
    const { traceId, spanId } = span?.spanContext() ?? INVALID_SPAN_CONTEXT
    if (/^[0-9a-f]{32}$/i.test(traceId) && /^[0-9a-f]{16}$/i.test(spanId)) return { traceId, spanId }
  } catch {
    // whatever was passed is not a span
  }
  return INVALID_SPAN_CONTEXT
}
