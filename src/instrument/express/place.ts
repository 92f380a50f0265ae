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

type Holder = Pick<Exchange, 'place' | 'baseLength' | 'findRoute'> & { route?: string | undefined }

/** What holds a place of requests which our instrumentation of http doesn't trace. */
const strangers = new WeakMap<Request, Holder>()

/** Lets the end of the request ask what Express left on it, such as the route of a parameter that was refused. */
export function watchRequest(request: Request): void {
  const exchange = request[EXCHANGE]
  if (exchange !== undefined) exchange.findRoute = findRoute
}

/** Goes in below the path of the layer, and comes out again when the layer calls `next`. */
export function enterMount(layer: { rawPath?: RawPath }, request: Request, next: Next): Next {
  const holder = holderOf(request)
  const { place, baseLength, route: saidBefore } = holder
  const { route: routeBefore } = request
  const baseUrl = request.baseUrl ?? ''
  const inside = placeOf(holder).enter(mountPathOf(layer, baseUrl.slice(baseLength), request.params))
  holder.place = inside
  holder.baseLength = baseUrl.length
  return function leave(...args) {
    // a route has matched in here, but no handler of it was reached
    if (request.route !== routeBefore && request.route && holder.route === saidBefore)
      sayRoute(request, inside.enter(textOf(request.route.path)).route)
    holder.place = place
    holder.baseLength = baseLength
    return next(...args)
  }
}

/** The route that a handler stands for: it is what the request is named by. */
export function reachRoute(request: Request, { path }: Route): string {
  const { route } = placeOf(holderOf(request)).enter(textOf(path))
  sayRoute(request, route)
  return route
}

function sayRoute(request: Request, route: string): void {
  holderOf(request).route = route
  if (request[EXCHANGE] !== undefined) return
  const metadata = getRPCMetadata(context.active())
  if (metadata?.type === RPCType.HTTP) metadata.route = route
}

function findRoute(request: unknown, exchange: Exchange): string | undefined {
  const place = placeOf(exchange)
  const { route } = request as Request
  return (route ? place.enter(textOf(route.path)).route : place.route) || undefined
}

const placeOf = (holder: Holder): LayerPath => (holder.place as LayerPath | undefined) ?? LayerPath.NONE

function holderOf(request: Request): Holder {
  const exchange = request[EXCHANGE]
  if (exchange !== undefined) return exchange
  let holder = strangers.get(request)
  if (holder === undefined) {
    holder = { place: undefined, baseLength: 0, findRoute: undefined }
    strangers.set(request, holder)
  }
  return holder
}
