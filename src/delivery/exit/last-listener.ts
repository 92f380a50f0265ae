/** Runs something as the last of all listeners of the process's `exit`: those of the application may still make telemetry. */
import { queueMicrotask } from '../../timers.ts'
import type { ProcessListeners } from './process-listeners.ts'
import { runSignalExit } from './signal-exit.ts'

type Exit = (code: number) => void

/** On the first and the last listeners of all configurations, and of all copies of this package: among them no order matters, and none gives way to another. */
const IS_LAST = Symbol.for('uptrace-node.last-exit-listener')

export interface LastListenerOptions {
  readonly listeners: ProcessListeners
  readonly run: () => void
  /** Whether an error ends the process that nobody has caught. */
  readonly isCrashing: () => boolean
}

export interface LastListener {
  /** For an error that ends the process while its `exit` listeners run: those that follow, ours among them, are not called. */
  onFatalError(): void
}

export function listenLast({ listeners, run, isCrashing }: LastListenerOptions): LastListener {
  for (const own of [onExitBegins, onExit]) Object.assign(own, { [IS_LAST]: true })
  let isMoving = false
  let hasBegun = false
  let restoreExit = (): void => {}
  listeners.keep('exit', onExitBegins, true)
  listeners.keep('exit', onExit)
  listeners.keep('newListener', onNewListener)
  return { onFatalError: () => hasBegun && runOnce() }

  function onNewListener(event: string | symbol): void {
    if (event !== 'exit' || isMoving) return
    isMoving = true
    queueMicrotask(moveToEnds)
  }

  function moveToEnds(): void {
    if (listenersBefore(onExitBegins).length > 0) move(onExitBegins, true)
    if (listenersAfter(onExit).length > 0) move(onExit, false)
    isMoving = false
  }

  function move(own: Exit, isFirst: boolean): void {
    listeners.drop('exit', own)
    listeners.keep('exit', own, isFirst)
  }

  function onExitBegins(): void {
    if (isEmittedByHand()) return
    hasBegun = true
    restoreExit = beforeNestedExit(runOnce)
  }

  function runOnce(): void {
    try {
      // they too may end the process there and then
      runSignalExit()
    } finally {
      restoreExit()
      listeners.dropAll()
      run()
    }
  }

  function onExit(code: number): void {
    if (isEmittedByHand()) return
    const later = listenersAfter(onExit)
    if (later.length === 0) runOnce()
    else runAfter(later, code)
  }

  /** Added in the very tick the process ends in. They run here, so they must not run a second time when this listener returns. */
  function runAfter(later: readonly Exit[], code: number): void {
    try {
      for (const listener of later) listener.call(process, code)
    } finally {
      runOnce()
    }
    // Node calls the listeners within a `try` of its own here, and prints the error of the application only afterwards
    if (isCrashing()) throw new Error('all exit listeners have run')
    // within a listener this ends the process with the exit code it has, and calls no further listener
    process.exit()
  }
}

/**
 * A listener that calls `process.exit` again ends the process there and then, and Node tells nobody. So for the time the listeners run, and no
 * longer, `process.exit` is ours.
 */
function beforeNestedExit(run: () => void): () => void {
  const { exit } = process
  const restore = (): void => {
    if (process.exit === nested) process.exit = exit
  }
  // without an argument the exit code that is set stays; with `undefined` it would not
  const nested = ((...args) => {
    restore()
    if (args[0] !== undefined) process.exitCode = args[0]
    run()
    return exit.apply(process, args)
  }) as typeof exit
  try {
    process.exit = nested
  } catch {
    // a frozen process
  }
  return restore
}

/** An application may emit `exit` itself, to run its own listeners, and go on. */
const isEmittedByHand = (): boolean => (process as { _exiting?: boolean })._exiting === false

/** Listeners of the application that Node would call after ours; those of this package, in any copy, are left out. */
function listenersAfter(own: Exit): Exit[] {
  const all = process.rawListeners('exit') as Exit[]
  return all.slice(all.indexOf(own) + 1).filter(isOfOthers)
}

function listenersBefore(own: Exit): Exit[] {
  const all = process.rawListeners('exit') as Exit[]
  return all.slice(0, all.indexOf(own)).filter(isOfOthers)
}

const isOfOthers = (listener: Exit): boolean => !(IS_LAST in listener)
