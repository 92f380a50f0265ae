/** LangChain: a handler of callbacks of our own for each run, beside those of the application. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { defineInstrumentation, type Settings, type Target, type Tracing } from '../define.ts'
import { wrapMethod } from '../wrap-method.ts'
import { createHandler } from './handler.ts'

interface Manager {
  readonly handlers: readonly object[]
  addHandler(handler: object, isInheritable: boolean): void
}
interface Exports {
  readonly CallbackManager: (new () => Manager) & object
}

const VERSIONS = ['>=0.3.0 <2']

export function createLangchain(settings: Settings): Instrumentation {
  const targets = ['manager.cjs', 'manager.js'].map(
    (file): Target => ({ module: '@langchain/core', versions: VERSIONS, file: `dist/callbacks/${file}`, patch }),
  )
  return defineInstrumentation({ name: 'langchain', targets }, settings)
}

/** By this method every run finds out who is to be told of it; what it gives is a copy made for the run. */
function patch({ CallbackManager }: Exports, tracing: Tracing): void {
  const handler = createHandler(tracing)
  wrapMethod(CallbackManager, '_configureSync', (original) => {
    return function (this: unknown, ...args: unknown[]) {
      const found = original.apply(this, args) as Manager | undefined
      if (!tracing.isEnabled()) return found
      const manager = found ?? new CallbackManager()
      if (!manager.handlers.includes(handler)) manager.addHandler(handler, true)
      return manager
    }
  })
}
