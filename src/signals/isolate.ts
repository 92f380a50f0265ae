/** Keeps a processor of the user's own from throwing into the application, and from taking the processors after it down with it. */
import { hearRejection, messageOf } from '../errors.ts'
import { logThrottled } from '../log.ts'

type Processor = object

/** The processor behind a fence: what it throws becomes one line. */
export function isolate<Kind extends Processor>(processor: Kind): Kind {
  const fenced = Object.create(processor) as Record<string, unknown>
  const methods = processor as Record<string, unknown>
  for (const name of ['onStart', 'onEnding', 'onEnd', 'onEmit', 'forceFlush', 'shutdown']) {
    if (typeof methods[name] !== 'function') continue
    const isAsync = name === 'forceFlush' || name === 'shutdown'
    fenced[name] = (...args: unknown[]): unknown => {
      try {
        // looked up at each call: applications and their tests replace methods of a processor that is in use
        const result: unknown = Reflect.apply(methods[name] as (...all: unknown[]) => unknown, processor, args)
        if (isAsync) return Promise.resolve(result)
        if (result !== undefined) hearRejection(result, (error) => warn(name, error))
        return result
      } catch (error) {
        return isAsync ? Promise.reject(error) : warn(name, error)
      }
    }
  }
  // one that was written for an older SDK may lack them
  for (const name of ['forceFlush', 'shutdown']) fenced[name] ??= () => Promise.resolve()
  return fenced as Kind
}

function warn(name: string, error: unknown): void {
  logThrottled('warn', `processor:${name}`, `${name} of a processor of the application failed: ${messageOf(error)}`)
}
