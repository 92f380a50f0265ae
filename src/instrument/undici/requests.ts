/** The life of a request of undici, from its creation to the last byte of the answer: a span and a duration. */
import type { Socket } from 'node:net'
import {
  type Attributes,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { performance } from '../../timers.ts'
import { describeError, recordError } from '../error-text.ts'
import { normalizeMethod } from '../http/request-attributes.ts'
import { dropHeader, type HeaderOwner, putHeader, userAgentOf } from './headers.ts'
import { addUrl, type Origin, type Origins } from './origins.ts'

/** What undici's channels tell about. */
export interface Request extends HeaderOwner {
  readonly method: string
  readonly origin: unknown
  readonly path: string
  [CALL]?: Call | undefined
}

export interface RequestOptions {
  readonly tracer: Tracer
  readonly origins: Origins
  readonly requestHook: ((span: Span, request: Request) => void) | undefined
  readonly responseHook: ((span: Span, info: { request: Request; response: object }) => void) | undefined
}

interface Call {
  readonly span: Span
  readonly origin: Origin
  readonly method: string
  readonly startMillis: number
  readonly options: RequestOptions
  version: string | undefined
  status: number | undefined
}

const CALL = Symbol('uptrace-node.call')

export function startRequest(options: RequestOptions, request: Request): void {
  const { method } = request
  const parent = context.active()
  if (method === 'CONNECT' || isTracingSuppressed(parent)) return
  const origin = options.origins.of(request.origin)
  const startMillis = performance.now()
  const normalized = normalizeMethod(method)
  const attributes: Attributes = { 'http.request.method': normalized }
  if (normalized !== method) attributes['http.request.method_original'] = method
  addUrl(attributes, origin, request.path)
  attributes['url.scheme'] = origin.scheme
  attributes['server.address'] = origin.address
  if (origin.port !== undefined) attributes['server.port'] = origin.port
  const agent = userAgentOf(request)
  if (agent !== undefined) attributes['user_agent.original'] = agent
  const name = normalized === '_OTHER' ? 'HTTP' : normalized
  const span = options.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent)
  request[CALL] = { span, origin, method, startMillis, options, version: undefined, status: undefined }
  if (options.requestHook) tryHook(options.requestHook, span, request)
  const headers: Record<string, string> = {}
  propagation.inject(trace.setSpan(parent, span), headers)
  for (const key in headers) putHeader(request, key, headers[key]!)
  // a state belongs to the parent it came with
  if ('traceparent' in headers && !('tracestate' in headers)) dropHeader(request, 'tracestate')
}

export function noteConnection({ [CALL]: call }: Request, socket: Socket): void {
  if (call === undefined) return
  const { span } = call
  const { remoteAddress, remotePort } = socket
  call.version = (socket as { alpnProtocol?: unknown }).alpnProtocol === 'h2' ? '2' : '1.1'
  if (remoteAddress !== undefined) span.setAttribute('network.peer.address', remoteAddress)
  if (remotePort !== undefined) span.setAttribute('network.peer.port', remotePort)
  span.setAttribute('network.protocol.version', call.version)
}

export function noteAnswer(request: Request, response: { readonly statusCode: number }): void {
  const call = request[CALL]
  if (call === undefined) return
  const { span, options } = call
  const { statusCode } = response
  call.status = statusCode
  span.setAttribute('http.response.status_code', statusCode)
  if (options.responseHook) tryHook(options.responseHook, span, { request, response })
  if (statusCode < 400) return
  span.setAttribute('error.type', String(statusCode))
  span.setStatus({ code: SpanStatusCode.ERROR })
}

/** @param error none where the request came to a good end */
export function endRequest(request: Request, error?: unknown): void {
  const call = request[CALL]
  if (call === undefined) return
  request[CALL] = undefined
  const { span, status, origin, method, version, startMillis } = call
  let errorType = status !== undefined && status >= 400 ? String(status) : undefined
  if (error !== undefined && !isAbort(error)) {
    errorType = typeOf(error)
    span.setAttribute('error.type', errorType)
    recordError(span, error)
    span.setStatus({ code: SpanStatusCode.ERROR, message: describeError(error).message })
  }
  span.end()
  origin.durations.record((performance.now() - startMillis) / 1_000, method, status, version, errorType, span)
}

/** By whoever made the request. */
function isAbort(error: unknown): boolean {
  const { name, code } = Object(error) as { name?: unknown; code?: unknown }
  return name === 'AbortError' || (code === DOMException.ABORT_ERR && error instanceof DOMException)
}

function typeOf(error: unknown): string {
  const { code } = Object(error) as { code?: unknown }
  return typeof code === 'string' && code !== '' ? code : describeError(error).type
}

function tryHook<Info>(hook: (span: Span, info: Info) => void, span: Span, info: Info): void {
  try {
    hook(span, info)
  } catch {
    // what a hook does is not the application's problem
  }
}
