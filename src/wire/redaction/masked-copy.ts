/** A copy of a value without its secrets, for what is printed or fetched and so is not encoded by this package. */
import type { MaskValue } from '../../config/redaction-options.ts'
import { toReadable } from '../../readable-value.ts'
import { nameOf, namesIn } from './neighbours.ts'
import type { Redactor } from './redactor.ts'
import { MASK } from './tokens.ts'

const MAX_DEPTH = 16

/** Undefined where nothing is masked. What can't be read is said to be so; nothing throws. */
export function createMask(redactor: Redactor): MaskValue | undefined {
  if (!redactor.isOn) return undefined
  return (key, value, system) => {
    // what the function of the user's records itself would ask it again without end
    if (redactor.isBusy) return MASK
    try {
      return copy(redactor.forSystem(system), key, value, 0)
    } catch {
      return '[unreadable]'
    }
  }
}

function copy(redactor: Redactor, key: string, value: unknown, depth: number, isEntry = false): unknown {
  const type = typeof value
  if (type === 'string' || type === 'number' || type === 'bigint' || type === 'boolean')
    return redactor.leaf(key, value as string)
  if (typeof value !== 'object' || value === null) return value
  if (depth > MAX_DEPTH) return '[too deep]'
  const readable = toReadable(value)
  if (typeof readable !== 'object' || readable === null) return copy(redactor, key, readable, depth)
  const isSecret = redactor.isSecret(key)
  if (readable instanceof Uint8Array) return isSecret ? MASK : readable
  if (Array.isArray(readable)) {
    const names = isSecret ? undefined : namesIn(readable, key, isEntry)
    return readable.map((one, index) =>
      copy(redactor, names?.(index) ?? key, one, depth + 1, Array.isArray(one) && one.length === 2),
    )
  }
  const map = readable as Record<string, unknown>
  return Object.fromEntries(
    Object.keys(map).map((name) => [name, copy(redactor, isSecret ? key : nameOf(map, name), map[name], depth + 1)]),
  )
}
