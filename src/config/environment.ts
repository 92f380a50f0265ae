/** Reads environment variables: a wrong value says so once and counts as absent. */
import { log } from '../log.ts'
import { redactSecrets, rememberSecret } from '../redact.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Typed access to one environment. An empty variable counts as unset, as the specification asks. */
export interface EnvironmentReader {
  text(name: string): string | undefined
  list(name: string): string[] | undefined
  /** `true` or `false` in any case; another value warns and counts as `false`. */
  flag(name: string): boolean | undefined
  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined
  integer(name: string, minimum: number): number | undefined
  number(name: string, minimum: number, maximum: number): number | undefined
  headers(name: string): Record<string, string> | undefined
}

export function readEnvironment(env: Environment): EnvironmentReader {
  const text = (name: string): string | undefined => env[name]?.trim() || undefined
  const reject = (name: string, value: string, expected: string): undefined => {
    log.warn(`${name}=${redactSecrets(value)} is not ${expected}; it is ignored`)
    return undefined
  }
  const list = (name: string): string[] | undefined => {
    const items = text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
    return items?.length ? items : undefined
  }
  return {
    text,
    list,
    flag(name) {
      const value = text(name)?.toLowerCase()
      if (value === undefined) return undefined
      if (value === 'true') return true
      if (value !== 'false') reject(name, value, 'true or false')
      return false
    },
    oneOf(name, allowed) {
      const value = text(name)?.toLowerCase()
      if (value === undefined) return undefined
      return allowed.find((item) => item === value) ?? reject(name, value, `one of ${allowed.join(', ')}`)
    },
    integer(name, minimum) {
      const value = text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      return /^[+-]?\d+$/.test(value) && Number.isSafeInteger(number) && number >= minimum
        ? number
        : reject(name, value, `a whole number of at least ${minimum}`)
    },
    number(name, minimum, maximum) {
      const value = text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      return Number.isFinite(number) && number >= minimum && number <= maximum
        ? number
        : reject(name, value, `a number from ${minimum} to ${maximum}`)
    },
    headers(name) {
      const items = list(name)
      return items && parseHeaderList(name, items)
    },
  }
}

/** `key=value` pairs with percent-encoded values; one wrong pair is left out, with a warning that does not show its value. */
function parseHeaderList(name: string, items: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const item of items) {
    const at = item.indexOf('=')
    const key = at < 0 ? '' : item.slice(0, at).trim().toLowerCase()
    const value = at < 0 ? undefined : decodeHeaderValue(item.slice(at + 1).trim())
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key) || value === undefined || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      log.warn(`${name} holds a pair that is not key=value with a valid header name and value; the pair is ignored`)
      continue
    }
    rememberSecret(value)
    headers[key] = value
  }
  return { ...headers }
}

function decodeHeaderValue(value: string): string | undefined {
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}
