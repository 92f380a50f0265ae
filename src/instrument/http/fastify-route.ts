/** Gives the span of an incoming request the route that fastify found: it says so on channels. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import { orElse } from '../../log.ts'
import { EXCHANGE, type TracedRequest } from './exchange.ts'
import { noteUpgradeRoute } from './upgrade-route.ts'

interface FastifyRequest {
  readonly raw?: TracedRequest
  readonly routeOptions?: { readonly url?: unknown }
}
type OnRequest = (request: FastifyRequest, reply: unknown, done: () => void) => void
interface Fastify {
  addHook?(event: 'onRequest', hook: OnRequest): unknown
}

/** From version 5 on; an app that was made before us says no more than this. */
const HANDLER = 'tracing:fastify.request.handler:start'
/** With each app that is made: also a request that a hook answers, or whose input is refused, has a route. */
const APP = 'fastify.initialization'

/** @returns stops watching */
export function watchFastifyRoutes(): () => void {
  let isWatching = true
  const onHandler = (message: unknown): void => {
    const metadata = getRPCMetadata(context.active())
    const url = (message as { route?: { url?: unknown } }).route?.url
    if (metadata && typeof url === 'string') metadata.route = url
  }
  const onApp = (message: unknown): void => {
    const { fastify } = message as { fastify?: Fastify }
    if (fastify === undefined || isTraced(fastify)) return
    // what is thrown in a channel ends the application
    orElse('the hook that tells routes of fastify', () => fastify.addHook?.('onRequest', onRequest), undefined)
  }
  const onRequest: OnRequest = (request, _reply, done) => {
    const exchange = isWatching ? request.raw?.[EXCHANGE] : undefined
    const find = (): string | undefined => routeOf(request)
    if (exchange !== undefined) exchange.findRoute = find
    else if (isWatching && request.raw?.headers?.upgrade !== undefined) noteUpgradeRoute(request.raw, routeOf(request))
    done()
  }
  diagnosticsChannel.subscribe(HANDLER, onHandler)
  diagnosticsChannel.subscribe(APP, onApp)
  return () => {
    isWatching = false
    diagnosticsChannel.unsubscribe(HANDLER, onHandler)
    diagnosticsChannel.unsubscribe(APP, onApp)
  }
}

/** By `@fastify/otel`, which gives the route itself, and would make a span of the hook. */
function isTraced(fastify: Fastify): boolean {
  return Object.getOwnPropertySymbols(fastify).some(
    ({ description }) => description === 'fastify otel addhook original',
  )
}

/** Where no route matched there is no address. */
function routeOf({ routeOptions }: FastifyRequest): string | undefined {
  const url = routeOptions?.url
  return typeof url === 'string' ? url : undefined
}
