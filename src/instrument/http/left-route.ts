/** The route that Express and its kin leave on a request: all there is of those that were put into a bundle, where nothing can be patched. */

interface Left {
  readonly route?: { readonly path?: unknown } | undefined
  /** What led to the router that has the route, as it stood in the URL. */
  readonly baseUrl?: unknown
  readonly params?: unknown
}

export function routeLeftOn(request: unknown): string | undefined {
  const { route, baseUrl, params } = request as Left
  const path = route?.path
  if (typeof path !== 'string' && !Array.isArray(path) && !(path instanceof RegExp)) return undefined
  const base = typeof baseUrl === 'string' ? guessMount(baseUrl, params) : ''
  return `${base}${path === '/' && base !== '' ? '' : path}` || undefined
}

/** What is surely no part of a path as somebody wrote it: the parameter of a router that does not hand its parameters down. */
const VALUE = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,})$/i

/** Parameters by their names, the rest as it is. */
export function guessMount(concrete: string, params: unknown): string {
  const names = new Map(
    Object.entries(Object(params) as Record<string, unknown>)
      .filter(([name, value]) => typeof value === 'string' && !/^\d+$/.test(name))
      .map(([name, value]) => [value as string, name]),
  )
  const named = (part: string): string => {
    const name = names.get(part) ?? names.get(decode(part))
    if (name === undefined || part === '') return VALUE.test(part) ? ':param' : part
    return `:${name}`
  }
  return concrete.split('/').map(named).join('/')
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
