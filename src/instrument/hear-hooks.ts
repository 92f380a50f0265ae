/** Hooks of the application in the configuration of an instrumentation: one that is `async` and rejects would end the process, as nobody waits for it. */
import { hearRejection, messageOf } from '../errors.ts'
import { logThrottled } from '../log.ts'

type Config = Readonly<Record<string, unknown>>

/** The configuration with all its functions heard, also those in lists (`ignoreLayers`); what they return and throw stays theirs. */
export function hearHooks(instrumentation: string, config: Config): Config {
  const heard = (key: string, value: unknown): unknown => {
    if (Array.isArray(value)) return value.map((item) => heard(key, item))
    if (typeof value !== 'function') return value
    const warn = (error: unknown): void => {
      const text = `${key} of the instrumentation ${instrumentation} failed: ${messageOf(error)}`
      logThrottled('warn', `hook:${instrumentation}:${key}`, text)
    }
    return new Proxy(value, {
      apply(hook, self, args) {
        const result: unknown = Reflect.apply(hook as () => unknown, self, args)
        if (result !== undefined) hearRejection(result, warn)
        return result
      },
    })
  }
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, heard(key, value)]))
}
