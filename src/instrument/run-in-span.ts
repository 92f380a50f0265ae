/** Runs a function of the application in a span, which ends with its result, be that a promise. */
import { type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { describeError, recordError } from './error-text.ts'
import { following } from './wrap-method.ts'

/** The outcome is that of `run`, and a rejection that nobody handles is still seen as such. */
export function runInSpan<T>(span: Span, parent: Context, run: () => T): T {
  let result: T
  try {
    result = context.with(trace.setSpan(parent, span), run)
  } catch (error) {
    endSpan(span, error ?? new Error('thrown without a reason'))
    throw error
  }
  return following(result, (error) => endSpan(span, error))
}

/** @param error what ended the operation, if it was one */
export function endSpan(span: Span, error?: unknown): void {
  if (error) {
    const { type, message } = describeError(error)
    const { code } = Object(error) as { code?: unknown }
    span.setAttribute('error.type', typeof code === 'string' && code !== '' ? code : type)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
    recordError(span, error)
  }
  span.end()
}

/** Undefined where nothing is traced, or where that cannot be begun. */
export function tryStart<T = Span>(start: () => T | undefined): T | undefined {
  try {
    return start()
  } catch {
    return undefined
  }
}
