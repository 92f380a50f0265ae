/** polka: its router finds handlers by a pattern, which is remembered as the application gave it. */
import { wrapMethod } from '../wrap-method.ts'
import { askLater, pathBefore } from './say-route.ts'

interface Router {
  /** Of 0.5: handlers by method and pattern; of 1: none. */
  readonly handlers?: Readonly<Record<string, Readonly<Record<string, object>>>>
  /** Of 1: routes in their order; of 0.5: by method. */
  readonly routes?: unknown
}
interface Route {
  readonly method: string
  readonly pattern: RegExp
}

/** A list of handlers (0.5) or a route (1) -> its pattern. */
const patterns = new WeakMap<object, string>()

export function patchPolka(exported: unknown): unknown {
  const create = ((exported as { default?: unknown }).default ?? exported) as () => object
  const prototype = Object.getPrototypeOf(create()) as object
  wrapMethod(prototype, 'add', (add) => {
    return function (this: Router, ...args: unknown[]) {
      const result = add.apply(this, args)
      remember(this, args)
      return result
    }
  })
  wrapMethod(prototype, 'find', (find) => {
    return function (this: Router, ...args: unknown[]) {
      const found = find.apply(this, args)
      if (found) watch(this, found as object, args)
      return found
    }
  })
  return exported
}

function remember({ handlers, routes }: Router, [method, pattern]: unknown[]): void {
  const added = handlers?.[String(method)]?.[String(pattern)] ?? (Array.isArray(routes) ? routes.at(-1) : undefined)
  if (added && typeof pattern === 'string') patterns.set(added as object, pattern)
}

function watch({ routes }: Router, found: object, [method, path]: unknown[]): void {
  const { handlers } = found as { handlers?: object }
  if (typeof path !== 'string' || handlers === undefined) return
  const isFound = (route: Route): boolean =>
    route.method === method && patterns.has(route) && new RegExp(route.pattern).test(path)
  const pattern = (): string | undefined => {
    const known = patterns.get(handlers)
    if (known !== undefined || !Array.isArray(routes)) return known
    return patterns.get((routes as Route[]).findLast(isFound) ?? handlers)
  }
  askLater((request) => {
    const own = pattern()
    return own === undefined ? undefined : join(baseOf(request, path), own)
  })
}

/** What led to the app that has the route: polka mounts apps by literal paths only. */
function baseOf(request: unknown, path: string): string {
  const { originalUrl } = Object(request) as { originalUrl?: unknown }
  return (typeof originalUrl === 'string' ? pathBefore(originalUrl, path) : undefined) ?? ''
}

const join = (base: string, own: string): string => `${base}/${own.replace(/^\/+/, '')}`.replace(/(.)\/$/, '$1')
