/** Puts a wrapper around a function so that its callers see the outcome of the function, whatever fails in the wrapper. */
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'

// biome-ignore lint/complexity/noBannedTypes: any function of any library
type Fn = Function & { readonly name: string }
export type Wrapper = (original: Fn, name?: PropertyKey) => Fn

/** One call of the function, as far as it has come. */
interface Call {
  state: 'not called' | 'returned' | 'threw'
  outcome: unknown
}

/**
 * When `wrapper`'s own code throws before the function was called, the function is called with the arguments as they came; when it throws
 * afterwards, the function's outcome stands. The function is never called a second time.
 *
 * @param dress makes what stands in for a function look like it
 */
export function guardFunction(original: Fn, name: PropertyKey | undefined, wrapper: Wrapper, dress = likeOf): Fn {
  // a class is extended, or made through a proxy, in ways of its own
  if (isClass(original)) return wrapper(original, name)
  let current: Call | undefined
  const observed = dress(original, function (this: unknown, ...args: unknown[]): unknown {
    const call = current
    if (call === undefined) return run(original, this, args, new.target)
    call.state = 'threw'
    try {
      call.outcome = run(original, this, args, new.target === observed ? original : new.target)
      call.state = 'returned'
      return call.outcome
    } catch (error) {
      call.outcome = error
      throw error
    }
  })
  const wrapped = wrapper(observed, name)
  if (wrapped === observed) return original
  const guarded = function (this: unknown, ...args: unknown[]): unknown {
    const outer = current
    const call: Call = { state: 'not called', outcome: undefined }
    current = call
    try {
      return run(wrapped, this, args, new.target === guarded ? wrapped : new.target)
    } catch (error) {
      if (call.state === 'threw') throw call.outcome
      sayFailure(name, error)
      return call.state === 'returned'
        ? call.outcome
        : run(original, this, args, new.target === guarded ? original : new.target)
    } finally {
      current = outer
    }
  }
  return dress === likeOf ? nameLike(original, likeOf(wrapped, guarded)) : dress(wrapped, guarded)
}

function run(fn: Fn, self: unknown, args: unknown[], newTarget: Fn | undefined): unknown {
  return newTarget === undefined ? Reflect.apply(fn, self, args) : Reflect.construct(fn, args, newTarget)
}

/** Name, number of parameters, prototype and whatever hangs on the function. */
export function likeOf(model: Fn, fn: Fn): Fn {
  for (const key of Reflect.ownKeys(model)) {
    const descriptor = Object.getOwnPropertyDescriptor(model, key)!
    if (key === 'arguments' || key === 'caller') continue
    try {
      Object.defineProperty(fn, key, descriptor)
    } catch {
      // a property of the kind that each function has its own of
    }
  }
  Object.setPrototypeOf(fn, Object.getPrototypeOf(model))
  return fn
}

/** Name and number of parameters alone. */
export function nameLike<F extends object>(model: object, fn: F): F {
  for (const key of ['name', 'length']) {
    const descriptor = Object.getOwnPropertyDescriptor(model, key)
    if (descriptor && Object.getOwnPropertyDescriptor(fn, key)?.configurable) Object.defineProperty(fn, key, descriptor)
  }
  return fn
}

function isClass(fn: Fn): boolean {
  return Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false
}

function sayFailure(name: PropertyKey | undefined, error: unknown): void {
  log.debug(`a call of ${String(name)} could not be traced: ${messageOf(error)}`)
}
