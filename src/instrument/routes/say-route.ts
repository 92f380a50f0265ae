/** Hands a route to the request at hand, whichever instrumentation traces it. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import type { Exchange } from '../http/exchange.ts'

export type Any = (this: unknown, ...args: unknown[]) => unknown

type Metadata = RPCMetadata & Partial<Exchange>
/** Null where the router has found none, and what the server around it has said stands for no page. */
type Find = (request: Metadata) => string | undefined | null

/** At once, from what a router has found for a path, where it knows it: that may be what others, such as an app of Express around it, have left. Never throws. */
export function sayRoute(find: Find, path?: string): void {
  say(find, path, mountOf)
}

/** The same, where what is missing has been taken off by the router itself, as it was told to. */
export function sayPrefixedRoute(find: Find, path: string): void {
  say(find, path, (request) => mountOf(request, path) + prefixOf(request, path))
}

function say(find: Find, path: string | undefined, before: typeof mountOf): void {
  try {
    const metadata = getRPCMetadata(context.active()) as Metadata | undefined
    if (metadata === undefined || isWithin(metadata, path)) return
    const route = find(metadata)
    if (route) metadata.route = before(metadata, path) + route
    else if (route === null) metadata.route = undefined!
  } catch {
    // another version, made in another way
  }
}

/** Whether it is a request that the application makes of its own routers while it answers the one at hand. */
function isWithin({ route, findRoute, url }: Metadata, path: string | undefined): boolean {
  if (path === undefined || url === undefined || (route === undefined && findRoute === undefined)) return false
  return pathOf(path) !== '/' && pathBefore(url, path) === undefined
}

/** The route of a router that has passed the rest of the path on: `/api` of `/api/*`. */
function baseOf({ route, url }: Metadata, path: string | undefined): string {
  if (path === undefined || url === undefined || !route?.endsWith('/*')) return ''
  return pathBefore(url, path) === '' ? '' : route.slice(0, -2)
}

/** Also the place in an app of Express. */
function mountOf(request: Metadata, path: string | undefined): string {
  const { url, baseLength = 0, place } = request
  const base = baseOf(request, path)
  if (base !== '' || baseLength === 0 || path === undefined || url === undefined) return base
  const { route = '' } = place as { readonly route?: string }
  return pathBefore(url, path) ? route : ''
}

/** What is before the path, below the mount. */
function prefixOf(request: Metadata, path: string): string {
  const given = partsOf(pathBefore(request.url ?? path, path) ?? '')
  return given
    .slice(partsOf(mountOf(request, path)).length)
    .map((part) => `/${part}`)
    .join('')
}

/** A route has none at its end, but for that of the root. */
export const withoutSlash = (route: string): string => route.replace(/(.)\/$/, '$1')

export const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '')

/** What led to a router that was given this path: others have taken that off, and may have decoded the rest. Undefined where it is no end of the URL. */
export function pathBefore(url: string, path: string): string | undefined {
  const own = pathOf(path)
  const whole = pathOf(url)
  const given = [whole, tryToDecode(whole)].find((one) => one.endsWith(own))
  return given?.slice(0, given.length - own.length)
}

const pathOf = (url: string): string => `/${url.replace(/^[a-z]+:\/\/[^/?#]*\/?|^\//i, '').split(/[?#]/, 1)[0]}`

function tryToDecode(text: string): string {
  try {
    return decodeURI(text)
  } catch {
    return text
  }
}

/** Asked at the end of the request, and in place of any route that was said before, such as that of the server around the framework. */
export function askLater(find: (request: unknown) => string | undefined): void {
  const metadata = getRPCMetadata(context.active()) as Metadata | undefined
  if (metadata === undefined) return
  metadata.route = undefined!
  if ('findRoute' in metadata) metadata.findRoute = find
  else sayRoute(() => find(undefined))
}

/** Asked at the end of the request; where it knows nothing, what others have said stands. */
export function askAtEnd(find: (request: unknown) => string | undefined, path?: string): void {
  const metadata = getRPCMetadata(context.active()) as Metadata | undefined
  if (metadata === undefined || isWithin(metadata, path)) return
  if (!('findRoute' in metadata)) {
    sayRoute(() => find(undefined))
    return
  }
  const { findRoute } = metadata
  const findFirst: Exchange['findRoute'] = (request, exchange) => find(request) ?? findRoute?.(request, exchange)
  metadata.findRoute = findFirst
  metadata.isRouteMended = true
}
