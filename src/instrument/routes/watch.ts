/** Routes of frameworks: what they leave with a request is asked for at its end, so that it does not matter when they were loaded. */
import { createRequire } from 'node:module'
import { EXCHANGE, type Exchange, type TracedRequest } from '../http/exchange.ts'

type Any = (...args: unknown[]) => unknown
type Methods = Record<string, Any>

const require = createRequire(import.meta.url)
const watched = new WeakSet<object>()

/** Package -> what to do when it is loaded. */
const WATCHERS: Readonly<Record<string, (exported: unknown) => void>> = { koa: watchKoa, '@hapi/hapi': watchHapi }

/** Never throws: without it requests have no route, and that is all. */
export function watchRoutes(moduleName: string, exported: unknown): void {
  try {
    WATCHERS[moduleName]?.((exported as { default?: unknown } | null)?.default ?? exported)
  } catch {
    // another version, made in another way
  }
}

/** Every application makes its contexts by this method; @koa/router and koa-router leave the route there. */
function watchKoa(Koa: unknown): void {
  const { prototype } = Koa as { prototype: Methods }
  after(prototype, 'createContext', (context, [request]) => {
    const found = context as { _matchedRoute?: unknown }
    noteRoute(request, () => textOf(found._matchedRoute))
  })
}

/** The class of requests is in a file of its own, which is loaded with the package. */
function watchHapi(): void {
  const ending = /[\\/]@hapi[\\/]hapi[\\/]lib[\\/]request\.js$/
  for (const [filename, cached] of Object.entries(require.cache)) {
    if (!ending.test(filename) || !cached?.loaded) continue
    const { prototype } = cached.exports as { prototype: Methods }
    before(prototype, '_execute', (self) => {
      const { raw, route } = self as { raw: { req: unknown }; route: unknown }
      noteRoute(raw.req, () => {
        const { path, method } =
          (self as { route?: { path?: unknown; method?: unknown } }).route ?? (route as object as never)
        // what answers where no route matches
        return method === '_special' ? undefined : textOf(path)
      })
    })
  }
}

export function noteRoute(request: unknown, find: () => string | undefined): void {
  const exchange: Exchange | undefined = (request as TracedRequest | undefined)?.[EXCHANGE]
  if (exchange !== undefined) exchange.findRoute = find
}

function before(methods: Methods, name: string, note: (self: unknown) => void): void {
  wrap(
    methods,
    name,
    (original) =>
      function (this: unknown, ...args) {
        tryTo(() => note(this))
        return original.apply(this, args)
      },
  )
}

function after(methods: Methods, name: string, note: (result: unknown, args: unknown[]) => void): void {
  wrap(
    methods,
    name,
    (original) =>
      function (this: unknown, ...args) {
        const result = original.apply(this, args)
        tryTo(() => note(result, args))
        return result
      },
  )
}

function wrap(methods: Methods, name: string, wrapper: (original: Any) => Any): void {
  const original = methods[name]
  if (typeof original !== 'function' || watched.has(original)) return
  const wrapped = wrapper(original)
  watched.add(wrapped)
  methods[name] = wrapped
}

function tryTo(note: () => void): void {
  try {
    note()
  } catch {
    // a request without a route
  }
}

const textOf = (route: unknown): string | undefined =>
  typeof route === 'string' ? route || undefined : route instanceof RegExp ? String(route) : undefined
