/** Where the span of a log record is shown. */
import { href } from '../../lib/location.tsx'

export const spanLink = (traceId: string, spanId: string | null): string =>
  href(`/traces/${traceId}`, { span_id: spanId })
