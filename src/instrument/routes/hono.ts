/** Hono 4: its router says which handlers a request goes through. */
import { withWatchedClass } from './exports.ts'
import { type Any, sayRoute } from './say-route.ts'

interface HonoRouter {
  match: Any
}
interface Hono {
  readonly router: HonoRouter
}
/** Of handlers and middleware in their order: function, route, and parameters. */
type HonoMatch = readonly [
  ReadonlyArray<readonly [readonly [unknown, { readonly path: string; readonly method: string }], unknown]>,
]

/** Entries with other routers. */
export const HONO_PRESETS = ['tiny', 'quick'].flatMap((name) => [
  `dist/preset/${name}.js`,
  `dist/cjs/preset/${name}.js`,
])

export const patchHono = (exported: object): object =>
  withWatchedClass<Hono>(exported, 'Hono', ({ router }) => watchRouter(router))

/** A router puts a faster `match` in the place of its own once it knows its routes. */
function watchRouter(router: HonoRouter): void {
  let match = router.match
  Object.defineProperty(router, 'match', {
    configurable: true,
    enumerable: true,
    set: (value: Any) => {
      match = value
    },
    get: () =>
      function (this: unknown, ...args: unknown[]): unknown {
        const result = match.apply(this, args)
        sayRoute(() => routeOf(result as HonoMatch), typeof args[1] === 'string' ? args[1] : undefined)
        return result
      },
  })
}

/** The last handler; middleware is for all methods, as a handler may be. */
function routeOf([matched]: HonoMatch): string | undefined {
  const routes = matched.map(([[, route]]) => route)
  const handler =
    routes.findLast(({ method }) => method !== 'ALL') ?? routes.findLast(({ path }) => !/^\/?\*$/.test(path))
  return handler?.path
}
