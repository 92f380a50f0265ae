/** The route of a request that calls one procedure: its path ends in the procedure's name. */
import { context } from '@opentelemetry/api'
import { getRPCMetadata, type RPCMetadata } from '@opentelemetry/core'
import type { Exchange } from '../http/exchange.ts'

/** Asked at the end of the request, so that the route of a framework around tRPC is not in the way of it. */
export function noteProcedure(procedure: string): void {
  const metadata = getRPCMetadata(context.active()) as (RPCMetadata & Partial<Exchange>) | undefined
  if (metadata === undefined || !('findRoute' in metadata)) return
  const around = metadata.findRoute
  const find: Exchange['findRoute'] = (request, exchange) => routeOf(request, procedure, around?.(request, exchange))
  metadata.findRoute = find
}

/** Undefined for a batch, whose path names all its procedures; `mount` is what the framework around tRPC says. */
function routeOf(request: unknown, procedure: string, mount: string | undefined): string | undefined {
  const { originalUrl, url } = Object(request) as { originalUrl?: unknown; url?: unknown }
  const [path = ''] = String(originalUrl ?? url).split('?', 1)
  if (!path.endsWith(`/${procedure}`)) return mount
  return mount === undefined ? path : `${mount}/${procedure}`
}
