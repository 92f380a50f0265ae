/** Vue Router on a server, by hand or in Nuxt: the pattern of the page that is rendered, which the server around it knows nothing of. */
import { withWatchedResult } from './exports.ts'
import { sayRoute } from './say-route.ts'

interface Location {
  readonly path: string
  readonly matched: ReadonlyArray<{ readonly path: string }>
}
interface Router {
  afterEach(guard: (to: Location, from: Location, failure?: unknown) => void): unknown
}

export const patchVueRouter = (exported: object): object =>
  withWatchedResult<Router>(exported, 'createRouter', (router) => {
    router.afterEach((to, _from, failure) => {
      if (!failure) sayRoute(() => to.matched.at(-1)?.path.replaceAll('()', '') || undefined, to.path)
    })
  })
