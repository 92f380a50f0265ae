/** itty-router 5: each handler says the path of its route as it is entered, and one that gives nothing passes the request on. */
import { sayEntered, watchNothing } from './entered.ts'
import { withExport } from './exports.ts'
import { type Any, sayRoute } from './say-route.ts'

const FACTORIES = ['AutoRouter', 'IttyRouter', 'Router']

/** Each is also in a file of its own. */
export const ITTY_FILES = FACTORIES.flatMap((name) => [`${name}.js`, `${name}.mjs`])

type Entry = readonly [method: string, pattern: RegExp, handlers: readonly Any[], path: string]
interface Options {
  readonly routes?: readonly Entry[]
}

/** The entry, or the file of one of them. */
export const patchIttyRouter = (exported: object): object =>
  FACTORIES.filter((name) => typeof Reflect.get(exported, name) === 'function').reduce(
    (all, name) => withExport(all as Record<string, unknown>, name, watch(Reflect.get(all, name) as Any)),
    exported,
  )

const watch = (create: Any): Any =>
  new Proxy(create, {
    apply(target, self, [options, ...rest]: [Options?, ...unknown[]]) {
      return Reflect.apply(target, self, [{ ...options, routes: watchList(options?.routes ?? []) }, ...rest])
    },
  })

/** The same list, which gives handlers that are watched to whoever goes through it, as the router does for each request. */
const watchList = (routes: readonly Entry[]): readonly Entry[] =>
  new Proxy(routes, {
    get(list, name) {
      return name === Symbol.iterator ? () => list.map(watchedEntry).values() : (Reflect.get(list, name) as unknown)
    },
  })

const watchedEntries = new WeakMap<Entry, Entry>()

function watchedEntry(entry: Entry): Entry {
  let watched = watchedEntries.get(entry)
  if (watched === undefined) {
    const [method, pattern, handlers, path] = entry
    // what is for all paths is middleware
    const isRoute = typeof path === 'string' && !/^\/?\*$/.test(path)
    watched = isRoute ? [method, pattern, handlers.map((handler) => watchHandler(handler, path)), path] : entry
    watchedEntries.set(entry, watched)
  }
  return watched
}

const watchHandler = (handler: Any, path: string): Any =>
  new Proxy(handler, {
    apply(target, self, args) {
      const { url } = Object(args[0]) as { readonly url?: unknown }
      if (typeof url !== 'string') return Reflect.apply(target, self, args)
      const takeBack = sayEntered(() => sayRoute(() => path, url))
      return watchNothing(Reflect.apply(target, self, args), takeBack)
    },
  })
