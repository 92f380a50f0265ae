/** The start of an incoming request: its parent, its span, and what is kept with it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { RPCType, suppressTracing } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { performance } from '../../timers.ts'
import { closeExchange } from './end-exchange.ts'
import { EXCHANGE, type Exchange, exchangeOf, type TracedRequest } from './exchange.ts'
import type { IncomingOptions } from './incoming-options.ts'
import { createRequestAttributes, type Scheme } from './request-attributes.ts'
import { createRequestContext } from './request-context.ts'

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/** Undefined where the objects are none of a request: the handler runs all the same. */
export function startExchange(
  options: IncomingOptions,
  request: TracedRequest,
  response: ServerResponse,
  scheme: Scheme,
): Exchange | undefined {
  try {
    const exchange = createExchange(options, request, response, scheme)
    request[EXCHANGE] = exchange
    if (exchangeOf(response) !== exchange) waitForMock(exchange, request, response)
    if (!exchange.isDone && options.onResponse) callHook(options.onResponse, exchange.span, response)
    return exchange
  } catch (error) {
    log.debug(`a request could not be traced: ${messageOf(error)}`)
    return undefined
  }
}

function createExchange(
  options: IncomingOptions,
  request: TracedRequest,
  response: ServerResponse,
  scheme: Scheme,
): Exchange {
  const isIgnored = options.isIgnored(request)
  const outer = request[EXCHANGE]
  const parent = isIgnored
    ? suppressTracing(context.active())
    : outer !== undefined
      ? outer.context
      : propagation.extract(ROOT_CONTEXT, request.headers ?? {})
  const startMillis = performance.now()
  const span = isIgnored ? NO_SPAN : startSpan(options.tracer, request, scheme, parent)
  const exchange: Exchange = {
    type: RPCType.HTTP,
    span,
    // there from the start, so that all exchanges have one shape
    route: undefined!,
    context: parent,
    method: request.method,
    url: request.url,
    scheme,
    version: request.httpVersion,
    startMillis,
    sentBefore: request.socket?.bytesWritten,
    ownListeners: response.listenerCount?.('finish') ?? 0,
    isDone: isIgnored,
    closers: undefined,
    place: undefined,
    baseLength: 0,
    said: undefined,
    findRoute: undefined,
    isRouteMended: false,
    outer,
  }
  if (!isIgnored) exchange.context = createRequestContext(parent, span, exchange)
  return exchange
}

function startSpan(tracer: Tracer, request: IncomingMessage, scheme: Scheme, parent: Context): Span {
  const name = request.method || 'GET'
  const attributes = createRequestAttributes(request, scheme)
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
}

function callHook(hook: (span: Span, response: ServerResponse) => void, span: Span, response: ServerResponse): void {
  try {
    hook(span, response)
  } catch {
    // what a hook does is not the application's problem
  }
}

/** The response of a test tells of its end by events, or not at all. */
function waitForMock(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  if (exchange.isDone) return
  const close = (): void => closeExchange(exchange, request, response ?? {})
  if (typeof response?.once === 'function') response.once('close', close).once('finish', close)
  else setImmediate(close)
}
