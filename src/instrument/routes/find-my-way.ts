/** find-my-way, in a server of one's own: what it finds for a request has no path, so that is looked up by the handler. */
import { watchResults, wholeOf, wrapMethod } from '../wrap-method.ts'
import { sayRoute } from './say-route.ts'

interface Route {
  readonly method: string
  readonly path: string
  readonly opts: unknown
  readonly handler: unknown
  readonly store?: unknown
}
interface Router {
  readonly routes: readonly Route[]
  readonly _opts?: object
  readonly constructor: new (options?: object) => Router
  on(method: string, path: string, opts: unknown, handler: () => void, store: unknown): void
  find(...args: unknown[]): Found | null
}
type Found = Pick<Route, 'handler' | 'store'>

/** Among more routes with one handler none is looked for by it. */
const MAX_SHARED = 8

export function patchFindMyWay(exported: unknown): unknown {
  const { prototype } = wholeOf<{ readonly prototype: Router & { _findCompiled?: unknown } }>(exported)
  for (const name of ['find', '_findCompiled'])
    watchResults<Router>(prototype, name, (result, args, router) => {
      const found = result as Found | null
      if (found !== null && !isOfFastify(found)) say(router, found, args)
    })
  // what is compiled calls the handler itself; both ways do the same
  wrapMethod(
    prototype,
    '_lookupCompiled',
    (lookup) =>
      function (this: Router & { constructor: { prototype: { lookup: typeof lookup } } }, ...args: unknown[]) {
        return (isOfFastify(this.routes[0]) ? lookup : this.constructor.prototype.lookup).apply(this, args)
      },
  )
  return exported
}

/** It says its routes itself, also those that stand for none. */
function isOfFastify(found: { readonly store?: unknown } | undefined): boolean {
  const { store } = Object(found) as { store?: unknown }
  return typeof store === 'object' && store !== null && 'contentTypeParser' in store && 'errorHandler' in store
}

function say(router: Router, found: Found, args: readonly unknown[]): void {
  const [method, path] = args
  if (typeof path !== 'string') return
  // whether there is a route for another method is asked to answer 405, or what a browser asks before
  const isAsked = (own?: string): boolean => own === undefined || own === method || (own === 'HEAD' && method === 'GET')
  sayRoute((request) => (isAsked(request.method) ? pathOf(router, found, args) : undefined), path)
}

function pathOf(router: Router, { handler, store }: Found, args: readonly unknown[]): string | undefined {
  const known = knownOf(router)
  const shared = known.byHandler.get(handler) ?? []
  if (shared.length <= MAX_SHARED) {
    const isSame = (route: Route): boolean => route.method === args[0] && (route.store || null) === store
    const same = shared.filter(isSame)
    if (same.length <= 1) return same[0]?.path
  }
  known.shadow ??= shadowOf(router)
  return known.shadow.find(...args)?.store as string | undefined
}

interface Known {
  readonly routes: readonly Route[]
  readonly size: number
  readonly byHandler: Map<unknown, Route[]>
  /** The same routes once more, each of which gives its path: made where handlers are shared. */
  shadow?: Router
}

const known = new WeakMap<Router, Known>()

/** Routes may be added and taken away at any time. */
function knownOf(router: Router): Known {
  const { routes } = router
  const before = known.get(router)
  if (before?.routes === routes && before.size === routes.length) return before
  const byHandler = new Map<unknown, Route[]>()
  for (const route of routes) {
    const shared = byHandler.get(route.handler)
    if (shared) shared.push(route)
    else byHandler.set(route.handler, [route])
  }
  const now: Known = { routes, size: routes.length, byHandler }
  known.set(router, now)
  return now
}

function shadowOf(router: Router): Router {
  const shadow = new router.constructor(router._opts)
  for (const { method, path, opts } of router.routes) shadow.on(method, path, opts, () => {}, path)
  return shadow
}
