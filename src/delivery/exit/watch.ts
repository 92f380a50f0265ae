/** Watches for the end of the process, however it comes, and leaves its outcome, its exit code and other listeners as they are. */
import type * as WorkerThreads from 'node:worker_threads'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
type EndSignal = (typeof SIGNALS)[number]

export interface ExitHost {
  /** Whether something is still to be sent, besides what the last attempt gave up. */
  hasWork(): boolean
  /** Sends what is left while the loop still turns. Never rejects. */
  flushAsync(): Promise<void>
  /** Sends what is left, blocking. Never throws. */
  flushSync(): void
  /** Says what is lost. */
  conclude(): void
  /** An error nobody has caught. */
  captureUncaught: ((error: unknown) => void) | undefined
}

/** @returns a function that stops watching */
export function watchExit(host: ExitHost): () => void {
  let isFlushing = false

  const onBeforeExit = (): void => {
    if (!isFlushing && host.hasWork()) void flush()
  }
  const onExit = (): void => {
    stop()
    host.flushSync()
    host.conclude()
  }
  const onUncaught = (error: unknown): void => host.captureUncaught?.(error)
  const signalListeners = SIGNALS.map((signal) => [signal, () => onSignal(signal)] as const)

  const { isMainThread } = process.getBuiltinModule('node:worker_threads') as typeof WorkerThreads
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  if (host.captureUncaught) process.on('uncaughtExceptionMonitor', onUncaught)
  // signals reach the main thread only
  if (isMainThread) for (const [signal, listener] of signalListeners) process.on(signal, listener)
  return stop

  function stop(): void {
    process.off('beforeExit', onBeforeExit)
    process.off('exit', onExit)
    process.off('uncaughtExceptionMonitor', onUncaught)
    for (const [signal, listener] of signalListeners) process.off(signal, listener)
  }

  async function flush(): Promise<void> {
    isFlushing = true
    await host.flushAsync()
    isFlushing = false
  }

  /** Without a listener of ours the signal would have ended the process at once; so it does after the flush, and at the second signal. */
  function onSignal(signal: EndSignal): void {
    if (!isOurs(signal)) return
    if (isFlushing) raise(signal)
    else
      void flush().then(() => {
        // what came in meanwhile
        host.flushSync()
        host.conclude()
        raise(signal)
      })
  }

  function raise(signal: EndSignal): void {
    stop()
    process.kill(process.pid, signal)
  }

  /** Whether nobody else decides what a signal does. The library signal-exit only acts when it finds itself alone. */
  function isOurs(signal: EndSignal): boolean {
    const own = signalListeners.find(([name]) => name === signal)![1]
    return process.listeners(signal).every((listener) => (listener as unknown) === own || isSignalExit(listener))
  }
}

const isSignalExit = (listener: (...args: never[]) => unknown): boolean =>
  /listeners\.length === (emitter\.)?count\b/.test(Function.prototype.toString.call(listener))
