/** Routes of frameworks: what they leave with a request is asked for at its end, so that it does not matter when they were loaded. */
import { loadedModules } from '../hooks/cached-modules.ts'
import { EXCHANGE, type Exchange, type TracedRequest } from '../http/exchange.ts'
import { wrapMethod } from '../wrap-method.ts'
import { mountedAt } from './koa-mount.ts'
import { hasAnswered } from './koa-route.ts'

type Any = (...args: unknown[]) => unknown
type Methods = Record<string, Any>

/** Package -> what to do when it is loaded. */
const WATCHERS: Readonly<Record<string, (exported: unknown) => void>> = {
  koa: watchKoa,
  '@eggjs/koa': watchKoa,
  '@hapi/hapi': watchHapi,
}

/** Never throws: without it requests have no route, and that is all. */
export function watchRoutes(moduleName: string, exported: unknown): void {
  try {
    WATCHERS[moduleName]?.((exported as { default?: unknown } | null)?.default ?? exported)
  } catch {
    // another version, made in another way
  }
}

interface KoaContext {
  readonly method: string
  /** What @koa/router and koa-router leave: the path of the layer that was entered last, and all that the path leads to. */
  readonly _matchedRoute?: unknown
  /** What koa-route leaves. */
  readonly routePath?: unknown
  readonly matched?: ReadonlyArray<{ readonly path: unknown; readonly methods: readonly string[] }>
}

/** Every application makes its contexts by one method and hands them to the other; those of Egg have a first one of their own. */
function watchKoa(Koa: unknown): void {
  const { prototype } = Koa as { prototype: Methods }
  const note = (context: unknown, request: unknown): void => noteKoa(context as KoaContext, request)
  after(prototype, 'createContext', (context, [request]) => note(context, request))
  before(prototype, 'handleRequest', (_self, [context]) => {
    const { req } = context as { readonly req?: TracedRequest }
    if (req?.[EXCHANGE]?.isRouteMended === false) note(context, req)
  })
}

/** A request may have several contexts, as oidc-provider makes them for its cookies, and an app of Express around all. */
function noteKoa(koa: KoaContext, request: unknown): void {
  const exchange: Exchange | undefined = (request as TracedRequest | undefined)?.[EXCHANGE]
  if (exchange === undefined) return
  const { findRoute, route: saidBefore, place, baseLength } = exchange
  const base = baseLength > 0 ? ((place as { readonly route?: string } | undefined)?.route ?? '') : ''
  mendRoute(request, (_request, current) => {
    const route = routeOfKoa(koa, current.route === saidBefore ? undefined : current.route)
    return route === undefined ? findRoute?.(request, current) : base + mountedAt(koa) + route
  })
}

/** Middleware of a router that answers stands before the route that has matched. */
function routeOfKoa(context: KoaContext, said: string | undefined): string | undefined {
  const { method, _matchedRoute, matched = [], routePath } = context
  const route = said ?? textOf(_matchedRoute) ?? (hasAnswered(context) ? textOf(routePath) : undefined)
  const isEntered = ({ path }: { path: unknown }): boolean => textOf(path) === route
  const routes = matched.filter(({ methods }) => methods.includes(method))
  const middleware = matched.filter(({ methods }) => methods.length === 0)
  if (routes.some(isEntered) || !middleware.some(isEntered)) return route
  return textOf(routes.at(-1)?.path) ?? route
}

interface HapiRequest {
  readonly raw: { readonly req: unknown }
  readonly route: { readonly path?: unknown; readonly method?: unknown }
}

/** The class of requests is in a file of its own, which is loaded with the package. */
function watchHapi(): void {
  const ending = /[\\/]@hapi[\\/]hapi[\\/]lib[\\/]request\.js$/
  for (const [filename, cached] of loadedModules()) {
    if (!ending.test(filename)) continue
    const { prototype } = cached.exports as { prototype: Methods }
    before(prototype, '_execute', (self) => {
      const request = self as HapiRequest
      // handlers are said without the prefix of their plugin; what answers where no route matches is none
      mendRoute(request.raw.req, () => (request.route.method === '_special' ? undefined : textOf(request.route.path)))
    })
  }
}

function mendRoute(request: unknown, find: NonNullable<Exchange['findRoute']>): void {
  const exchange: Exchange | undefined = (request as TracedRequest | undefined)?.[EXCHANGE]
  if (exchange === undefined) return
  exchange.findRoute = find
  exchange.isRouteMended = true
}

function before(methods: Methods, name: string, note: (self: unknown, args: unknown[]) => void): void {
  wrapMethod(
    methods,
    name,
    (original) =>
      function (...args) {
        tryTo(() => note(this, args))
        return original.apply(this, args)
      },
  )
}

function after(methods: Methods, name: string, note: (result: unknown, args: unknown[]) => void): void {
  wrapMethod(
    methods,
    name,
    (original) =>
      function (...args) {
        const result = original.apply(this, args)
        tryTo(() => note(result, args))
        return result
      },
  )
}

function tryTo(note: () => void): void {
  try {
    note()
  } catch {
    // a request without a route
  }
}

const textOf = (route: unknown): string | undefined =>
  typeof route === 'string' ? route || undefined : route instanceof RegExp ? String(route) : undefined
