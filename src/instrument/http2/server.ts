/** Incoming streams of HTTP/2: the core API and the one that is like HTTP/1 are both told of a stream first. */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { context, propagation, ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { performance } from '../../timers.ts'
import type { Tracing } from '../define.ts'
import { closeExchange, failExchange } from '../http/end-exchange.ts'
import { EXCHANGE, type Exchange, type TracedRequest } from '../http/exchange.ts'
import { type Emit, emitOn } from '../http/inherited-emit.ts'
import { createRequestAttributes, type Scheme } from '../http/request-attributes.ts'
import { createRequestContext } from '../http/request-context.ts'
import { emitOfServer as emitOfHttp1 } from '../http/server.ts'

/** @grpc/grpc-js has an instrumentation of its own, which makes the span of the call. */
const GRPC_LISTENER = /_(?:channelz|stream)Handler$/i
const ofGrpc = new WeakMap<EventEmitter, boolean>()

export function emitOfServer(below: Emit, scheme: Scheme, tracing: Tracing): Emit {
  // a secure server may answer in HTTP/1 as well
  const http1 = emitOfHttp1(below, scheme)
  return function (this: EventEmitter, event, ...args) {
    if (event === 'request') {
      const request = args[0] as TracedRequest | undefined
      if (request?.httpVersionMajor === 1) return http1.call(this, event, ...args)
      noteExchange(request)
      return below.call(this, event, ...args)
    }
    const exchange = event === 'stream' ? tryStart(tracing, this, scheme, args) : undefined
    if (exchange === undefined) return below.call(this, event, ...args)
    return context.with(exchange.context, emitOn, undefined, below, this, event, args)
  }
}

/** Frameworks look for it at the request, which is made of the stream. */
function noteExchange(request: TracedRequest | undefined): void {
  const exchange = getRPCMetadata(context.active()) as Exchange | undefined
  if (request !== undefined && exchange !== undefined && 'startMillis' in exchange) request[EXCHANGE] ??= exchange
}

function tryStart(tracing: Tracing, server: EventEmitter, scheme: Scheme, args: unknown[]): Exchange | undefined {
  if (!tracing.isEnabled() || isOfGrpc(server)) return undefined
  try {
    const [stream, headers] = args as [ServerHttp2Stream, IncomingHttpHeaders]
    return start(tracing, scheme, stream, headers)
  } catch (error) {
    log.debug(`a stream could not be traced: ${messageOf(error)}`)
    return undefined
  }
}

function start(
  tracing: Tracing,
  scheme: Scheme,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Exchange | undefined {
  const method = headers[':method']
  const { session } = stream
  const request = {
    method,
    url: headers[':path'],
    httpVersion: '2',
    headers: { ...headers, host: headers[':authority'] ?? headers.host },
    socket: session?.socket ?? {},
  } as unknown as IncomingMessage
  const isIgnored = tracing.settings['ignoreIncomingRequestHook'] as ((request: IncomingMessage) => boolean) | undefined
  if (isIgnored?.(request)) return undefined
  const parent = propagation.extract(ROOT_CONTEXT, headers)
  const attributes = createRequestAttributes(request, scheme)
  const span = tracing.startSpan(method ?? 'GET', { kind: SpanKind.SERVER, attributes }, parent)
  const exchange: Exchange = {
    type: RPCType.HTTP,
    span,
    route: undefined!,
    context: parent,
    method,
    url: request.url,
    scheme,
    version: '2',
    startMillis: performance.now(),
    sentBefore: undefined,
    ownListeners: 0,
    isDone: false,
    closers: undefined,
    place: undefined,
    baseLength: 0,
    said: undefined,
    findRoute: undefined,
    isRouteMended: false,
    outer: undefined,
  }
  exchange.context = createRequestContext(parent, span, exchange)
  stream.once('close', () => end(exchange, request, stream))
  return exchange
}

function end(exchange: Exchange, request: IncomingMessage, stream: ServerHttp2Stream): void {
  const { headersSent, errored, sentHeaders } = stream
  if (errored && !headersSent) {
    failExchange(exchange, request, errored)
    return
  }
  const response = {
    headersSent,
    errored,
    statusCode: Number(sentHeaders?.[':status']),
    writableFinished: !stream.aborted && !errored,
  } as unknown as ServerResponse
  closeExchange(exchange, request, response)
}

function isOfGrpc(server: EventEmitter): boolean {
  let known = ofGrpc.get(server)
  if (known === undefined) {
    known = server.listeners('stream').some(({ name }) => GRPC_LISTENER.test(name))
    ofGrpc.set(server, known)
  }
  return known
}
