/** TanStack Start: a router is made for each request, and looks first for the route of its own path. */
import { type Any, sayRoute, withExport } from './say-route.ts'

interface Router {
  getMatchedRoutes: Any
}
type RouterClass = new (...args: unknown[]) => Router

export function patchTanStackRouter(exported: { readonly RouterCore?: RouterClass }): object {
  const { RouterCore } = exported
  if (RouterCore === undefined) return exported
  const Watched = class extends RouterCore {
    constructor(...args: unknown[]) {
      super(...args)
      watch(this)
    }
  }
  Object.defineProperty(Watched, 'name', { value: RouterCore.name })
  return withExport(exported as never, 'RouterCore', Watched)
}

/** Later it looks for those of links. */
function watch(router: Router): void {
  const find = router.getMatchedRoutes
  if (typeof find !== 'function') return
  router.getMatchedRoutes = function (...args) {
    router.getMatchedRoutes = find
    const found = find.apply(this, args)
    sayRoute(
      () => {
        const { fullPath } = Object((found as readonly unknown[])[2]) as { fullPath?: unknown }
        return typeof fullPath === 'string' ? fullPath.replace(/(.)\/$/, '$1') : undefined
      },
      typeof args[0] === 'string' ? args[0] : undefined,
    )
    return found
  }
}
