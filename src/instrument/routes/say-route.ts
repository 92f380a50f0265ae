/** Hands a route to the request at hand, whichever instrumentation traces it. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import type { Exchange } from '../http/exchange.ts'

export type Any = (this: unknown, ...args: unknown[]) => unknown

/** At once, from what a router has found; never throws. */
export function sayRoute(find: () => string | undefined): void {
  try {
    const metadata = getRPCMetadata(context.active())
    const route = find()
    if (metadata && route) metadata.route = route
  } catch {
    // another version, made in another way
  }
}

/** Asked at the end of the request, and in place of any route that was said before, such as that of the server around the framework. */
export function askLater(find: (request: unknown) => string | undefined): void {
  const metadata = getRPCMetadata(context.active()) as (RPCMetadata & Partial<Exchange>) | undefined
  if (metadata === undefined) return
  metadata.route = undefined!
  if ('findRoute' in metadata) metadata.findRoute = find
  else sayRoute(() => find(undefined))
}

/** Asked at the end of the request; where it knows nothing, what others have said stands. */
export function askAtEnd(find: (request: unknown) => string | undefined): void {
  const metadata = getRPCMetadata(context.active()) as (RPCMetadata & Partial<Exchange>) | undefined
  if (metadata === undefined) return
  if (!('findRoute' in metadata)) {
    sayRoute(() => find(undefined))
    return
  }
  const { findRoute } = metadata
  metadata.findRoute = (request, exchange) => find(request) ?? findRoute?.(request, exchange)
  metadata.isRouteMended = true
}

/** Replaces one export, of a module or of a namespace. */
export function withExport(exported: Record<string, unknown>, name: string, value: unknown): object {
  if (Reflect.get(exported, Symbol.toStringTag) !== 'Module') return { ...exported, [name]: value }
  exported[name] = value
  return exported
}
