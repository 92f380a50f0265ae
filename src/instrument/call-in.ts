/** Runs callbacks in the context they were given in, which is left alone where it is the active one. */
import { type Context, context } from '@opentelemetry/api'

// biome-ignore lint/complexity/noBannedTypes: any function of the application
type Callback = Function

/** With two arguments, as nearly all callbacks of databases have them. */
export function callIn(own: Context, callback: Callback, self: unknown, first: unknown, second: unknown): unknown {
  if (own === context.active()) return callback.call(self, first, second)
  // with `self` as the object of `context.with` a function would be bound for each call
  return context.with(own, callWithTwo, undefined, callback, self, first, second)
}

export function applyIn(own: Context, callback: Callback, self: unknown, args: readonly unknown[]): unknown {
  if (own === context.active()) return Reflect.apply(callback, self, args)
  return context.with(own, apply, undefined, callback, self, args)
}

function callWithTwo(callback: Callback, self: unknown, first: unknown, second: unknown): unknown {
  return callback.call(self, first, second)
}

function apply(callback: Callback, self: unknown, args: readonly unknown[]): unknown {
  return Reflect.apply(callback, self, args)
}
