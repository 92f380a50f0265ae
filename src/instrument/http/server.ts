/** Spans and durations of incoming requests: one wrap of `emit` a prototype, no listener and no closure a request. */

import type { EventEmitter } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { context } from '@opentelemetry/api'
import { listenToProcess, unlistenToProcess } from '../../process-events.ts'
import { emitOfAnswer } from './client.ts'
import { CALL, type TracedRequest as ClientRequest } from './client-call.ts'
import { closeExchange, failExchange, setDurations } from './end-exchange.ts'
import { EXCHANGE, type Exchange, exchangeOf, type TracedRequest } from './exchange.ts'
import type { IncomingOptions } from './incoming-options.ts'
import { type Emit, emitIn, emitOn, wrapEmit } from './inherited-emit.ts'
import type { Scheme } from './request-attributes.ts'
import { startExchange } from './start-exchange.ts'

const require = createRequire(import.meta.url)
/** Who is told of requests now; the wraps stay where they are. */
let active: IncomingOptions | undefined
let isPatched = false

export function startIncoming(options: IncomingOptions): void {
  active = options
  setDurations(options.durations)
  patch()
}

export function stopIncoming(): void {
  active = undefined
  setDurations(undefined)
}

function patch(): void {
  if (isPatched) return
  isPatched = true
  const http = require('node:http') as typeof import('node:http')
  const https = require('node:https') as typeof import('node:https')
  wrapEmit(http.Server.prototype, (below) => emitOfServer(below, 'http'))
  wrapEmit(https.Server.prototype as unknown as Server, (below) => emitOfServer(below, 'https'))
  wrapEmit(http.IncomingMessage.prototype, emitOfRequest)
  wrapEmit(http.ServerResponse.prototype, emitOfResponse)
}

export function emitOfServer(below: Emit, scheme: Scheme): Emit {
  return function (this: EventEmitter, event, ...args) {
    if (event !== 'request' || active === undefined) return below.call(this, event, ...args)
    return onRequest(active, this, below, scheme, args as [TracedRequest, ServerResponse])
  }
}

function onRequest(
  options: IncomingOptions,
  server: EventEmitter,
  below: Emit,
  scheme: Scheme,
  args: [TracedRequest, ServerResponse],
): boolean {
  const exchange = startExchange(options, args[0], args[1], scheme)
  if (exchange === undefined) return below.call(server, 'request', ...args)
  let hasThrown = true
  try {
    const result = context.with(exchange.context, emitOn, undefined, below, server, 'request', args)
    hasThrown = false
    return result
  } finally {
    // a `catch` that throws again would make Node show this line in place of the application's
    if (hasThrown) noteUncaught(exchange, args[0])
  }
}

/** What was thrown is known once nobody has caught it, and that is at once. */
function noteUncaught(exchange: Exchange, request: IncomingMessage): void {
  const onUncaught = (error: unknown): void => failExchange(exchange, request, error)
  listenToProcess('uncaughtExceptionMonitor', onUncaught, true)
  queueMicrotask(() => unlistenToProcess('uncaughtExceptionMonitor', onUncaught))
}

function emitOfRequest(below: Emit): Emit {
  return function (this: EventEmitter, event, ...args) {
    const exchange = (this as TracedRequest)[EXCHANGE]
    if (exchange === undefined) {
      // what a server answered to a request of ours
      const call = (this as { req?: ClientRequest }).req?.[CALL]
      return call === undefined ? below.call(this, event, ...args) : emitOfAnswer(call, this, below, event, args)
    }
    if (!needsContext(this, exchange, event)) return below.call(this, event, ...args)
    return emitIn.call(this, exchange.context, below, event, ...args)
  }
}

function emitOfResponse(below: Emit): Emit {
  return function (this: EventEmitter, event, ...args) {
    const exchange = exchangeOf(this as ServerResponse)
    if (exchange === undefined) return below.call(this, event, ...args)
    // before the listeners of the application
    const response = this as ServerResponse
    if (event === 'close') closeExchange(exchange, response.req, response)
    else if (event === 'error') failExchange(exchange, response.req, args[0])
    const withoutContext = event === 'finish' ? exchange.ownListeners : 0
    if (this.listenerCount(event) <= withoutContext || exchange.context === context.active())
      return below.call(this, event, ...args)
    return emitIn.call(this, exchange.context, below, event, ...args)
  }
}

/** Most events have no listener but one of Node itself, and then there is nothing to run in a context. */
function needsContext(request: EventEmitter, exchange: Exchange, event: string | symbol): boolean {
  const count = request.listenerCount(event)
  if (count === 0 || exchange.context === context.active()) return false
  // Node's own listener lets go of the request
  return event !== 'end' || count > 1 || request.listeners('end')[0]!.name !== 'clearIncoming'
}
