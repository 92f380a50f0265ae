/** polka: its router finds handlers by a pattern, which is remembered as the application gave it. */
import { watchResults } from '../wrap-method.ts'
import { askLater, pathBefore, sayRoute, withoutSlash } from './say-route.ts'
import { watchRouters } from './trouter.ts'

/** Of 0.5. */
interface Router {
  /** Handlers by method and pattern; of 1: none. */
  readonly handlers?: Readonly<Record<string, Readonly<Record<string, object>>>>
}

/** A list of handlers -> its pattern. */
const patterns = new WeakMap<object, string>()

export function patchPolka(exported: unknown): unknown {
  const create = ((exported as { default?: unknown }).default ?? exported) as () => Router
  const app = create()
  const prototype = Object.getPrototypeOf(app) as object
  if (app.handlers === undefined) {
    watchRouters(prototype, (path, { url, originalUrl }) => sayRoute(() => join(baseOf(originalUrl, url), path)))
    return exported
  }
  watchResults<Router>(prototype, 'add', (_result, [method, pattern], { handlers }) => {
    const added = handlers?.[String(method)]?.[String(pattern)]
    if (added && typeof pattern === 'string') patterns.set(added, pattern)
  })
  watchResults(prototype, 'find', (found, [, path]) => {
    if (found) watch(found, path)
  })
  return exported
}

function watch(found: object, path: unknown): void {
  const { handlers } = found as { handlers?: object }
  if (typeof path !== 'string' || handlers === undefined) return
  askLater((request) => {
    const own = patterns.get(handlers)
    return own === undefined ? undefined : join(baseOf(Object(request).originalUrl, path), own)
  })
}

/** What led to the app that has the route: polka mounts apps by literal paths only. Below one, its root is asked for without a slash too. */
function baseOf(originalUrl: unknown, path: unknown): string {
  if (typeof originalUrl !== 'string' || typeof path !== 'string') return ''
  return pathBefore(originalUrl, path) ?? pathBefore(`${originalUrl.split('?', 1)[0]}/`, path) ?? ''
}

const join = (base: string, own: string): string => withoutSlash(`${base}/${own.replace(/^\/+/, '')}`)
