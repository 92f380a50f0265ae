/** Holds the global place for a propagator: whichever stands there, ours or the application's, runs behind the guard. */
import { propagation, type TextMapPropagator } from '@opentelemetry/api'
import { log } from '../log.ts'
import { guardPropagator } from './guard.ts'

/**
 * Where all copies of the API find what was registered. A bet on its inside: without it a propagator that the application registers
 * is not guarded, and all else works.
 */
const PLACE = Symbol.for('opentelemetry.js.api.1')

interface Registry {
  propagation?: TextMapPropagator
}

let ours: TextMapPropagator | undefined
const watched = new WeakSet<Registry>()

/**
 * Registers `propagator`; `undefined` leaves the place free. One that the application has registered before stays.
 * @param isAsked whether the application named the propagator, so that it has to hear when another one is in its place
 */
export function setGlobalPropagator(propagator: TextMapPropagator | undefined, isAsked = false): void {
  const registered = registry()?.propagation
  if (registered !== undefined) {
    registry()!.propagation = guardPropagator(registered)
    if (isAsked) log.warn('a propagator was registered before (propagation.setGlobalPropagator); it stays in use')
  } else if (propagator !== undefined) {
    ours = guardPropagator(propagator)
    propagation.setGlobalPropagator(ours)
  }
  guardLaterOnes()
}

/** Takes ours away, and leaves one of the application's where it is. */
export function releaseGlobalPropagator(): void {
  if (ours !== undefined && registry()?.propagation === ours) propagation.disable()
  ours = undefined
}

function registry(): Registry | undefined {
  return (globalThis as { [PLACE]?: Registry })[PLACE]
}

/** An inherited setter is met only while the place is free, and what it puts there is found without it: reading costs nothing more. */
function guardLaterOnes(): void {
  const place = registry()
  if (place === undefined || watched.has(place)) return
  try {
    const parent = Object.create(Object.getPrototypeOf(place), {
      propagation: {
        configurable: true,
        get: () => undefined,
        set(this: Registry, propagator: TextMapPropagator) {
          const value = guardPropagator(propagator)
          Object.defineProperty(this, 'propagation', { value, configurable: true, enumerable: true, writable: true })
        },
      },
    })
    Object.setPrototypeOf(place, parent)
    watched.add(place)
  } catch {
    // a frozen registry: what comes later runs as the application wrote it
  }
}
