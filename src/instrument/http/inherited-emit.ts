/** Wraps `emit` of a prototype; what it inherits is looked up at each call, since others wrap it at any time. */
import type { EventEmitter } from 'node:events'

export type Emit = (this: EventEmitter, event: string | symbol, ...args: unknown[]) => boolean

/** `wrap` gets what calls the `emit` that there would be without it. */
export function wrapEmit<E extends EventEmitter>(prototype: E, wrap: (below: Emit) => Emit): void {
  const own = Object.hasOwn(prototype, 'emit') ? (prototype.emit as Emit) : undefined
  const parent = Object.getPrototypeOf(prototype) as EventEmitter
  const below: Emit =
    own ??
    function (event, ...args) {
      return (parent.emit as Emit).call(this, event, ...args)
    }
  prototype.emit = wrap(below) as E['emit']
}
