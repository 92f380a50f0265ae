/** Trouter, which polka, 0http and restana have their routes in: each handler says the path that it was given for when it is entered, until it passes the request on. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { sayEntered, watchNext } from './entered.ts'
import { mountedBase, watchMount } from './mounts-0http.ts'
import { type Any, sayRoute, withoutSlash } from './say-route.ts'

/** From version 3 on. */
interface Router {
  readonly routes?: readonly Entry[]
}
interface Entry {
  /** Empty for all of them. */
  readonly method: string
  readonly handlers: readonly unknown[]
}
interface Given {
  readonly path: string
  /** Of what `use` adds: middleware and routers. */
  readonly isMount: boolean
}
interface Request {
  readonly url?: unknown
  readonly originalUrl?: unknown
}
/** Told of the path of a handler as it is entered. */
type Say = (path: string, request: Request) => void

export function patchTrouter(exported: unknown): unknown {
  const whole = wholeOf<{ readonly Trouter?: { readonly prototype: object }; readonly prototype?: object }>(exported)
  const prototype = whole.Trouter?.prototype ?? whole.prototype
  if (prototype) watchRouters(prototype, say)
  return exported
}

const say: Say = (path, request) => {
  if (typeof request.url === 'string') sayRoute(() => withoutSlash(mountedBase(request) + path), request.url)
}

/** Prototype of a kind of router -> how that says its paths. */
const ways = new WeakMap<object, Say>()

/** Also of one that inherits what is watched from another. */
export function watchRouters(prototype: object, say: Say): void {
  ways.set(prototype, say)
  for (const name of ['add', 'use'])
    wrapMethod(
      prototype,
      name,
      (add) =>
        function (this: Router, ...args: unknown[]) {
          const before = this.routes?.length
          const result = add.apply(this, args)
          remember(this.routes?.slice(before) ?? [], name === 'use', args)
          return result
        },
    )
  wrapMethod(
    prototype,
    'find',
    (find) =>
      function (this: Router, ...args: unknown[]) {
        const isAsked = !shadows.has(this) && getRPCMetadata(context.active()) !== undefined
        return find.apply(isAsked ? shadowOf(this) : this, args)
      },
  )
}

const given = new WeakMap<Entry, Given>()

function remember(entries: readonly Entry[], isMount: boolean, args: readonly unknown[]): void {
  const path = args[isMount ? 0 : 1]
  const isPath = typeof path === 'string' || path instanceof RegExp
  // all of them come through one another
  if (isPath)
    for (const entry of entries) if (!given.has(entry)) given.set(entry, { path: `${path as string}`, isMount })
}

const shadows = new WeakSet<object>()
const shadowOfRouter = new WeakMap<Router, { readonly shadow: Router; readonly last: Entry | undefined }>()
const shadowOfEntry = new WeakMap<Entry, Entry>()

/** The same router with handlers that are watched: its own stay as they are. */
function shadowOf(router: Router): Router {
  const { routes } = router
  if (!Array.isArray(routes)) return router
  const known = shadowOfRouter.get(router)
  if (known && known.shadow.routes?.length === routes.length && known.last === routes.at(-1)) return known.shadow
  const say = wayOf(router)
  const shadow = Object.create(router, {
    routes: { value: routes.map((entry) => watchedEntry(entry, say)) },
  }) as Router
  shadows.add(shadow)
  shadowOfRouter.set(router, { shadow, last: routes.at(-1) })
  return shadow
}

function wayOf(router: object): Say {
  let kind: unknown = Object.getPrototypeOf(router)
  while (typeof kind === 'object' && kind !== null && !ways.has(kind)) kind = Object.getPrototypeOf(kind)
  return ways.get(kind as object) ?? say
}

function watchedEntry(entry: Entry, say: Say): Entry {
  const own = given.get(entry)
  if (own === undefined) return entry
  let watched = shadowOfEntry.get(entry)
  if (watched === undefined) {
    const path = `/${own.path.replace(/^\/+/, '')}`
    // what answers where nothing else does
    const isForAll = entry.method === '' && path === '/*'
    const watch = (handler: unknown): unknown =>
      own.isMount ? watchMount(handler, path) : isForAll ? handler : watchHandler(handler, path, say)
    watched = { ...entry, handlers: entry.handlers.map(watch) }
    shadowOfEntry.set(entry, watched)
  }
  return watched
}

function watchHandler(handler: unknown, path: string, say: Say): unknown {
  if (typeof handler !== 'function') return handler
  return new Proxy(handler as Any, {
    apply(target, self, args) {
      const takeBack = sayEntered(() => say(withoutSlash(path), Object(args[0]) as Request))
      return Reflect.apply(target, self, watchNext(args, takeBack))
    },
  })
}
