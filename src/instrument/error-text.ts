/** What a thrown value says: it may be no Error, or anything at all. */
import type { Exception, Span } from '@opentelemetry/api'

export interface ErrorText {
  /** For `error.type`: few values. */
  readonly type: string
  readonly message: string
}

export function describeError(error: unknown): ErrorText {
  try {
    if (typeof error !== 'object' || error === null) return { type: '_OTHER', message: String(error) }
    const { name, message, constructor: kind } = error as Partial<Error>
    const type = textOf(name) ?? (kind === Object ? undefined : textOf(kind?.name))
    return { type: type ?? '_OTHER', message: textOf(message) ?? jsonOf(error) }
  } catch {
    return { type: '_OTHER', message: 'an error that cannot be read' }
  }
}

/** As an event of the span, whatever was thrown. */
export function recordError(span: Span, error: unknown): void {
  if (error instanceof Error) {
    span.recordException(error)
    return
  }
  const { type, message } = describeError(error)
  const { stack } = Object(error) as { stack?: unknown }
  const name = type === '_OTHER' ? {} : { name: type }
  span.recordException({ ...name, message, ...(typeof stack === 'string' && { stack }) } as Exception)
}

/** An answer below 500 is no failure of the service; an error that names none is one. */
export function isServerFailure(error: unknown): boolean {
  const { status, statusCode } = Object(error) as { status?: unknown; statusCode?: unknown }
  const code = Number(status ?? statusCode)
  return !(code >= 100 && code < 500)
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function jsonOf(error: object): string {
  try {
    return JSON.stringify(error)?.slice(0, 500) ?? String(error)
  } catch {
    return Object.prototype.toString.call(error)
  }
}
