/** Notices when a listener of the application for uncaught errors throws itself: Node ends the process there and then, without its `exit` event. */
import { ownEmit } from './own-emit.ts'

/**
 * Runs `end` when the listeners that Node is about to call for `uncaughtException` throw. Node emits the event that announces it and that one in one
 * go; an application that emits the first one by hand goes on.
 * `finally`, not `catch`: Node prints the line that has thrown.
 */
export function watchHandler(end: () => void): void {
  if (process.hasUncaughtExceptionCaptureCallback()) return
  const restore = ownEmit((event, go) => {
    if (event !== 'uncaughtException') return go()
    restore()
    let hasReturned = false
    try {
      const result = go()
      hasReturned = true
      return result
    } finally {
      if (!hasReturned) end()
    }
  })
}
