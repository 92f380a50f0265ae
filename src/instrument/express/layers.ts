/** What runs around the layers of an app: those with a path note where a request is, handlers get a span. */
import { type Attributes, type Context, context, type Span, trace } from '@opentelemetry/api'
import type { Handle, Layer } from './handle.ts'
import { runInSpan } from './handler-span.ts'
import {
  enterMount,
  type Next,
  passOn,
  type Request,
  type Response,
  type Route,
  reachRoute,
  watchRequest,
} from './place.ts'

/** The instrumentation as it is now; a layer outlives many. */
export interface Tracing {
  isEnabled(): boolean
  startSpan(name: string, attributes: Attributes, parent: Context): Span
}

/** Around the method of all layers that runs what they stand for. */
export function wrapHandle(original: Handle, tracing: Tracing, hasSpans: () => boolean): Handle {
  return function handle(request, response, next) {
    if (!tracing.isEnabled()) return original.call(this, request, response, next)
    const { route } = this
    if (route && hasSpans()) return handleRoute(original, this, route, request, response, next, tracing)
    if (route) return original.call(this, request, response, tryPass(request, route, next))
    if (isForAllPaths(this)) {
      watchRequest(request)
      return original.call(this, request, response, next)
    }
    // what a route consists of is at the place of the route
    if (Object.hasOwn(this, 'method')) return original.call(this, request, response, next)
    watchRequest(request)
    return original.call(this, request, response, tryEnter(this, request, next))
  }
}

/** A path may be anything, even what cannot be written down. */
function tryEnter(layer: Layer, request: Request, next: Next): Next {
  try {
    return enterMount(layer, request, next)
  } catch {
    return next
  }
}

function tryReach(request: Request, route: Route): string {
  try {
    return reachRoute(request, route)
  } catch {
    return ''
  }
}

/** Reaches the route without a span of its handler. */
function tryPass(request: Request, route: Route, next: Next): Next {
  watchRequest(request)
  tryReach(request, route)
  return function pass(...args) {
    passOn(request)
    return next(...args)
  }
}

function handleRoute(
  original: Handle,
  layer: Layer,
  route: Route,
  request: Request,
  response: Response,
  next: Next,
  tracing: Tracing,
): unknown {
  const outside = context.active()
  const path = tryReach(request, route)
  if (trace.getSpan(outside) === undefined) return original.call(layer, request, response, next)
  const { attributes, name } = handlerOf(path)
  const span = tracing.startSpan(layer.path ? name : 'request handler', attributes, outside)
  return runInSpan(span, outside, original, layer, request, response, next)
}

/** What all spans of a route's handlers say. */
interface Handler {
  readonly name: string
  /** Shared: nobody writes to it. */
  readonly attributes: Attributes
}

/** Paths come from the application. */
const MAX_HANDLERS = 2_000
const handlers = new Map<string, Handler>()

function handlerOf(path: string): Handler {
  let handler = handlers.get(path)
  if (handler === undefined) {
    const attributes = { 'http.route': path, 'express.name': path, 'express.type': 'request_handler' }
    handler = { name: `request handler - ${path}`, attributes: Object.freeze(attributes) }
    if (handlers.size >= MAX_HANDLERS) handlers.clear()
    handlers.set(path, handler)
  }
  return handler
}

const isForAllPaths = ({ slash, regexp }: Layer): boolean => slash === true || regexp?.fast_slash === true
