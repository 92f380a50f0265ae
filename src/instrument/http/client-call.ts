/** A request that this process makes, from its creation to the end of the answer: what is kept with it, and how it ends. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { type Context, type Span, SpanStatusCode } from '@opentelemetry/api'
import { performance } from '../../timers.ts'
import { describeError, recordError } from '../error-text.ts'
import type { Origin, Origins } from './client-origins.ts'

export interface CallOptions {
  readonly origins: Origins
  readonly responseHook: ((span: Span, answer: IncomingMessage) => void) | undefined
  learnPort(call: Call, request: TracedRequest, port: number): void
}

export interface Call {
  readonly span: Span
  /** Of who made the request: listeners run in it. */
  readonly context: Context
  readonly method: string
  readonly startMillis: number
  readonly options: CallOptions
  origin: Origin
  version: string | undefined
  status: number | undefined
  isDone: boolean
}

export const CALL = Symbol('uptrace-node.call')

export type TracedRequest = ClientRequest & { [CALL]?: Call; readonly res?: Answer | null }
type Answer = IncomingMessage & { readonly _dumped?: boolean }

export function noteAnswer(call: Call, request: TracedRequest, answer: IncomingMessage): void {
  const { span, options } = call
  const { statusCode, socket, httpVersion } = answer
  if (typeof statusCode === 'number') {
    call.status = statusCode
    span.setAttribute('http.response.status_code', statusCode)
  }
  if (socket) {
    call.version = httpVersion
    const { remoteAddress, remotePort } = socket
    if (remoteAddress !== undefined) span.setAttribute('network.peer.address', remoteAddress)
    if (remotePort !== undefined) {
      span.setAttribute('network.peer.port', remotePort)
      if (call.origin.port === undefined) options.learnPort(call, request, remotePort)
    }
    span.setAttribute('network.protocol.version', httpVersion)
  }
  if (options.responseHook === undefined) return
  try {
    options.responseHook(span, answer)
  } catch {
    // what a hook does is not the application's problem
  }
}

/** The answer has ended, or the connection is another protocol's from now on. */
export function endCall(call: Call): void {
  if (call.isDone) return
  const { span, status } = call
  const isError = status !== undefined && !(status >= 100 && status < 400)
  const errorType = isError && status >= 400 && status < 600 ? String(status) : undefined
  if (errorType !== undefined) span.setAttribute('error.type', errorType)
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR })
  finish(call, errorType)
}

export function failCall(call: Call, error: unknown): void {
  if (call.isDone) return
  const { span } = call
  const isTimeout = isAbort(error) && (Object(Object(error).cause) as Error).name === 'TimeoutError'
  if (isAbort(error) && !isTimeout) {
    finish(call, undefined)
    return
  }
  const { type, message } = describeError(error)
  const errorType = isTimeout ? 'TimeoutError' : type
  span.setAttribute('error.type', errorType)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  recordError(span, error)
  finish(call, errorType)
}

/** Nothing more can come. */
export function closeCall(call: Call, { res: answer }: TracedRequest): void {
  if (call.isDone) return
  // one that the application has thrown away was not cut off
  if (answer?.errored && !answer._dumped) failCall(call, answer.errored)
  else endCall(call)
}

/** By a signal of the application's own. */
const isAbort = (error: unknown): boolean => (Object(error) as Error).name === 'AbortError'

function finish(call: Call, errorType: string | undefined): void {
  call.isDone = true
  const { span, origin, startMillis, method, status, version } = call
  span.end()
  origin.durations.record((performance.now() - startMillis) / 1_000, method, status, version, errorType, span)
}
