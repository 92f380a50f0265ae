/** SolidStart, and Solid Router in a server of one's own: the pattern of the page or of the API. */
import { withExport, withWatchedResult } from './exports.ts'
import { type Any, pathBefore, sayPrefixedRoute, sayRoute } from './say-route.ts'

interface PageRouter {
  readonly location: { readonly pathname: string }
  matches(): ReadonlyArray<{ readonly route: { readonly pattern?: string } }>
}

/** A page is also rendered for a call of a server function, which it does not name. */
export const patchSolidRouter = (exported: object): object =>
  Reflect.has(exported, 'createRouterContext')
    ? withWatchedResult<PageRouter>(exported, 'createRouterContext', ({ location, matches }) => {
        const { pathname } = location
        sayRoute(({ url }) => {
          if (url !== undefined && pathBefore(url, pathname) === undefined) return undefined
          const route = matches().at(-1)?.route
          // that of the root is empty
          return route ? route.pattern || '/' : null
        }, pathname)
      })
    : exported

interface ApiRouter {
  lookup: (path: string) => { readonly route?: { readonly path?: unknown } } | null
}

/** What is found for a method says no path; the router that it is found by does. */
export function patchSolidStart(exported: Record<string, unknown>): object {
  const match = exported['matchAPIRoute'] as Any | undefined
  const router = exported['router'] as ApiRouter | undefined
  if (typeof match !== 'function' || typeof router?.lookup !== 'function') return exported
  const matchAPIRoute = function (this: unknown, ...args: unknown[]): unknown {
    const found = match.apply(this, args)
    const path = String(args[0])
    if (found !== undefined) sayPrefixedRoute(() => textOf(router.lookup(path)?.route?.path), path)
    return found
  }
  return withExport(exported, 'matchAPIRoute', matchAPIRoute)
}

/** Groups of routes are no part of a path. */
const textOf = (path: unknown): string | undefined =>
  typeof path === 'string' ? path.replace(/\([^)/]+\)/g, '').replace(/\/+/g, '/') : undefined
