/** Name lookup, connect, TLS handshake and first byte as events of http and fetch client spans. Opt-in. */
import diagnosticsChannel from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Span } from '@opentelemetry/api'

type Phase = 'http.dns' | 'http.connect' | 'http.tls'

/** Instants are `performance.now()`, in milliseconds. */
interface PhaseEnd {
  readonly phase: Phase
  readonly startMillis: number
  readonly endMillis: number
  readonly error: string | undefined
}

interface Connection {
  readonly startMillis: number
  readonly ended: PhaseEnd[]
  /** Told of phases as they end. */
  listener: ((end: PhaseEnd) => void) | undefined
}

const require = createRequire(import.meta.url)
const connections = new WeakMap<Socket, Connection>()
const requestSentMillis = new WeakMap<object, number>()
const fetches = new WeakMap<object, { readonly span: Span; readonly startMillis: number; isReused: boolean }>()
let isWatching = false
let isWatchingFetches = false

/** Hooks of the http instrumentation. */
export function httpPhaseHooks() {
  watchConnections()
  return {
    requestHook(span: Span, request: ClientRequest | IncomingMessage): void {
      if (!isClientRequest(request)) return
      request.once('socket', (socket: Socket) => {
        if (!request.reusedSocket) follow(span, socket)
        requestSentMillis.set(request, performance.now())
      })
      request.once('finish', () => requestSentMillis.set(request, performance.now()))
    },
    responseHook(span: Span, response: IncomingMessage | ServerResponse | ClientRequest): void {
      const request = (response as { req?: ClientRequest }).req
      if (!request || 'setHeader' in response) return // the response of a server
      addFirstByte(span, requestSentMillis.get(request), request.reusedSocket)
    },
  }
}

/** Hooks of the undici instrumentation, which fetch goes through. */
export function fetchPhaseHooks() {
  watchConnections()
  watchFetches()
  return {
    requestHook(span: Span, request: object): void {
      fetches.set(request, { span, startMillis: performance.now(), isReused: false })
    },
    responseHook(span: Span, { request }: { request: object }): void {
      addFirstByte(span, requestSentMillis.get(request), fetches.get(request)?.isReused ?? false)
    },
  }
}

/** Once a process, whatever number of configurations ask for it. */
function watchFetches(): void {
  if (isWatchingFetches) return
  isWatchingFetches = true
  diagnosticsChannel.subscribe('undici:client:sendHeaders', (message) => {
    const { request, socket } = message as { request: object; socket: Socket }
    const sent = fetches.get(request)
    if (!sent) return
    // undici does not tell: a connection that began before the request was made for another one
    sent.isReused = (connections.get(socket)?.startMillis ?? 0) < sent.startMillis || !follow(sent.span, socket)
    requestSentMillis.set(request, performance.now())
  })
}

/** Notes when each socket looked up, connected and agreed on keys. The one seam that both http and undici pass is `Socket.connect`. */
function watchConnections(): void {
  if (isWatching) return
  isWatching = true
  const { Socket: NetSocket } = require('node:net') as typeof import('node:net')
  const { connect } = NetSocket.prototype
  NetSocket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    watchSocket(this)
    return Reflect.apply(connect, this, args)
  } as typeof connect
}

function watchSocket(socket: Socket): void {
  const connection: Connection = { startMillis: performance.now(), ended: [], listener: undefined }
  connections.set(socket, connection)
  let last = connection.startMillis
  const end = (phase: Phase, error?: Error): void => {
    const now = performance.now()
    const ended = { phase, startMillis: last, endMillis: now, error: error?.message }
    last = now
    connection.ended.push(ended)
    connection.listener?.(ended)
  }
  const onLookup = (error: Error | null): void => end('http.dns', error ?? undefined)
  const onConnect = (): void => end('http.connect')
  const onSecure = (): void => end('http.tls')
  socket.once('lookup', onLookup).once('connect', onConnect).once('secureConnect', onSecure)
}

/** Puts the phases of this socket's connection on the span, once. */
function follow(span: Span, socket: Socket): boolean {
  const connection = connections.get(socket)
  if (!connection || connection.listener) return false
  for (const ended of connection.ended) addPhase(span, ended)
  const listener: Connection['listener'] = (ended) => addPhase(span, ended)
  connection.listener = listener
  return true
}

function addPhase(span: Span, { phase, startMillis, endMillis, error }: PhaseEnd): void {
  span.addEvent(
    phase,
    { duration_ms: round(endMillis - startMillis), ...(error !== undefined && { 'error.message': error }) },
    endMillis,
  )
}

function addFirstByte(span: Span, sentMillis: number | undefined, isReused: boolean): void {
  const now = performance.now()
  span.addEvent(
    'http.first_byte',
    { duration_ms: round(now - (sentMillis ?? now)), 'http.connection.reused': isReused },
    now,
  )
}

const round = (millis: number): number => Math.round(millis * 1000) / 1000

function isClientRequest(request: ClientRequest | IncomingMessage): request is ClientRequest {
  return 'setHeader' in request
}
