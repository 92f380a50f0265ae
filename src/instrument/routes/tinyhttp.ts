/** tinyhttp: the handler of a route that is entered says its path, below the paths of the apps around it. */
import { watchCalls } from '../wrap-method.ts'
import { type Any, sayRoute } from './say-route.ts'

interface Middleware {
  readonly type?: unknown
  readonly path: unknown
  handler: unknown
}
interface App {
  readonly middleware: readonly Middleware[]
  /** Where it is mounted, in all. */
  path(): string
}

export function patchTinyhttp(exported: { readonly App?: { readonly prototype: object } }): unknown {
  if (exported.App) watchCalls<App>(exported.App.prototype, 'handler', (_args, app) => watch(app))
  return exported
}

const watched = new WeakSet<Middleware>()

/** Routes may be added, moved and taken away at any time: each is watched from the first request that finds it. */
function watch(app: App): void {
  for (const middleware of app.middleware) {
    if (watched.has(middleware)) continue
    watched.add(middleware)
    if (middleware.type !== 'route' || typeof middleware.handler !== 'function') continue
    middleware.handler = new Proxy(middleware.handler as Any, {
      apply(handler, self, args) {
        sayRoute(() => (typeof middleware.path === 'string' ? app.path() + middleware.path : undefined))
        return Reflect.apply(handler, self, args)
      },
    })
  }
}
