/** better-call, the router of Better Auth and, as a fork, of Colyseus: the endpoint that a request is handed to says its path. */
import { withExport } from './exports.ts'
import { type Any, askAtEnd, pathBefore } from './say-route.ts'

type Endpoint = Any & { readonly path?: unknown }
interface Router {
  endpoints: object
  /** These two are of the fork. */
  addEndpoint?: (endpoint: Endpoint) => unknown
  extend?: (more: object) => Router
}
interface Context {
  /** Its own mark of what comes from a request; the application may call endpoints as well. */
  readonly _flag?: unknown
  /** Below the base path of the router. */
  readonly path?: unknown
  readonly request?: { readonly url?: unknown }
}

export function patchBetterCall(exported: { readonly createRouter?: unknown }): unknown {
  const { createRouter } = exported
  if (typeof createRouter !== 'function') return exported
  const creating = new Proxy(createRouter as Any, {
    apply: (create, self, [endpoints, ...rest]) =>
      make(endpoints, (seen) => Reflect.apply(create, self, [seen, ...rest])),
  })
  return withExport(exported as Record<string, unknown>, 'createRouter', creating)
}

function make(endpoints: unknown, create: (endpoints: unknown) => unknown): Router {
  const made = create(watchAll(endpoints)) as Router
  if (typeof endpoints !== 'object' || endpoints === null) return made
  made.endpoints = endpoints
  const { addEndpoint, extend } = made
  if (addEndpoint) made.addEndpoint = (endpoint) => addEndpoint.call(made, watch(endpoint) as Endpoint)
  // the same again, of all endpoints
  if (extend) made.extend = (more) => make({ ...endpoints, ...more }, create)
  return made
}

/** As the router sees them: it adds one of its own to the object, which stays the application's. */
function watchAll(endpoints: unknown): unknown {
  if (typeof endpoints !== 'object' || endpoints === null) return endpoints
  return new Proxy(endpoints, {
    get(all, name, receiver) {
      const value: unknown = Reflect.get(all, name, receiver)
      const own = Reflect.getOwnPropertyDescriptor(all, name)
      // a proxy has to give what is frozen as it is
      return own?.configurable || own?.writable ? watch(value) : value
    },
  })
}

function watch(endpoint: unknown): unknown {
  if (typeof endpoint !== 'function') return endpoint
  return new Proxy(endpoint as Endpoint, {
    apply(handle, self, args) {
      if (typeof handle.path === 'string') say(handle.path, Object(args[0]) as Context)
      return Reflect.apply(handle, self, args)
    },
  })
}

function say(endpoint: string, { _flag, path, request }: Context): void {
  const url = request?.url
  if (_flag !== 'router' || typeof path !== 'string' || typeof url !== 'string') return
  const base = pathBefore(url, path)
  // where others have taken the front off, what they say of it stands
  if (base !== undefined) askAtEnd((incoming) => (isWhole(incoming, url) ? base + endpoint : undefined), url)
}

/** Only the end of a request knows what came in. */
function isWhole(incoming: unknown, url: string): boolean {
  if (incoming === undefined) return true
  const { originalUrl, url: own } = Object(incoming) as { originalUrl?: unknown; url?: unknown }
  return pathBefore(String(originalUrl ?? own), url) === ''
}
