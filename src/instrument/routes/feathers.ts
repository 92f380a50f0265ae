/** Feathers 5: its router says which service a path leads to, under Koa and under Express. */
import { watchCalls, watchResults } from '../wrap-method.ts'
import { askAtEnd } from './say-route.ts'

/** What a leaf of the router holds -> its path. */
const paths = new WeakMap<object, string>()

/** Its own name for the id of what a service holds. */
const OWN_ID = ':__id'

export function patchFeathers(exported: { readonly Router: { readonly prototype: object } }): unknown {
  const { prototype } = exported.Router
  watchCalls(prototype, 'insert', ([path, leaf]) => {
    if (typeof path === 'string' && typeof leaf === 'object' && leaf !== null)
      paths.set(leaf, `/${path.replace(/^\/+|\/+$/g, '').replaceAll(OWN_ID, ':id')}`)
  })
  watchResults(prototype, 'lookup', (result, [path]) => {
    const found = result as { readonly data?: object } | null
    const route = found?.data && paths.get(found.data)
    if (route !== undefined) askAtEnd((request) => (leadsTo(request, path) ? route : undefined))
  })
  return exported
}

/** Messages of a socket, which may come in requests, look services up as well. */
function leadsTo(request: unknown, path: unknown): boolean {
  const { originalUrl, url } = Object(request) as { originalUrl?: unknown; url?: unknown }
  const whole = String(originalUrl ?? url).split('?', 1)[0]!
  return typeof path === 'string' && (whole === path || whole.endsWith(path.startsWith('/') ? path : `/${path}`))
}
