/** Global fetch and undici: the instrumentation is loaded by the first request, which it is then told about. */
import diagnosticsChannel from 'node:diagnostics_channel'
import type { Instrumentation } from '@opentelemetry/instrumentation'

const CHANNEL = 'undici:request:create'

/** Calls `activate` on the first request. A listener added while a message is published does not get it, so it is handed on. */
export function watchFetch(activate: () => Instrumentation | undefined): () => void {
  const onFirst = (message: unknown): void => {
    diagnosticsChannel.unsubscribe(CHANNEL, onFirst)
    const instrumentation = activate() as { onRequestCreated?(message: unknown): void } | undefined
    instrumentation?.onRequestCreated?.(message)
  }
  diagnosticsChannel.subscribe(CHANNEL, onFirst)
  return () => void diagnosticsChannel.unsubscribe(CHANNEL, onFirst)
}
