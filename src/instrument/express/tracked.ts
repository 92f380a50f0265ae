/** How far into the app each request is. */
import type { ServerResponse } from 'node:http'
import { EXCHANGE, type Exchange } from '../http/exchange.ts'
import { LayerPath } from './layer-path.ts'

/** What holds a place of requests which http's instrumentation doesn't trace. */
const strangers = new WeakMap<Request, Holder>()

type Holder = Pick<Exchange, 'place'>

export interface Request {
  originalUrl: string
  /** Set once a route was reached. */
  readonly route?: unknown
  [EXCHANGE]?: Exchange
}
export type Response = ServerResponse
export type Next = (error?: unknown) => void

/** Whether a layer has said where the request is. */
export const isTracked = (request: Request): boolean => holderOf(request).place !== undefined

/** What the request is in, and `own` below it. */
export function look(request: Request, own: string | undefined): LayerPath {
  return below(holderOf(request), own)
}

/** Likewise, and the request stays there. */
export function enter(request: Request, own: string | undefined): LayerPath {
  const holder = holderOf(request)
  const here = below(holder, own)
  holder.place = here
  return here
}

export function leave(request: Request): void {
  const holder = holderOf(request)
  holder.place = (holder.place as LayerPath | undefined)?.leave()
}

function below(holder: Holder, own: string | undefined): LayerPath {
  holder.place ??= LayerPath.NONE
  const outer = holder.place as LayerPath
  return own === undefined ? outer : outer.enter(own)
}

function holderOf(request: Request): Holder {
  const exchange = request[EXCHANGE]
  if (exchange !== undefined) return exchange
  let holder = strangers.get(request)
  if (holder === undefined) {
    holder = { place: undefined }
    strangers.set(request, holder)
  }
  return holder
}
