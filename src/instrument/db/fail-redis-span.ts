/** How spans of Redis commands fail. */
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { recordError } from '../error-text.ts'

export function failRedisSpan(span: Span, error: unknown): void {
  if (!error) return
  recordError(span, error)
  const { message } = Object(error) as { message?: string }
  span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message })
}
