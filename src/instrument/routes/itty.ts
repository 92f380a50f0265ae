/** itty-router 5: a router leaves the route that has matched last on the request. */
import { watchCalls } from '../wrap-method.ts'
import { withWatchedResult } from './exports.ts'
import { askAtEnd } from './say-route.ts'

const FACTORIES = ['AutoRouter', 'IttyRouter', 'Router']

/** Each is also in a file of its own. */
export const ITTY_FILES = FACTORIES.flatMap((name) => [`${name}.js`, `${name}.mjs`])

/** The entry, or the file of one of them. */
export const patchIttyRouter = (exported: object): object =>
  FACTORIES.filter((name) => typeof Reflect.get(exported, name) === 'function').reduce(
    (all, name) => withWatchedResult<object>(all, name, watch),
    exported,
  )

function watch(router: object): void {
  watchCalls(router, 'fetch', ([given]) => {
    const request = Object(given) as { readonly url?: unknown; readonly route?: unknown }
    if (typeof request.url === 'string') askAtEnd(() => routeOf(request.route), request.url)
  })
}

/** What is for all paths is middleware. */
const routeOf = (route: unknown): string | undefined =>
  typeof route === 'string' && !/^\/?\*$/.test(route) ? route : undefined
