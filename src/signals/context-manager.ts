/** Chooses what carries the active span from call to call. */
import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, ContextManager } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { orElse } from '../log.ts'

/** One for all configurations: work under way keeps its context when another one takes over. */
let usual: ContextManager | undefined

/** The given one, or ours where it cannot be enabled. */
export function chooseContextManager(given: ContextManager | undefined): ContextManager {
  const own = given && orElse('the context manager', () => given.enable(), undefined)
  if (own) return own
  usual ??= new AsyncLocalStorageContextManager()
  return usual.enable()
}

/** What our own context manager keeps the context in, for those parts of Node that switch storages themselves; undefined where it is not in use. */
export function contextStorage(): AsyncLocalStorage<Context> | undefined {
  const { _asyncLocalStorage: storage } = Object(usual) as { _asyncLocalStorage?: AsyncLocalStorage<Context> }
  return typeof storage?.run === 'function' ? storage : undefined
}

type Run = (...args: unknown[]) => unknown

/** Calls a listener, which must not throw, after each change that a call of `with` makes to what is active; gives what ends that. Of our own context manager only. */
export function watchContextManager(listener: () => void): () => void {
  const manager = usual as { with: Run } | undefined
  if (!manager) return () => {}
  const enter = manager.with
  const entered = (run: Run, self: unknown, args: unknown[]): unknown => {
    listener()
    return Reflect.apply(run, self, args)
  }
  const watched: Run = (own, run, self, ...args) => {
    try {
      return enter.call(manager, own, entered, undefined, run, self, args)
    } finally {
      listener()
    }
  }
  manager.with = watched
  return () => {
    if (manager.with === watched) manager.with = enter
  }
}
