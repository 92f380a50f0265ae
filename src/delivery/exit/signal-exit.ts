/**
 * Handlers of the package signal-exit, in its versions 3 and 4: it wraps `process.emit`, so that they run when all listeners of `exit` have, ours
 * among them. What they record would be lost, so they are called a moment earlier; the package calls them once only.
 */
import { EventEmitter } from 'node:events'

type EventName = 'exit' | 'afterexit'

interface Emitter {
  readonly emitted: Record<string, boolean>
  emit(event: EventName, code: number | string | null | undefined, signal: null): unknown
}

export function runSignalExit(): void {
  // it is not there, or has been unloaded
  if (process.emit === EventEmitter.prototype.emit) return
  const { exitCode } = process
  const four = (globalThis as Record<symbol, unknown>)[Symbol.for('signal-exit emitter')]
  // this one notes by itself what it has emitted
  if (isEmitter(four)) four.emit('exit', exitCode, null)
  const three = (process as { __signal_exit_emitter__?: unknown }).__signal_exit_emitter__
  if (!isEmitter(three)) return
  for (const event of ['exit', 'afterexit'] as const) {
    if (three.emitted[event]) continue
    three.emitted[event] = true
    three.emit(event, exitCode, null)
  }
}

function isEmitter(value: unknown): value is Emitter {
  const { emitted, emit } = (value ?? {}) as Partial<Emitter>
  return typeof emitted === 'object' && emitted !== null && typeof emit === 'function'
}
