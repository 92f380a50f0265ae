/** Spans and durations of outgoing requests: Node tells of each before it is sent, so that no function is wrapped and no argument is read. */
import diagnosticsChannel from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { type Attributes, context, propagation, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { performance } from '../../timers.ts'
import { isUntraced } from '../../untraced.ts'
import {
  CALL,
  type Call,
  type CallOptions,
  closeCall,
  endCall,
  failCall,
  noteAnswer,
  type TracedRequest,
} from './client-call.ts'
import { headerOf, putHeaders } from './client-headers.ts'
import { authorityOf, fullUrl } from './client-origins.ts'
import { type Emit, emitIn, wrapEmit } from './inherited-emit.ts'
import { normalizeMethod } from './request-attributes.ts'

export interface OutgoingOptions extends CallOptions {
  readonly tracer: Tracer
  readonly requestHook: ((span: Span, request: ClientRequest) => void) | undefined
}

const CHANNEL = 'http.client.request.created'
const require = createRequire(import.meta.url)
let active: OutgoingOptions | undefined
let isPatched = false

export function startOutgoing(options: Omit<OutgoingOptions, 'learnPort'>): void {
  if (active === undefined) diagnosticsChannel.subscribe(CHANNEL, onCreated)
  active = { ...options, learnPort }
  if (isPatched) return
  isPatched = true
  const http = require('node:http') as typeof import('node:http')
  wrapEmit(http.ClientRequest.prototype, emitOfRequest)
}

export function stopOutgoing(): void {
  diagnosticsChannel.unsubscribe(CHANNEL, onCreated)
  active = undefined
}

function onCreated(message: unknown): void {
  if (active === undefined) return
  try {
    startCall(active, (message as { request: TracedRequest }).request)
  } catch (error) {
    log.debug(`a request could not be traced: ${messageOf(error)}`)
  }
}

function startCall(options: OutgoingOptions, request: TracedRequest): void {
  const parent = context.active()
  if (
    isTracingSuppressed(parent) ||
    request[CALL] !== undefined ||
    isUntraced(Object((request as { agent?: unknown }).agent))
  )
    return
  const startMillis = performance.now()
  const { method, host, protocol, path } = request
  const origin = options.origins.of(protocol, host, headerOf(request, 'host'))
  const normalized = normalizeMethod(method)
  const attributes: Attributes = { 'http.request.method': normalized, 'server.address': origin.address }
  if (origin.port !== undefined) attributes['server.port'] = origin.port
  const url = fullUrl(origin, method, path)
  if (url !== undefined) attributes['url.full'] = url
  const agent = headerOf(request, 'user-agent')
  if (agent !== undefined) attributes['user_agent.original'] = agent
  if (normalized !== method) attributes['http.request.method_original'] = method
  const name = normalized === '_OTHER' ? 'HTTP' : normalized
  const span = options.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
  const unknown = { version: undefined, status: undefined, isDone: false }
  request[CALL] = { span, context: parent, method, startMillis, options, origin, ...unknown }
  const headers: Record<string, string> = {}
  propagation.inject(trace.setSpan(parent, span), headers)
  putHeaders(request, headers)
  options.requestHook?.(span, request)
}

function learnPort(call: Call, request: TracedRequest, port: number): void {
  const { protocol, address } = call.origin
  call.origin = call.options.origins.of(protocol, address, authorityOf(address, port))
  call.span.setAttribute('server.port', port)
  const url = fullUrl(call.origin, call.method, request.path)
  if (url !== undefined) call.span.setAttribute('url.full', url)
}

function emitOfRequest(below: Emit): Emit {
  return function (this: EventEmitter, event, ...args) {
    const call = (this as TracedRequest)[CALL]
    if (call === undefined) return below.call(this, event, ...args)
    observeRequest(call, this as TracedRequest, event, args[0])
    if (this.listenerCount(event) === 0 || call.context === context.active()) return below.call(this, event, ...args)
    return emitIn.call(this, call.context, below, event, ...args)
  }
}

function observeRequest(call: Call, request: TracedRequest, event: string | symbol, first: unknown): void {
  if (event === 'response') noteAnswer(call, request, first as IncomingMessage)
  else if (event === 'close') closeCall(call, request)
  else if (event === 'error') failCall(call, first)
  else if (event === 'upgrade' || event === 'connect') {
    noteAnswer(call, request, first as IncomingMessage)
    endCall(call)
  }
}

/** Of the answer to a request that is traced. */
export function emitOfAnswer(
  call: Call,
  answer: EventEmitter,
  below: Emit,
  event: string | symbol,
  args: unknown[],
): boolean {
  if (event === 'end') endCall(call)
  else if (event === 'error') failCall(call, args[0])
  if (answer.listenerCount(event) === 0 || call.context === context.active()) return below.call(answer, event, ...args)
  return emitIn.call(answer, call.context, below, event, ...args)
}
