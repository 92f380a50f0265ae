/** The end of an incoming request: its status, its route, and an error where there was one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { SpanStatusCode } from '@opentelemetry/api'
import { performance } from '../../timers.ts'
import { describeError, recordError } from '../error-text.ts'
import { headerOf } from './client-headers.ts'
import type { RequestDurations } from './durations.ts'
import type { Exchange } from './exchange.ts'
import { routeLeftOn } from './left-route.ts'

/** What Node gives a connection that ended before its time. */
const CUT_OFF = 'ECONNRESET'

let durations: RequestDurations | undefined

export function setDurations(value: RequestDurations | undefined): void {
  durations = value
}

/** Of a response that has closed; also of those whose request was handed on. */
export function closeExchange(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  if (!exchange.isDone) finish(exchange, request, response)
  const { closers } = exchange
  exchange.closers = undefined
  if (closers !== undefined) for (const close of closers) close()
  if (exchange.outer !== undefined) closeExchange(exchange.outer, request, response)
}

export function failExchange(exchange: Exchange, request: IncomingMessage, error: unknown): void {
  if (exchange.outer !== undefined) failExchange(exchange.outer, request, error)
  if (exchange.isDone || !error) return
  exchange.isDone = true
  const { span, method } = exchange
  const { type, message } = describeError(error)
  const route = routeOf(exchange, request)
  if (route) {
    span.setAttribute('http.route', route)
    span.updateName(nameOf(method || 'GET', route))
  }
  span.setAttribute('error.type', type)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  recordError(span, error)
  end(exchange, undefined, route, type)
}

function finish(exchange: Exchange, request: IncomingMessage, response: ServerResponse): void {
  exchange.isDone = true
  const { span, method } = exchange
  // a status that never left says nothing; mocks have neither of the two
  const status = response.headersSent === false ? undefined : response.statusCode
  const isCutOff = response.writableFinished === false && !isEndless(response) && !isWhole(exchange, response)
  const route = routeOf(exchange, request)
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  if (route !== undefined) span.setAttribute('http.route', route)
  const isError = status !== undefined && !(status >= 100 && status < 500)
  const errorType = isError && status < 600 && status >= 500 ? String(status) : isCutOff ? typeOf(response) : undefined
  if (isError || isCutOff) span.setStatus({ code: SpanStatusCode.ERROR })
  if (errorType !== undefined) span.setAttribute('error.type', errorType)
  if (route) span.updateName(nameOf(method || 'GET', route))
  end(exchange, status, route, errorType)
}

/** Routes and methods come from the application and from outside. */
const MAX_NAMES = 2_000
/** By method and route. A name that is made once is hashed once by whoever looks something up by it. */
const names = new Map<string, Map<string, string>>()
let nameCount = 0

function nameOf(method: string, route: string): string {
  const ofMethod = names.get(method)
  const known = ofMethod?.get(route)
  if (known !== undefined) return known
  if (nameCount++ >= MAX_NAMES) {
    names.clear()
    nameCount = 1
  }
  const name = `${method} ${route}`
  const holder = names.get(method)
  if (holder) holder.set(route, name)
  else names.set(method, new Map([[route, name]]))
  return name
}

/** Of the error that the application destroyed the response with, if it was the application. */
function typeOf({ errored }: ServerResponse): string {
  return errored ? describeError(errored).type : CUT_OFF
}

/** A stream of events ends when whoever listens leaves. */
function isEndless(response: ServerResponse): boolean {
  if (!response.headersSent || response.errored) return false
  return headerOf(response, 'content-type')?.startsWith('text/event-stream') ?? false
}

/**
 * A client may leave as soon as it has all that `content-length` promised. A file that is piped comes to its end later:
 * the stream has to find that out, and calls `end` then.
 */
function isWhole({ sentBefore, method }: Exchange, response: ServerResponse): boolean {
  const { socket, errored, _header: head } = response as ServerResponse & { readonly _header?: unknown }
  if (errored || !socket || sentBefore === undefined || typeof head !== 'string') return false
  const length = method === 'HEAD' ? 0 : Number(headerOf(response, 'content-length') ?? Number.NaN)
  return socket.bytesWritten - sentBefore >= head.length + length
}

function routeOf(exchange: Exchange, request: IncomingMessage): string | undefined {
  const { route, findRoute, isRouteMended } = exchange
  if (route !== undefined && !isRouteMended) return route
  try {
    return (findRoute === undefined ? routeLeftOn(request) : findRoute(request, exchange)) ?? route
  } catch {
    return route
  }
}

function end(exchange: Exchange, status?: number, route?: string, errorType?: string): void {
  const { span, method, scheme, version, startMillis } = exchange
  span.end()
  durations?.record((performance.now() - startMillis) / 1_000, method, scheme, version, status, route, errorType, span)
}
