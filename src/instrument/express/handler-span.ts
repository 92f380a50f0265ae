/** The span of a request handler: until it calls `next`, or else until the response is done. */
import { type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { onClose } from '../http/exchange.ts'
import type { Handle } from './layers.ts'
import { leave, type Next, type Request, type Response } from './tracked.ts'

export function runInSpan(
  span: Span,
  outside: Context,
  handle: Handle,
  self: unknown,
  request: Request,
  response: Response,
  next: Next,
  isInside: boolean,
): unknown {
  let hasEnded = false
  const end = (): void => {
    if (hasEnded) return
    hasEnded = true
    span.end()
  }
  const onNext = (...args: [error?: unknown]): unknown => {
    const isError = isFailure(args[0])
    if (!hasEnded) {
      if (isError) fail(span, args[0])
      response.removeListener('close', end)
      end()
    }
    // after an error the path still tells the error handlers where it came from
    if (isInside && !(request.route && isError)) leave(request)
    return context.with(trace.setSpan(context.active(), trace.getSpan(outside)!), next, undefined, ...args)
  }
  try {
    const inside = trace.setSpan(outside, span)
    const nextOrNone = typeof next === 'function' ? onNext : next
    // with `self` as the object of `context.with` a function would be bound for each request
    return context.with(inside, callHandle, undefined, handle, self, request, response, nextOrNone)
  } catch (error) {
    fail(span, error)
    throw error
  } finally {
    if (!hasEnded) onClose(response, end)
  }
}

function callHandle(handle: Handle, self: unknown, request: Request, response: Response, next: Next): unknown {
  return handle.call(self, request, response, next)
}

/** What Express takes for no error. */
function isFailure(error: unknown): boolean {
  return error !== undefined && error !== null && error !== 'route' && error !== 'router'
}

function fail(span: Span, error: unknown): void {
  span.recordException(error instanceof Error ? error : String(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) })
}
