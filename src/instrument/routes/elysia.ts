/** Elysia 1: code that it makes finds the handler, so the route is looked for again at the end of a request. */
import { watchCalls, watchResults } from '../wrap-method.ts'
import { askAtEnd } from './say-route.ts'

interface Router {
  add(method: string, path: string, leaf: unknown, options: { readonly ignoreError: boolean }): unknown
  find(method: string, path: string): { readonly store: unknown } | null
}
interface App {
  readonly config?: { readonly strictPath?: boolean }
  readonly router: {
    readonly http: Router
    /** All routes as they were given. */
    readonly history: ReadonlyArray<{ readonly method: string; readonly path: string }>
  }
}

export function patchElysia(exported: { readonly Elysia?: { readonly prototype: object } }): unknown {
  const { prototype } = exported.Elysia ?? {}
  const getter = prototype && Object.getOwnPropertyDescriptor(prototype, 'fetch')
  if (prototype === undefined || getter?.get === undefined || watched.has(getter.get)) return exported
  const make = getter.get
  const get = function (this: App): unknown {
    const fetch = make.call(this) as unknown
    watch(this)
    return Object.getOwnPropertyDescriptor(this, 'fetch')?.value ?? fetch
  }
  watched.add(get)
  Object.defineProperty(prototype, 'fetch', { ...getter, get })
  watchResults<App>(prototype, 'compile', (_result, _args, app) => watch(app))
  return exported
}

const watched = new WeakSet<object>()

/** An app makes its `fetch` when it is first asked for, or compiled, and keeps it. */
function watch(app: App): void {
  if (!Object.hasOwn(app, 'fetch')) return
  watchCalls(app, 'fetch', ([request]) => {
    const { method, url } = Object(request) as { method?: unknown; url?: unknown }
    if (typeof method === 'string' && typeof url === 'string') askAtEnd(() => find(app, method, url), url)
  })
}

function find(app: App, method: string, url: string): string | undefined {
  const path = `/${url.replace(/^[a-z]+:\/\/[^/?#]*\/?/i, '').split(/[?#]/, 1)[0]}`
  const router = routerOf(app)
  for (const name of method === 'HEAD' ? ['HEAD', 'GET', 'ALL'] : [method, 'ALL']) {
    const found = router.find(name, path)
    if (found) return String(found.store)
  }
  return undefined
}

/** Of each app: a router of the same kind whose leaves are paths, and how many routes it has. */
const routers = new WeakMap<App, { readonly router: Router; readonly size: number }>()

/** The app's own keeps no paths. */
function routerOf(app: App): Router {
  const { http, history } = app.router
  const known = routers.get(app)
  if (known?.size === history.length) return known.router
  const router = new (http.constructor as new () => Router)()
  for (const { method, path } of history) {
    router.add(method, path, path, { ignoreError: true })
    // a slash at the end makes no difference
    if (!app.config?.strictPath && !/^\/$|\*$/.test(path))
      router.add(method, path.endsWith('/') ? path.slice(0, -1) : `${path}/`, path, { ignoreError: true })
  }
  routers.set(app, { router, size: history.length })
  return router
}
