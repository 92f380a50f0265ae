/** Where each request is in its app: entered and left as Express does it. */
import type { ServerResponse } from 'node:http'
import { context } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import { EXCHANGE, type Exchange } from '../http/exchange.ts'
import { LayerPath } from './layer-path.ts'
import { mountPathOf, type RawPath, textOf } from './mount-path.ts'

export interface Route {
  readonly path: unknown
}
export interface Request {
  readonly originalUrl: string
  readonly baseUrl?: string
  readonly params?: unknown
  /** Set once a route has matched. */
  readonly route?: Route | undefined
  [EXCHANGE]?: Exchange
}
export type Response = ServerResponse
export type Next = (error?: unknown) => void

type Holder = Pick<Exchange, 'place' | 'baseLength' | 'findRoute' | 'said'> & { route?: string | undefined }

/** What holds a place of requests which our instrumentation of http doesn't trace. */
const strangers = new WeakMap<Request, Holder>()

/** Lets the end of the request ask what Express left on it, such as the route of a parameter that was refused. */
export function watchRequest(request: Request): void {
  const exchange = request[EXCHANGE]
  // what a framework on top of Express has to say comes first
  if (exchange !== undefined) exchange.findRoute ??= findRoute
}

/** Goes in below the path of the layer, and comes out again when the layer calls `next`. */
export function enterMount(layer: { rawPath?: RawPath }, request: Request, next: Next): Next {
  const holder = holderOf(request)
  const { place, baseLength } = holder
  sayMatched(request, holder)
  const baseUrl = request.baseUrl ?? ''
  const inside = placeOf(holder).enter(mountPathOf(layer, baseUrl.slice(baseLength), request.params))
  holder.place = inside
  holder.baseLength = baseUrl.length
  return function leave(...args) {
    sayMatched(request, holder)
    holder.place = place
    holder.baseLength = baseLength
    return next(...args)
  }
}

/** The route that a handler stands for: it is what the request is named by. */
export function reachRoute(request: Request, route: Route): string {
  return sayRoute(request, holderOf(request), route)
}

/** A handler has passed the request on: another route may match, and none of its handlers be reached. */
export function passOn(request: Request): void {
  const exchange = request[EXCHANGE]
  if (exchange?.findRoute === findRoute) exchange.isRouteMended = true
}

/** A route has matched here, but no handler of it was reached. */
function sayMatched(request: Request, holder: Holder): void {
  const { route } = request
  if (!route || route === holder.said) return
  try {
    sayRoute(request, holder, route)
  } catch {
    // its path cannot be written down
  }
}

function sayRoute(request: Request, holder: Holder, route: Route): string {
  const text = placeOf(holder).enter(textOf(route.path)).route
  holder.route = text
  holder.said = route
  if (request[EXCHANGE] === undefined) {
    const metadata = getRPCMetadata(context.active())
    if (metadata?.type === RPCType.HTTP) metadata.route = text
  }
  return text
}

function findRoute(request: unknown, exchange: Exchange): string | undefined {
  const { said } = exchange
  const { route } = request as Request
  if (said !== undefined && (!route || route === said)) return undefined
  const place = placeOf(exchange)
  if (route) return place.enter(textOf(route.path)).route
  // what is mounted at the root answers for all paths
  return place.route === '/' ? undefined : place.route || undefined
}

const placeOf = (holder: Holder): LayerPath => (holder.place as LayerPath | undefined) ?? LayerPath.NONE

function holderOf(request: Request): Holder {
  const exchange = request[EXCHANGE]
  if (exchange !== undefined) return exchange
  let holder = strangers.get(request)
  if (holder === undefined) {
    holder = { place: undefined, baseLength: 0, findRoute: undefined, said: undefined }
    strangers.set(request, holder)
  }
  return holder
}
