/** moleculer-web: the alias or the action that a request has led to is left on it. */
import { watchCalls, wholeOf } from '../wrap-method.ts'
import { askAtEnd } from './say-route.ts'

interface Request {
  readonly $alias?: { readonly fullPath?: unknown }
  readonly $route?: { readonly path?: unknown }
  readonly $action?: { readonly name?: unknown }
}

export function patchMoleculerWeb(exported: unknown): unknown {
  const { methods } = wholeOf<{ readonly methods?: object }>(exported)
  if (methods) watchCalls(methods, 'httpHandler', () => askAtEnd((request) => routeOf(request as Request)))
  return exported
}

/** Without an alias a request names an action by its path: `~node` stands for `$node`. */
function routeOf({ $alias, $route, $action }: Request): string | undefined {
  if (typeof $alias?.fullPath === 'string') return $alias.fullPath
  if ($alias !== undefined || typeof $action?.name !== 'string') return undefined
  const base = typeof $route?.path === 'string' ? $route.path.replace(/\/+$/, '') : ''
  return `${base}/${$action.name.replace(/^\$/, '~').replaceAll('.', '/')}`
}
