/** Runs delivery's own work outside the caller's context: not traced, and holding none of the application's state. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'

export type RunUntraced = <T>(run: () => T) => T

/** The context is that of this call, so call it once, early. Otherwise a kept-alive socket would keep the request alive that opened it. */
export function createRunUntraced(): RunUntraced {
  const snapshot = AsyncLocalStorage.snapshot()
  const suppressed = suppressTracing(ROOT_CONTEXT)
  return (run) => snapshot(() => context.with(suppressed, run))
}
