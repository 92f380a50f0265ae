/** Notices when a listener of the application for uncaught errors throws itself: Node ends the process there and then, without its `exit` event. */

/**
 * Runs `end` when the listeners that Node is about to call for `uncaughtException` throw. For that one call `process.emit` is ours.
 * `finally`, not `catch`: Node prints the line that has thrown.
 */
export function watchHandler(end: () => void): void {
  if (process.hasUncaughtExceptionCaptureCallback()) return
  const { emit } = process
  const isOwn = Object.hasOwn(process, 'emit')
  const emitWatched = function (this: unknown, ...args: [event: string]): boolean {
    if (args[0] !== 'uncaughtException') return Reflect.apply(emit, this, args)
    if (process.emit === (emitWatched as typeof emit)) restore()
    let hasReturned = false
    try {
      const result: boolean = Reflect.apply(emit, this, args)
      hasReturned = true
      return result
    } finally {
      if (!hasReturned) end()
    }
  }
  try {
    process.emit = emitWatched as typeof emit
  } catch {
    // a frozen process
  }

  function restore(): void {
    if (isOwn) process.emit = emit
    else Reflect.deleteProperty(process, 'emit')
  }
}
