/** How spans of Redis commands fail. */
import { type Span, SpanStatusCode } from '@opentelemetry/api'
import { describeError, recordError } from '../error-text.ts'

/** What a server answers with begins with its kind: `WRONGTYPE Operation against …`. */
const KIND = /^[A-Z][A-Z0-9_]+(?= )/

export function failRedisSpan(span: Span, error: unknown): void {
  if (!error) return
  recordError(span, error)
  const { code, message } = Object(error) as { code?: unknown; message?: string }
  const kind = typeof message === 'string' ? KIND.exec(message)?.[0] : undefined
  span.setAttribute('error.type', kind ?? (typeof code === 'string' && code !== '' ? code : describeError(error).type))
  if (kind !== undefined) span.setAttribute('db.response.status_code', kind)
  span.setStatus(message === undefined ? { code: SpanStatusCode.ERROR } : { code: SpanStatusCode.ERROR, message })
}
