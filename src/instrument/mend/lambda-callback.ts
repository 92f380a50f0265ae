/** Handlers of Lambda that answer through a callback: the instrumentation leaves the callback away where it does not know the runtime. */
import { likeOf } from '../hooks/guard-function.ts'

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')

/** `handler`, which answers by a promise when it is given no callback. */
export function withPromise<Fn extends ((...args: never[]) => unknown) & { readonly name: string }>(handler: Fn): Fn {
  if (handler.length < 3 || STREAMING in handler) return handler
  return likeOf(handler as never, function (this: unknown, ...args: unknown[]): unknown {
    const call = handler as unknown as (...args: unknown[]) => unknown
    if (typeof args[2] === 'function') return call.apply(this, args)
    return new Promise((resolve, reject) => {
      const answer = (error: unknown, result: unknown): void => (error ? reject(error) : resolve(result))
      const result = call.call(this, args[0], args[1], answer) as { then?: unknown } | undefined
      if (typeof result?.then === 'function') resolve(result)
    })
  }) as unknown as Fn
}
