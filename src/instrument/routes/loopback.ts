/** LoopBack 4: its table of routes, which stands behind one layer of Express. */
import { type Request, reachRoute } from '../express/place.ts'
import { wholeOf, wrapMethod } from '../wrap-method.ts'

type Class = abstract new (...args: never[]) => object
interface Exports {
  readonly RoutingTable?: { readonly prototype: object }
  /** Routes with a path that somebody wrote; what a router of Express is to answer has that of the request. */
  readonly BaseRoute?: Class
  readonly RedirectRoute?: Class
}

export function patchLoopBack(exported: unknown): unknown {
  const { RoutingTable, BaseRoute, RedirectRoute } = wholeOf<Exports>(exported)
  const classes = [BaseRoute, RedirectRoute].filter((one) => one !== undefined)
  if (RoutingTable === undefined) return exported
  wrapMethod(
    RoutingTable.prototype,
    'find',
    (find) =>
      function (this: unknown, request: Request, ...rest: unknown[]) {
        const found = find.call(this, request, ...rest) as { readonly path?: unknown } | undefined
        const hasRoute = classes.some((one) => found instanceof one) && typeof found?.path === 'string'
        if (hasRoute) reachRoute(request, { path: found.path })
        return found
      },
  )
  return exported
}
