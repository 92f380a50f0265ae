/** Spans and durations of incoming requests: one wrap of `emit` a prototype, no listener and no closure a request. */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { performance } from 'node:perf_hooks'
import {
  type Context,
  context,
  type Exception,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { RPCType, suppressTracing } from '@opentelemetry/core'
import type { RequestDurations } from './durations.ts'
import { EXCHANGE, type Exchange, exchangeOf, type TracedRequest } from './exchange.ts'
import { createRequestAttributes, type Scheme } from './request-attributes.ts'
import { createRequestContext } from './request-context.ts'

export interface IncomingOptions {
  readonly tracer: Tracer
  readonly durations: RequestDurations
  readonly isIgnored: (request: IncomingMessage) => boolean
  readonly onResponse: ((span: Span, response: ServerResponse) => void) | undefined
}

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean

const require = createRequire(import.meta.url)
/** Who is told of requests now; the wraps stay where they are. */
let active: IncomingOptions | undefined
let isPatched = false

export function startIncoming(options: IncomingOptions): void {
  active = options
  patch()
}

export function stopIncoming(): void {
  active = undefined
}

function patch(): void {
  if (isPatched) return
  isPatched = true
  const http = require('node:http') as typeof import('node:http')
  const https = require('node:https') as typeof import('node:https')
  patchServer(http.Server.prototype, 'http')
  patchServer(https.Server.prototype as unknown as Server, 'https')
  patchRequest(http.IncomingMessage.prototype)
  patchResponse(http.ServerResponse.prototype)
}

function patchServer(prototype: Server, scheme: Scheme): void {
  const emit = prototype.emit as Emit
  prototype.emit = function (this: Server, event: string, ...args: unknown[]): boolean {
    if (event !== 'request' || active === undefined) return emit.call(this, event, ...args)
    return onRequest(active, this, emit, scheme, args as [TracedRequest, ServerResponse])
  } as typeof prototype.emit
}

function onRequest(
  options: IncomingOptions,
  server: Server,
  emit: Emit,
  scheme: Scheme,
  args: [TracedRequest, ServerResponse],
): boolean {
  const [request, response] = args
  const isIgnored = options.isIgnored(request)
  const parent = isIgnored ? suppressTracing(context.active()) : propagation.extract(ROOT_CONTEXT, request.headers)
  const startMillis = performance.now()
  const span = isIgnored ? NO_SPAN : startSpan(options.tracer, request, scheme, parent)
  const exchange: Exchange = {
    type: RPCType.HTTP,
    span,
    // there from the start, so that all exchanges have one shape
    route: undefined!,
    context: parent,
    method: request.method,
    scheme,
    version: request.httpVersion,
    startMillis,
    ownListeners: response.listenerCount('finish'),
    isDone: isIgnored,
    closers: undefined,
    place: undefined,
  }
  request[EXCHANGE] = exchange
  if (isIgnored) return context.with(parent, emitOn, undefined, emit, server, 'request', args)
  exchange.context = createRequestContext(parent, span, exchange)
  if (options.onResponse) callHook(options.onResponse, span, response)
  try {
    return context.with(exchange.context, emitOn, undefined, emit, server, 'request', args)
  } catch (error) {
    fail(exchange, error)
    throw error
  }
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

function patchRequest(prototype: IncomingMessage): void {
  const emit = prototype.emit as Emit
  prototype.emit = function (this: TracedRequest, event: string, ...args: unknown[]): boolean {
    const exchange = this[EXCHANGE]
    if (exchange === undefined || !needsContext(this, exchange, event)) return emit.call(this, event, ...args)
    return emitInContext.call(this, exchange.context, emit, event, ...args)
  } as typeof prototype.emit
}

function patchResponse(prototype: ServerResponse): void {
  const emit = prototype.emit as Emit
  prototype.emit = function (this: ServerResponse, event: string, ...args: unknown[]): boolean {
    const exchange = exchangeOf(this)
    if (exchange === undefined) return emit.call(this, event, ...args)
    // before the listeners of the application
    if (event === 'close') onClosed(exchange, this.statusCode)
    else if (event === 'error') fail(exchange, args[0])
    const withoutContext = event === 'finish' ? exchange.ownListeners : 0
    if (this.listenerCount(event) <= withoutContext || exchange.context === context.active())
      return emit.call(this, event, ...args)
    return emitInContext.call(this, exchange.context, emit, event, ...args)
  } as typeof prototype.emit
}

/** Most events have no listener but one of Node itself, and then there is nothing to run in a context. */
function needsContext(request: IncomingMessage, exchange: Exchange, event: string): boolean {
  const count = request.listenerCount(event)
  if (count === 0 || exchange.context === context.active()) return false
  // Node's own listener lets go of the request
  return event !== 'end' || count > 1 || request.listeners('end')[0]!.name !== 'clearIncoming'
}

/** A function of its own, so that those above only hand their arguments on: V8 then makes no array of them. */
function emitInContext(
  this: EventEmitter,
  own: Context,
  emit: Emit,
  event: string,
  ...args: readonly unknown[]
): boolean {
  return context.with(own, emitOn, undefined, emit, this, event, args)
}

/** With the emitter as an argument there is no function to bind. */
function emitOn(emit: Emit, emitter: EventEmitter, event: string, args: readonly unknown[]): boolean {
  return emit.call(emitter, event, ...args)
}

function onClosed(exchange: Exchange, status: number): void {
  if (!exchange.isDone) finish(exchange, status)
  const { closers } = exchange
  if (closers === undefined) return
  exchange.closers = undefined
  for (const close of closers) close()
}

function finish(exchange: Exchange, status: number): void {
  exchange.isDone = true
  const { span, method, route } = exchange
  span.setAttribute('http.response.status_code', status)
  if (route !== undefined) span.setAttribute('http.route', route)
  const errorType = status >= 500 && status < 600 ? String(status) : undefined
  if (!(status >= 100 && status < 500)) span.setStatus({ code: SpanStatusCode.ERROR })
  if (errorType !== undefined) span.setAttribute('error.type', errorType)
  if (route) span.updateName(`${method || 'GET'} ${route}`)
  end(exchange, status, route, errorType)
}

function fail(exchange: Exchange, error: unknown): void {
  if (exchange.isDone || !error) return
  exchange.isDone = true
  const { name, message } = error as Error
  exchange.span.setAttribute('error.type', name)
  exchange.span.setStatus({ code: SpanStatusCode.ERROR, message })
  exchange.span.recordException(error as Exception)
  end(exchange, undefined, undefined, name)
}

function end(exchange: Exchange, status?: number, route?: string, errorType?: string): void {
  const { span, method, scheme, version, startMillis } = exchange
  span.end()
  active?.durations.record((performance.now() - startMillis) / 1_000, method, scheme, version, status, route, errorType)
}
