/** feTS: a plugin of a router is told which route handles a request. */
import { withExport } from './exports.ts'
import { type Any, sayRoute } from './say-route.ts'

interface Options {
  readonly base?: string
  readonly plugins?: readonly object[]
}
interface Handled {
  readonly route: { readonly path: string }
  readonly request: { readonly url: string }
}

export const patchFets = (exported: { readonly createRouter?: Any }): object => {
  if (typeof exported.createRouter !== 'function') return exported
  const createRouter = new Proxy(exported.createRouter, {
    apply: (create, self, [options = {}, ...rest]: [Options?, ...unknown[]]) =>
      Reflect.apply(create, self, [{ ...options, plugins: [...(options.plugins ?? []), watcher(options)] }, ...rest]),
  })
  return withExport(exported as never, 'createRouter', createRouter)
}

function watcher({ base = '/' }: Options): object {
  return {
    onRouteHandle: ({ route, request }: Handled) =>
      sayRoute(() => `${base === '/' ? '' : base}${route.path === '/' ? '' : route.path}` || '/', request.url),
  }
}
