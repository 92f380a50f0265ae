/** TanStack Start: a router is made for each request, and looks first for the route of its own path. */
import { withWatchedClass } from './exports.ts'
import { type Any, sayRoute, withoutSlash } from './say-route.ts'

interface Router {
  getMatchedRoutes: Any
}

export const patchTanStackRouter = (exported: { readonly RouterCore?: unknown }): object =>
  exported.RouterCore === undefined ? exported : withWatchedClass(exported, 'RouterCore', watch)

/** Later it looks for those of links. */
function watch(router: Router): void {
  const find = router.getMatchedRoutes
  if (typeof find !== 'function') return
  const findOnce: typeof find = function (...args) {
    router.getMatchedRoutes = find
    const found = find.apply(this, args)
    sayRoute(
      () => {
        const { fullPath } = Object((found as readonly unknown[])[2]) as { fullPath?: unknown }
        return typeof fullPath === 'string' ? withoutSlash(fullPath) : undefined
      },
      typeof args[0] === 'string' ? args[0] : undefined,
    )
    return found
  }
  router.getMatchedRoutes = findOnce
}
