/** ws: the upgrade of a server, and a span for each message. A connection outlives its upgrade, so that messages received are traces of their own. */
import type { IncomingMessage } from 'node:http'
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { applyIn } from '../call-in.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { type Emit, wrapEmit } from '../http/inherited-emit.ts'
import { createRequestAttributes, normalizeMethod } from '../http/request-attributes.ts'
import { upgradeRouteOf } from '../http/upgrade-route.ts'
import { endSpan, runInSpan, tryStart } from '../run-in-span.ts'
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { kindOf, sizeOf } from './message.ts'

interface Exports {
  readonly WebSocketServer?: { readonly prototype: object }
  readonly WebSocket?: { readonly prototype: WebSocket }
  readonly Server?: { readonly prototype: object }
  readonly prototype?: WebSocket
}
type WebSocket = NodeJS.EventEmitter & { readonly url?: string; send(...args: unknown[]): void }
type Socket = NodeJS.EventEmitter & { readonly encrypted?: boolean }

/** Of the sockets of a server: the span of the upgrade, which messages are linked to. */
const upgrades = new WeakMap<object, Span>()
/** What engine.io sends and receives belongs to socket.io. */
const ENGINE_IO = /[?&]EIO=\d/
const carriers = new WeakSet<object>()
const patched = new WeakSet<object>()

export function createWs(settings: Settings): Instrumentation {
  return defineInstrumentation({ name: 'ws', targets: [{ module: 'ws', versions: ['>=7.0.0 <9'], patch }] }, settings)
}

function patch(exported: Exports, tracing: Tracing): void {
  const whole = wholeOf<Exports>(exported)
  const { prototype } = exported.WebSocket ?? whole.WebSocket ?? (whole as { readonly prototype: WebSocket })
  const server = exported.WebSocketServer ?? whole.WebSocketServer ?? whole.Server
  if (server !== undefined) wrapUpgrade(server.prototype, tracing)
  wrapMethod(prototype, 'send', (original) => {
    return function (this: WebSocket, ...args: unknown[]) {
      const span = tryStart(() => startSend(tracing, this, args[0]))
      if (span === undefined) return original.apply(this, args)
      return runNow(span, () => original.apply(this, args))
    }
  })
  if (patched.has(prototype)) return
  patched.add(prototype)
  wrapEmit(prototype, (below) => emitOfSocket(below, tracing))
}

function wrapUpgrade(prototype: object, tracing: Tracing): void {
  wrapMethod(prototype, 'handleUpgrade', (original) => {
    return function (this: { readonly options?: { readonly path?: unknown } }, ...args: unknown[]) {
      const [request, socket, head, callback, ...rest] = args as [IncomingMessage, Socket, unknown, unknown]
      const span = tryStart(() => startUpgrade(tracing, request, socket, this.options?.path))
      if (span === undefined || typeof callback !== 'function') return original.apply(this, args)
      const found: RPCMetadata = { type: RPCType.HTTP, span }
      const own = setRPCMetadata(trace.setSpan(propagation.extract(ROOT_CONTEXT, request.headers), span), found)
      let isDone = false
      const end = (isAccepted: boolean): void => {
        if (isDone) return
        isDone = true
        sayRoute(span, request, found.route)
        if (isAccepted) span.setAttribute('http.response.status_code', 101)
        else span.setStatus({ code: SpanStatusCode.ERROR, message: 'the upgrade was refused, or the connection ended' })
        span.end()
      }
      const onClose = (): void => end(false)
      socket.once('close', onClose)
      const accept = function (this: unknown, ...results: unknown[]) {
        socket.removeListener('close', onClose)
        const [opened] = results
        if (typeof opened === 'object' && opened !== null) {
          upgrades.set(opened, span)
          if (ENGINE_IO.test(String(request.url))) carriers.add(opened)
        }
        try {
          return applyIn(own, callback, this, results)
        } finally {
          end(true)
        }
      }
      return context.with(own, () => original.call(this, request, socket, head, accept, ...rest))
    }
  })
}

function startUpgrade(tracing: Tracing, request: IncomingMessage, socket: Socket, own: unknown): Span | undefined {
  if (!tracing.isEnabled()) return undefined
  const attributes = createRequestAttributes(request, socket.encrypted ? 'https' : 'http')
  attributes['network.protocol.name'] = 'websocket'
  const method = normalizeMethod(request.method)
  const path = typeof own === 'string' ? own : upgradeRouteOf(request)
  const hasRoute = path !== undefined && path !== ''
  if (hasRoute) attributes['http.route'] = path
  const parent = propagation.extract(ROOT_CONTEXT, request.headers)
  return tracing.startSpan(hasRoute ? `${method} ${path}` : method, { kind: SpanKind.SERVER, attributes }, parent)
}

/** What a framework has found for the connection while it was handed over; express-ws registers paths with a last part of its own. */
function sayRoute(span: Span, request: IncomingMessage, found: string | undefined): void {
  if (found === undefined) return
  const route = found.replace(/\/\.websocket$/, '') || '/'
  span.setAttribute('http.route', route)
  span.updateName(`${normalizeMethod(request.method)} ${route}`)
}

/** Without something that it belongs to, such as a broadcast by a timer, a message that is sent has no span. */
function startSend(tracing: Tracing, socket: WebSocket, data: unknown): Span | undefined {
  const active = context.active()
  if (!isTraced(tracing, socket) || trace.getSpan(active) === undefined) return undefined
  const attributes = { 'websocket.message.type': kindOf(data), 'websocket.message.size': sizeOf(data) }
  return tracing.startSpan('websocket send', { kind: SpanKind.PRODUCER, attributes }, active)
}

function emitOfSocket(below: Emit, tracing: Tracing): Emit {
  return function (this: NodeJS.EventEmitter, event, ...args) {
    const span =
      event === 'message' && this.listenerCount('message') > 0
        ? tryStart(() => startReceive(tracing, this as WebSocket, args))
        : undefined
    if (span === undefined) return below.call(this, event, ...args)
    return runInSpan(span, ROOT_CONTEXT, () => below.call(this, event, ...args))
  }
}

function startReceive(tracing: Tracing, socket: WebSocket, [data, isBinary]: unknown[]): Span | undefined {
  if (!isTraced(tracing, socket)) return undefined
  const upgrade = upgrades.get(socket)
  const attributes = { 'websocket.message.type': kindOf(data, isBinary), 'websocket.message.size': sizeOf(data) }
  const links = upgrade === undefined ? [] : [{ context: upgrade.spanContext() }]
  return tracing.startSpan('websocket receive', { kind: SpanKind.CONSUMER, attributes, links }, ROOT_CONTEXT)
}

function isTraced(tracing: Tracing, socket: WebSocket): boolean {
  if (!tracing.isEnabled() || tracing.settings['messages'] === false) return false
  return !carriers.has(socket) && !ENGINE_IO.test(String(socket.url))
}

/** Callbacks of the application run where it called, not below the span. */
function runNow<T>(span: Span, run: () => T): T {
  try {
    const result = run()
    endSpan(span)
    return result
  } catch (error) {
    endSpan(span, error ?? new Error('thrown without a reason'))
    throw error
  }
}
