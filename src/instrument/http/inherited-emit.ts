/** Wraps `emit` of a prototype; what it inherits is looked up at each call, since others wrap it at any time. */
import type { EventEmitter } from 'node:events'
import { type Context, context } from '@opentelemetry/api'
import { nameLike } from '../hooks/guard-function.ts'

export type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean

/** `wrap` gets what calls the `emit` that there would be without it. */
export function wrapEmit<E extends EventEmitter>(prototype: E, wrap: (below: Emit) => Emit): void {
  const own = Object.hasOwn(prototype, 'emit') ? (prototype.emit as Emit) : undefined
  const parent = Object.getPrototypeOf(prototype) as EventEmitter
  const below: Emit =
    own ??
    function emit(event, ...args) {
      return (parent.emit as Emit).call(this, event, ...args)
    }
  prototype.emit = nameLike(parent.emit, wrap(below)) as E['emit']
}

/** A function of its own, so that its callers only hand their arguments on: V8 then makes no array of them. */
export function emitIn(
  this: EventEmitter,
  own: Context,
  below: Emit,
  event: string | symbol,
  ...args: readonly unknown[]
): boolean {
  return context.with(own, emitOn, undefined, below, this, event, args)
}

/** With the emitter as an argument there is no function to bind. */
export function emitOn(below: Emit, emitter: EventEmitter, event: string | symbol, args: readonly unknown[]): boolean {
  return below.call(emitter, event, ...args)
}
