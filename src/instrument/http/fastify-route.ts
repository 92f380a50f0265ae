/** Gives the span of an incoming request the route that fastify found: it says so on a channel, from version 5 on. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'

const CHANNEL = 'tracing:fastify.request.handler:start'

/** @returns stops watching */
export function watchFastifyRoutes(): () => void {
  const onHandler = (message: unknown): void => {
    const metadata = getRPCMetadata(context.active())
    const url = (message as { route?: { url?: unknown } }).route?.url
    if (metadata && typeof url === 'string') metadata.route = url
  }
  diagnosticsChannel.subscribe(CHANNEL, onHandler)
  return () => void diagnosticsChannel.unsubscribe(CHANNEL, onHandler)
}
