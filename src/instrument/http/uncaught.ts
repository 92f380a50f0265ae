/**
 * Tells of an error that nobody catches, without catching it on its way: Node prints the line of the last `throw` an error came from, and that has
 * to be the application's.
 */
import { setImmediate } from '../../timers.ts'

type Tell = (error: unknown) => void

const waiting = new Set<Tell>()

/** To be called while an error passes through a `finally`. Once someone has caught it, `tell` is forgotten. */
export function whenUncaught(tell: Tell): void {
  if (waiting.size === 0) {
    process.on('uncaughtExceptionMonitor', onUncaught)
    setImmediate(forget).unref()
  }
  waiting.add(tell)
}

function onUncaught(error: unknown): void {
  for (const tell of waiting) tell(error)
  forget()
}

function forget(): void {
  process.off('uncaughtExceptionMonitor', onUncaught)
  waiting.clear()
}
