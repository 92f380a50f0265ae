/** Watches for the end of the process, however it comes, and leaves its outcome, its exit code and other listeners as they are. */
import type { RunUntraced } from '../run-untraced.ts'
import { listenLast } from './last-listener.ts'
import { createProcessListeners } from './process-listeners.ts'
import { watchSignals } from './signals.ts'
import { watchHandler } from './uncaught-handler.ts'

export interface ExitHost {
  /** Whether something is still to be sent, besides what the last attempt gave up. */
  hasWork(): boolean
  /** Whether a signal would lose something. */
  hasUnsent(): boolean
  /** Sends what is left while the loop still turns. Never rejects. */
  flushAsync(): Promise<void>
  /** Sends what is left, blocking, within the time an end may take or within `limitMillis`. Never throws. */
  flushSync(limitMillis?: number): void
  /** Says what is lost; `missing` where nothing is known of the back end. */
  conclude(missing?: string): void
  /** An error nobody has caught; `isFatal` when nobody handles it either. */
  captureUncaught: ((error: unknown, isFatal: boolean) => void) | undefined
}

export interface ExitWatch {
  /** Something is to be sent from here on. */
  arm(): void
  stop(): void
}

export function watchExit(host: ExitHost, runUntraced: RunUntraced): ExitWatch {
  const listeners = createProcessListeners()
  let flushing: Promise<void> | undefined
  let isCrashing = false

  listeners.keep('beforeExit', () => {
    if (!flushing && host.hasWork()) void flush()
  })
  listeners.keep('uncaughtExceptionMonitor', (error: unknown) => {
    const isFatal = isUnhandled()
    isCrashing ||= isFatal
    host.captureUncaught?.(error, isFatal)
    if (isFatal) last.onFatalError()
    else watchHandler(end)
  })
  const last = listenLast({ listeners, run: () => end(), isCrashing: () => isCrashing })
  const signals = watchSignals({ listeners, runUntraced, hasUnsent: host.hasUnsent, flush, conclude: end })
  return { arm: signals.arm, stop }

  function stop(): void {
    signals.disarm()
    listeners.dropAll()
  }

  /** A second one joins the first. */
  function flush(): Promise<void> {
    flushing ??= host.flushAsync().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  function end(limitMillis?: number): void {
    stop()
    host.flushSync(limitMillis)
    host.conclude()
  }
}

const isUnhandled = (): boolean =>
  process.listenerCount('uncaughtException') === 0 && !process.hasUncaughtExceptionCaptureCallback()
