/** Puts a function around one of a library, once, so that it looks like the one that was there. */
import { likeOf } from './hooks/guard-function.ts'

// biome-ignore lint/suspicious/noExplicitAny: any function of any library
type Fn = (this: any, ...args: any[]) => any

const wrapped = new WeakSet<object>()

/** Throws where the target lets nothing be replaced: the guard of patches then tries a copy. */
export function wrapMethod(target: object, name: string, wrap: (original: Fn) => Fn): void {
  const original = (target as Record<string, unknown>)[name]
  if (typeof original !== 'function' || wrapped.has(original)) return
  const replacement = likeOf(original as never, wrap(original as Fn)) as Fn
  wrapped.add(replacement)
  const own = Object.getOwnPropertyDescriptor(target, name)
  // the methods of a class are not enumerable, nor is what takes their place; some packages export by getters
  const isPlain = own === undefined || (own.enumerable && own.get === undefined)
  if (isPlain) (target as Record<string, unknown>)[name] = replacement
  else
    Object.defineProperty(target, name, {
      value: replacement,
      writable: true,
      enumerable: own.enumerable ?? false,
      configurable: own.configurable ?? true,
    })
}

/** Shows each call of a method before it is made. */
export function watchCalls<Self>(
  target: object,
  name: string,
  see: (args: readonly unknown[], self: Self) => void,
): void {
  wrapMethod(
    target,
    name,
    (original) =>
      function (this: Self, ...args: unknown[]) {
        see(args, this)
        return original.apply(this, args)
      },
  )
}

/** Shows what each call of a method has given. */
export function watchResults<Self>(
  target: object,
  name: string,
  see: (result: unknown, args: readonly unknown[], self: Self) => void,
): void {
  wrapMethod(
    target,
    name,
    (original) =>
      function (this: Self, ...args: unknown[]) {
        const result: unknown = original.apply(this, args)
        see(result, args, this)
        return result
      },
  )
}

/** What `require` would give: in the namespace of a CommonJS package that is the default export. */
export function wholeOf<Exports>(exported: unknown): Exports {
  const isNamespace = Reflect.get(Object(exported), Symbol.toStringTag) === 'Module'
  return (
    isNamespace && 'default' in (exported as object) ? (exported as { default: unknown }).default : exported
  ) as Exports
}

/** Follows a promise with one of the same kind: to watch the one that there is would hide that nobody handles its rejection. */
export function following<T>(result: T, onEnd: (error: unknown, value: unknown) => void): T {
  if (typeof (Object(result) as PromiseLike<unknown>).then !== 'function') {
    onEnd(undefined, result)
    return result
  }
  return (result as PromiseLike<unknown>).then(
    (value) => {
      onEnd(undefined, value)
      return value
    },
    (error: unknown) => {
      onEnd(error ?? new Error('rejected without a reason'), undefined)
      throw error
    },
  ) as T
}
