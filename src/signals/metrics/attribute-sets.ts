/** Finds attributes again by comparing them one by one, which for a few sets is faster than a text of them. */
import type { Attributes } from '@opentelemetry/api'

/** Attributes, none of them a list, in the order in which they were given. */
export interface AttributeSet {
  readonly keys: readonly string[]
  readonly values: readonly unknown[]
}

export function findAttributeSet<Set extends AttributeSet>(
  sets: readonly Set[],
  attributes: Attributes,
): Set | undefined {
  const keys = Object.keys(attributes)
  for (const set of sets) if (isSame(set, keys, attributes)) return set
  return undefined
}

function isSame({ keys, values }: AttributeSet, otherKeys: readonly string[], attributes: Attributes): boolean {
  if (keys.length !== otherKeys.length) return false
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    if (key !== otherKeys[index] || values[index] !== attributes[key]) return false
  }
  return true
}

/** As the SDK tells attribute sets apart. */
export function keyOf(attributes: Attributes): string {
  return JSON.stringify(
    Object.keys(attributes)
      .sort()
      .map((key) => [key, attributes[key]]),
  )
}
