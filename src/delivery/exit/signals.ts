/**
 * Signals that end the process unless someone listens: what is left is sent, then the signal is raised again. The process listens only while
 * something is unsent: a listener delays the end for as long as the event loop is busy.
 */
import { threads } from '../../threads.ts'
import { clearInterval, performance, setInterval } from '../../timers.ts'
import type { RunUntraced } from '../run-untraced.ts'
import { isListening, type Listener, type ProcessListeners } from './process-listeners.ts'

/** All whose default in Node is the end of the process and which a program may get from outside. */
const SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGPWR',
  'SIGIO',
  'SIGSTKFLT',
  'SIGBREAK',
] as const
type EndSignal = (typeof SIGNALS)[number]

const IDLE_CHECK_MILLIS = 1000
/** Launchers pass on a signal that the terminal has sent already: two at the same time are one. */
const SAME_SIGNAL_MILLIS = 100
/** What a second signal leaves to the last attempt. */
const SECOND_SIGNAL_MILLIS = 500
/** The first process of a container does not die of a signal that nobody listens to. */
const FIRST_PROCESS = 1

export interface SignalOptions {
  readonly listeners: ProcessListeners
  readonly runUntraced: RunUntraced
  /** Whether something would be lost. */
  hasUnsent(): boolean
  flush(): Promise<void>
  /** The last act before the process dies. */
  conclude(limitMillis?: number): void
}

export interface SignalWatch {
  /** Something is to be sent from here on. */
  arm(): void
  disarm(): void
}

export function watchSignals({ listeners, runUntraced, hasUnsent, flush, conclude }: SignalOptions): SignalWatch {
  // signals reach the main thread only
  if (!threads().isMainThread) return { arm() {}, disarm() {} }
  const known = availableSignals()
  const own = new Map<EndSignal, Listener>(known.map((signal) => [signal, (_name, number) => onSignal(signal, number)]))
  let timer: NodeJS.Timeout | undefined
  let isEnding = false
  let since = 0
  return { arm, disarm }

  function arm(): void {
    if (timer) return
    for (const [signal, listener] of own) listeners.keep(signal, listener, true)
    timer = runUntraced(() => setInterval(() => !isEnding && !hasUnsent() && disarm(), IDLE_CHECK_MILLIS).unref())
  }

  function disarm(): void {
    if (!timer) return
    clearInterval(timer)
    timer = undefined
    for (const [signal, listener] of own) listeners.drop(signal, listener)
  }

  /** Without a listener of ours the signal would have ended the process at once; so it does after the flush, or soon after a second signal. */
  function onSignal(signal: EndSignal, number: unknown): void {
    // Node gives the number; an application that emits the event itself ends nothing
    if (typeof number !== 'number' || !isOurs(signal)) return
    if (isEnding) {
      if (performance.now() - since > SAME_SIGNAL_MILLIS) die(signal, SECOND_SIGNAL_MILLIS)
    } else {
      isEnding = true
      since = performance.now()
      void flush().then(() => die(signal))
    }
  }

  function die(signal: EndSignal, limitMillis?: number): void {
    isEnding = false
    if (process.pid === FIRST_PROCESS) return
    conclude(limitMillis)
    disarm()
    process.kill(process.pid, signal)
    // a listener that a frozen process has kept would catch it again, and again
    if (isListening(signal, own.get(signal)!)) process.exit(128 + constants().signals[signal])
  }

  /** Whether nobody else decides what a signal does. The library signal-exit only acts when it finds itself alone. */
  function isOurs(signal: EndSignal): boolean {
    return process
      .listeners(signal)
      .every((listener) => (listener as unknown) === own.get(signal) || isSignalExit(listener))
  }
}

function availableSignals(): EndSignal[] {
  return SIGNALS.filter((signal) => signal in constants().signals)
}

const constants = (): typeof import('node:os').constants =>
  (process.getBuiltinModule('node:os') as typeof import('node:os')).constants

const isSignalExit = (listener: (...args: never[]) => unknown): boolean =>
  /listeners\.length === (emitter\.)?count\b/.test(Function.prototype.toString.call(listener))
