/** Global fetch and undici: the instrumentation is loaded by the first request, which it is then told about. */
import diagnosticsChannel from 'node:diagnostics_channel'
import { context, propagation } from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { tellOfOtherFetch } from './other-fetch.ts'

const CHANNEL = 'undici:request:create'

/**
 * Calls `activate` on the first request. A listener added while a message is published does not get it, so it is handed on.
 * @param appends whether the instrumentation adds its headers to those of the application, even where they are the same
 */
export function watchFetch(activate: () => Instrumentation | undefined, appends: boolean): () => void {
  const onFirst = (message: unknown): void => {
    diagnosticsChannel.unsubscribe(CHANNEL, onFirst)
    const instrumentation = activate() as { onRequestCreated?(message: unknown): void } | undefined
    instrumentation?.onRequestCreated?.(message)
  }
  // before the instrumentation, which adds its headers to those of the application
  if (appends) diagnosticsChannel.subscribe(CHANNEL, dropOwnHeaders)
  diagnosticsChannel.subscribe(CHANNEL, onFirst)
  tellOfOtherFetch()
  return () => {
    diagnosticsChannel.unsubscribe(CHANNEL, dropOwnHeaders)
    diagnosticsChannel.unsubscribe(CHANNEL, onFirst)
  }
}

/** A trace header of the application would stand beside that of the request's span, and two are as good as none. */
function dropOwnHeaders(message: unknown): void {
  const { headers } = (message as { request: { headers?: unknown } }).request
  // names and values in turn; older versions of undici have a text
  if (!Array.isArray(headers) || isTracingSuppressed(context.active())) return
  const fields = propagation.fields()
  for (let at = headers.length - 2; at >= 0; at -= 2)
    if (fields.includes(String(headers[at]).toLowerCase()) && String(headers[at]).toLowerCase() !== 'baggage')
      headers.splice(at, 2)
}
