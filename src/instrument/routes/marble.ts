/** Marble: what it finds for a request has the path of the route. */
import { wrapMethod } from '../wrap-method.ts'
import { type Any, sayRoute } from './say-route.ts'

export const MARBLE_FILES = ['dist/router/http.router.matcher.js']

export function patchMarble(exported: object): object {
  wrapMethod(exported, 'matchRoute', (matchRoute) => (routing) => {
    const find = matchRoute(routing) as Any
    return (url: string, ...rest: unknown[]) => {
      const found = find(url, ...rest)
      const { path } = Object(found) as { readonly path?: unknown }
      // what answers where nothing else does
      if (typeof path === 'string' && path !== '/(.*)') sayRoute(() => path || '/', url)
      return found
    }
  })
  return exported
}
