/** 0http and restana: where in the application a router of others is that a request has been handed to. */
import { partsOf, pathBefore } from './say-route.ts'

interface Request {
  readonly url?: unknown
  readonly originalUrl?: unknown
}

/** Of each request: how many parts of the URL have been taken off -> what they were written as. */
const bases = new WeakMap<object, Map<number, string>>()

export function mountedBase(request: object): string {
  return bases.get(request)?.get(partsTakenOff(request)) ?? ''
}

/** A router is entered by its method, and stays what it is otherwise. */
export function watchMount(handler: unknown, path: string): unknown {
  const { id, lookup } = Object(handler) as { id?: unknown; lookup?: unknown }
  if (id === undefined || typeof lookup !== 'function' || path === '/') return handler
  return new Proxy(handler as object, {
    get(router, name) {
      const value: unknown = Reflect.get(router, name)
      if (name !== 'lookup' || typeof value !== 'function') return value
      return (request: object, ...rest: unknown[]): unknown => {
        enter(request, path)
        return Reflect.apply(value, router, [request, ...rest])
      }
    },
  })
}

function enter(request: object, path: string): void {
  const parts = partsTakenOff(request)
  const own = partsOf(path).length
  let known = bases.get(request)
  if (known === undefined) {
    known = new Map()
    bases.set(request, known)
  }
  known.set(parts, `${known.get(parts - own) ?? ''}${path.replace(/\/$/, '')}`)
}

function partsTakenOff(request: Request): number {
  const { url, originalUrl } = request
  if (typeof url !== 'string' || typeof originalUrl !== 'string') return 0
  return partsOf(pathBefore(originalUrl, url) ?? '').length
}
