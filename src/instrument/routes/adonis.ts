/** AdonisJS 6 and 7 tell of each request on a channel; its context has the route once it is found. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { askAtEnd } from './say-route.ts'

const REQUEST = 'tracing:adonisjs.http.request:start'

/** @returns stops watching */
export function watchAdonisRoutes(): () => void {
  const onRequest = (message: unknown): void => {
    const { ctx } = Object(message) as { ctx?: { readonly route?: { readonly pattern?: unknown } } }
    askAtEnd(() => (typeof ctx?.route?.pattern === 'string' ? ctx.route.pattern : undefined))
  }
  diagnosticsChannel.subscribe(REQUEST, onRequest)
  return () => void diagnosticsChannel.unsubscribe(REQUEST, onRequest)
}
