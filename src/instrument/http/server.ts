/** Spans and durations of incoming requests: one wrap of `emit` a prototype, no listener and no closure a request. */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import {
  type Attributes,
  type Context,
  context,
  type Exception,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api'
import { type RPCMetadata, RPCType, suppressTracing } from '@opentelemetry/core'
import { areAttributesDirect, attributesOf } from '../direct-attributes.ts'
import type { RequestDurations } from './durations.ts'
import { EXCHANGE, type Exchange } from './exchange.ts'
import { addRequestAttributes, type Scheme } from './request-attributes.ts'
import { createRequestContext } from './request-context.ts'

export interface IncomingOptions {
  readonly tracer: Tracer
  readonly durations: RequestDurations
  readonly isIgnored: (request: IncomingMessage) => boolean
  readonly onResponse: ((span: Span, response: ServerResponse) => void) | undefined
}

const SERVER: SpanOptions = { kind: SpanKind.SERVER }
/** The context that listeners of a request or a response run in. */
const CONTEXT = Symbol('uptrace-node.context')

interface Traced {
  [CONTEXT]?: Context
  [EXCHANGE]?: Exchange
}

type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean

const require = createRequire(import.meta.url)
/** Who is told of requests now; the wraps stay where they are. */
let active: IncomingOptions | undefined
/** Headers that may hold the context of a caller. */
let fields: readonly string[] = []
let isPatched = false

export function startIncoming(options: IncomingOptions): void {
  active = options
  fields = propagation.fields().map((field) => field.toLowerCase())
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
    return onRequest(active, this, emit, scheme, args as [IncomingMessage & Traced, ServerResponse & Traced])
  } as typeof prototype.emit
}

function onRequest(
  options: IncomingOptions,
  server: Server,
  emit: Emit,
  scheme: Scheme,
  args: [IncomingMessage & Traced, ServerResponse & Traced],
): boolean {
  const [request, response] = args
  if (options.isIgnored(request)) {
    const suppressed = suppressTracing(context.active())
    request[CONTEXT] = response[CONTEXT] = suppressed
    return context.with(suppressed, emit, server, 'request', ...args)
  }
  const startMillis = performance.now()
  const parent = isPropagated(request) ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT
  const span = startSpan(options.tracer, request, scheme, parent)
  const rpc: RPCMetadata = { type: RPCType.HTTP, span }
  const own = createRequestContext(parent, span, rpc)
  const exchange: Exchange = {
    span,
    rpc,
    method: request.method,
    scheme,
    version: request.httpVersion,
    startMillis,
    ownListeners: response.listenerCount('finish'),
    isDone: false,
    closers: undefined,
  }
  request[CONTEXT] = response[CONTEXT] = own
  response[EXCHANGE] = exchange
  if (options.onResponse) callHook(options.onResponse, span, response)
  try {
    return context.with(own, emitOn, undefined, emit, server, 'request', args)
  } catch (error) {
    fail(exchange, error)
    throw error
  }
}

function startSpan(tracer: Tracer, request: IncomingMessage, scheme: Scheme, parent: Context): Span {
  const name = request.method || 'GET'
  if (areAttributesDirect()) {
    const span = tracer.startSpan(name, SERVER, parent)
    const attributes = attributesOf(span)
    if (attributes) addRequestAttributes(attributes, request, scheme)
    return span
  }
  const attributes: Attributes = {}
  addRequestAttributes(attributes, request, scheme)
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent)
}

/** Most requests carry no context of a caller: nothing is extracted from those. */
function isPropagated({ headers }: IncomingMessage): boolean {
  for (const field of fields) if (headers[field] !== undefined) return true
  return false
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
  prototype.emit = function (this: IncomingMessage & Traced, event: string, ...args: unknown[]): boolean {
    const own = this[CONTEXT]
    // most events have no listener, and then there is nothing to run in a context
    if (own === undefined || this.listenerCount(event) === 0 || own === context.active())
      return emit.call(this, event, ...args)
    return context.with(own, emitOn, undefined, emit, this, event, args)
  } as typeof prototype.emit
}

function patchResponse(prototype: ServerResponse): void {
  const emit = prototype.emit as Emit
  prototype.emit = function (this: ServerResponse & Traced, event: string, ...args: unknown[]): boolean {
    const own = this[CONTEXT]
    if (own === undefined) return emit.call(this, event, ...args)
    const exchange = this[EXCHANGE]
    // before the listeners of the application
    if (exchange !== undefined) {
      if (event === 'close') onClosed(exchange, this.statusCode)
      else if (event === 'error') fail(exchange, args[0])
    }
    const withoutContext = event === 'finish' && exchange !== undefined ? exchange.ownListeners : 0
    if (this.listenerCount(event) <= withoutContext || own === context.active()) return emit.call(this, event, ...args)
    return context.with(own, emitOn, undefined, emit, this, event, args)
  } as typeof prototype.emit
}

function onClosed(exchange: Exchange, status: number): void {
  if (!exchange.isDone) finish(exchange, status)
  const { closers } = exchange
  if (closers === undefined) return
  exchange.closers = undefined
  for (const close of closers) close()
}

/** With the emitter as an argument there is no function to bind. */
function emitOn(emit: Emit, emitter: EventEmitter, event: string, args: readonly unknown[]): boolean {
  return emit.call(emitter, event, ...args)
}

function finish(exchange: Exchange, status: number): void {
  exchange.isDone = true
  const { span, rpc, method } = exchange
  const { route } = rpc
  const attributes = areAttributesDirect() ? attributesOf(span) : undefined
  if (attributes) {
    attributes['http.response.status_code'] = status
    if (route !== undefined) attributes['http.route'] = route
  } else {
    span.setAttribute('http.response.status_code', status)
    if (route !== undefined) span.setAttribute('http.route', route)
  }
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
