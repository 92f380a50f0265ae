/** Vue Router on a server, by hand or in Nuxt: the pattern of the page that is rendered, which the server around it knows nothing of. */
import { type Any, sayRoute, withExport } from './say-route.ts'

interface Location {
  readonly path: string
  readonly matched: ReadonlyArray<{ readonly path: string }>
}
interface Router {
  afterEach(guard: (to: Location, from: Location, failure?: unknown) => void): unknown
}

export function patchVueRouter(exported: { readonly createRouter: Any }): object {
  const createRouter = new Proxy(exported.createRouter, {
    apply(create, self, args) {
      const router = Reflect.apply(create, self, args) as Router
      router.afterEach((to, _from, failure) => {
        if (!failure) sayRoute(() => to.matched.at(-1)?.path.replaceAll('()', '') || undefined, to.path)
      })
      return router
    },
  })
  return withExport(exported as never, 'createRouter', createRouter)
}
