/** actionhero: its web server leaves the route on the connection, which an initializer looks for. */
import { watchCalls, watchResults } from '../wrap-method.ts'
import { sayPrefixedRoute } from './say-route.ts'

interface Connection {
  readonly matchedRoute?: { readonly path?: unknown }
}

export const ACTIONHERO_FILES = ['dist/initializers/routes.js']

/** Each initializer hands its own methods to the server as it initializes. */
export function patchActionhero(exported: { readonly RoutesInitializer?: { readonly prototype: object } }): object {
  const { prototype } = exported.RoutesInitializer ?? {}
  if (prototype)
    watchCalls<object>(prototype, 'initialize', (_args, initializer) =>
      watchResults(initializer, 'processRoute', (_result, [connection, parts]) => say(connection as Connection, parts)),
    )
  return exported
}

function say({ matchedRoute }: Connection, parts: unknown): void {
  const path = matchedRoute?.path
  if (typeof path === 'string' && Array.isArray(parts))
    sayPrefixedRoute(() => `/${path.replace(/^\/|\/$/g, '')}`, `/${parts.join('/')}`)
}
