/** h3 1, of Nitro 2 and Nuxt: a router leaves the route that has matched on the event. */
import { withWatchedResult } from './exports.ts'
import { pathBefore, sayRoute } from './say-route.ts'

interface Event {
  /** Without what led to this router. */
  readonly path: string
  readonly context: { readonly matchedRoute?: { readonly path?: unknown } }
  readonly node: { readonly req: { readonly url?: string; readonly originalUrl?: string } }
}
interface Router {
  handler: (event: Event) => unknown
}

export const patchH3Router = (exported: object): object =>
  withWatchedResult<Router>(exported, 'createRouter', (router) => {
    router.handler = new Proxy(router.handler, { apply: answer })
  })

/** Of routers within each other the innermost says the route, whether it is reached at once or later. */
function answer(handle: Router['handler'], self: unknown, args: [Event]): unknown {
  const [event] = args
  const path = event?.path
  const before = event?.context?.matchedRoute
  const innermost = said.get(event)
  try {
    return Reflect.apply(handle, self, args)
  } finally {
    // also where the handler throws
    sayRoute(() => {
      const { matchedRoute } = event.context
      if (matchedRoute === undefined || matchedRoute === before || said.get(event) !== innermost) return undefined
      said.set(event, matchedRoute)
      return typeof matchedRoute.path === 'string' ? baseOf(event, path) + matchedRoute.path : undefined
    }, path)
  }
}

/** Of each event what has named its request. */
const said = new WeakMap<Event, object>()

/** What apps and `useBase` have taken off. */
function baseOf({ node: { req } }: Event, path: string): string {
  return pathBefore(req.originalUrl ?? req.url ?? path, path)?.replace(/\/$/, '') ?? ''
}
