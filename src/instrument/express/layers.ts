/** What runs around the layers of an app: middleware and routers note where a request is, handlers get a span. */
import { type Attributes, type Context, context, type Span, trace } from '@opentelemetry/api'
import { getRPCMetadata, RPCType } from '@opentelemetry/core'
import { runInSpan } from './handler-span.ts'
import { enter, isTracked, look, type Next, type Request, type Response } from './tracked.ts'

export type Handle = (this: unknown, request: Request, response: Response, next: Next) => unknown

/** Of Express 4 and 5. */
export interface Layer {
  name: string
  handle: Handle
  /** What it matched last; Express 5 keeps none. */
  path?: string
}

/** The instrumentation as it is now; a layer outlives many. */
export interface Tracing {
  isEnabled(): boolean
  startSpan(name: string, attributes: Attributes, parent: Context): Span
}

/** Wraps what a layer runs, by the kind that its name tells: those of functions that Express makes. */
export function wrapHandle(layer: Layer, own: string | undefined, tracing: Tracing): Handle {
  if (layer.name === 'router') return wrapRouter(layer.handle, own, tracing)
  const isHandler = layer.name === 'bound dispatch' || layer.name === 'handle'
  return isHandler ? wrapHandler(layer, own, tracing) : wrapMiddleware(layer.handle, own, tracing)
}

/**
 * Each layer says what the route is, and the last word counts. A middleware for all paths repeats what the layer around it said, so that it has
 * nothing to say until there was another one; but `/` is a route, too.
 */
function wrapMiddleware(original: Handle, own: string | undefined, tracing: Tracing): Handle {
  const hasPath = own !== undefined && own !== '/'
  return function middleware(request, response, next) {
    if ((hasPath || isTracked(request) || (own === '/' && request.originalUrl === '/')) && tracing.isEnabled())
      sayRoute(context.active(), look(request, own).routeOf(request.originalUrl))
    return original.call(this, request, response, next)
  }
}

/** A request stays in a router that it has left by `next`, as upstream has it. */
function wrapRouter(original: Handle, own: string | undefined, tracing: Tracing): Handle {
  return function router(request, response, next) {
    if (tracing.isEnabled()) sayRoute(context.active(), enter(request, own).routeOf(request.originalUrl))
    return original.call(this, request, response, next)
  }
}

function wrapHandler(layer: Layer, own: string | undefined, tracing: Tracing): Handle {
  const original = layer.handle
  return function handler(request, response, next) {
    if (!tracing.isEnabled()) return original.call(this, request, response, next)
    const outside = context.active()
    const here = enter(request, own)
    const route = here.routeOf(request.originalUrl)
    sayRoute(outside, route)
    if (trace.getSpan(outside) === undefined) return original.call(this, request, response, next)
    const path = here.constructed || own
    const name = path ?? 'request handler'
    const attributes: Attributes =
      route === undefined
        ? { 'express.name': name, 'express.type': 'request_handler' }
        : { 'http.route': route, 'express.name': name, 'express.type': 'request_handler' }
    const span = tracing.startSpan(layer.path ? `request handler - ${path}` : 'request handler', attributes, outside)
    return runInSpan(span, outside, original, this, request, response, next, own !== undefined)
  }
}

/** To the span of the server. */
function sayRoute(active: Context, route: string | undefined): void {
  const metadata = getRPCMetadata(active)
  if (metadata?.type === RPCType.HTTP) metadata.route = route
}
