/** Ids in the names of spans: names are what back ends group by, so that few of them should stand for many spans. */
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Check, Say } from './check.ts'

/** What differs from call to call: UUIDs, long hexadecimal numbers, mail addresses, numbers that stand alone. */
const ID =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b|[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+|(?<![\w.])\d+(?![\w.])/gi
/** So many names that differ in their ids alone are no coincidence. */
const ENOUGH = 3
const MAX_PATTERNS = 500
const MAX_LENGTH = 300

export function createNameCheck(say: Say): Check {
  const names = new Map<string, Set<string>>()
  return {
    onEnd({ name, instrumentationScope }: ReadableSpan) {
      const cut = name.slice(0, MAX_LENGTH)
      const pattern = cut.replace(ID, '{id}')
      if (pattern === cut) return
      const key = `${instrumentationScope.name} ${pattern}`
      const known = names.get(key) ?? new Set()
      if (known.size === 0 && names.size >= MAX_PATTERNS) return
      names.set(key, known)
      if (known.size >= ENOUGH) return
      known.add(cut)
      if (known.size === ENOUGH)
        say(
          `name ${key}`,
          `names of spans hold ids, as "${cut}": name them "${pattern}", and put the id in an attribute, so that they can be grouped`,
        )
    },
  }
}
