/** Hono 4: its router says which handlers a request goes through. */
import { withWatchedClass } from './exports.ts'
import { type Any, sayRoute } from './say-route.ts'

interface HonoRouter {
  match: Any
}
interface Hono {
  readonly router: HonoRouter
}
/** Of handlers and middleware in their order: function, route, and parameters. */
type HonoMatch = readonly [matched: Matched, ...rest: unknown[]]
type Matched = ReadonlyArray<readonly [readonly [handler: unknown, HonoRoute], parameters: unknown]>
interface HonoRoute {
  readonly path: string
  readonly method: string
}

/** Entries with other routers. */
export const HONO_PRESETS = ['tiny', 'quick'].flatMap((name) => [
  `dist/preset/${name}.js`,
  `dist/cjs/preset/${name}.js`,
])

export const patchHono = (exported: object): object =>
  withWatchedClass<Hono>(exported, 'Hono', ({ router }) => watchRouter(router))

/** A router puts a faster `match` in the place of its own once it knows its routes. */
function watchRouter(router: HonoRouter): void {
  let match = router.match
  Object.defineProperty(router, 'match', {
    configurable: true,
    enumerable: true,
    set: (value: Any) => {
      match = value
    },
    get: () =>
      function (this: unknown, ...args: unknown[]): unknown {
        const result = match.apply(this, args)
        return sayMatch(result as HonoMatch, typeof args[1] === 'string' ? args[1] : undefined)
      },
  })
}

/** @returns what the router has found, with handlers that say which of them is entered where that is not clear */
function sayMatch(found: HonoMatch, path: string | undefined): HonoMatch {
  let request: { route?: string } | undefined
  let said = ''
  sayRoute((metadata) => {
    const route = routeOf(found[0])
    if (route !== undefined && hasOthers(found[0], route)) {
      request = metadata
      said = route
    }
    return route
  }, path)
  if (request === undefined) return found
  const { route = '' } = request
  const base = route.slice(0, route.length - said.length)
  return found.with(0, watched(found[0], request, base)) as unknown as HonoMatch
}

const watched = (matched: Matched, request: { route?: string }, base: string): Matched =>
  matched.map(([[handler, route], parameters], index) => {
    const enter = function (this: unknown, ...args: unknown[]): unknown {
      request.route = base + routeOf(matched, index)
      return (handler as Any).apply(this, args)
    }
    return [[enter, route], parameters]
  })

const hasOthers = (matched: Matched, route: string): boolean =>
  matched.some(([[, { method, path }]]) => method !== 'ALL' && path !== route)

/**
 * That of the handler which was entered last; before there is one, of the first behind the middleware. Middleware is for all methods, as a
 * handler may be, or for all paths.
 */
function routeOf(matched: Matched, entered = -1): string | undefined {
  const routes = matched.map(([[, route]]) => route)
  const isOfMethod = ({ method }: HonoRoute): boolean => method !== 'ALL'
  const isNoPath = ({ path }: HonoRoute): boolean => /^\/?\*$/.test(path)
  const isOwn = (route: HonoRoute): boolean => isOfMethod(route) && !isNoPath(route)
  const handler =
    routes.slice(0, entered + 1).findLast(isOwn) ??
    routes.slice(entered + 1).find(isOwn) ??
    routes.findLast(isOfMethod) ??
    routes.findLast((route) => !isNoPath(route))
  return handler?.path
}
