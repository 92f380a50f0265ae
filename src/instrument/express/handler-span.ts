/** The span of a request handler: until it calls `next`, or else until the response is done. */
import { type Context, context, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { describeError, isServerFailure, recordError } from '../error-text.ts'
import { onClose } from '../http/exchange.ts'
import type { Handle, Layer } from './handle.ts'
import { type Next, passOn, type Request, type Response } from './place.ts'

export function runInSpan(
  span: Span,
  outside: Context,
  handle: Handle,
  self: Layer,
  request: Request,
  response: Response,
  next: Next,
): unknown {
  let hasEnded = false
  const end = (): void => {
    if (hasEnded) return
    hasEnded = true
    span.end()
  }
  const onNext = (...args: [error?: unknown]): unknown => {
    if (!hasEnded) {
      passOn(request)
      if (isError(args[0])) fail(span, args[0])
      response.removeListener('close', end)
      end()
    }
    return context.with(trace.setSpan(context.active(), trace.getSpan(outside)!), next, undefined, ...args)
  }
  try {
    // with `self` as the object of `context.with` a function would be bound for each request
    return context.with(trace.setSpan(outside, span), callHandle, undefined, handle, self, request, response, onNext)
  } finally {
    if (!hasEnded) onClose(response, end)
  }
}

function callHandle(handle: Handle, self: Layer, request: Request, response: Response, next: Next): unknown {
  return handle.call(self, request, response, next)
}

/** What Express takes for one. */
function isError(error: unknown): boolean {
  return error !== undefined && error !== null && error !== 'route' && error !== 'router'
}

function fail(span: Span, error: unknown): void {
  const isFailure = isServerFailure(error)
  if (isFailure || error instanceof Error) recordError(span, error)
  if (isFailure) span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error).message })
}
