/**
 * Copies of attribute values as they were given: bounded in depth and size, readable, cut to a length. Applications change objects later on, and hand
 * over what throws, refers to itself or unfolds without end.
 */
import type { Attributes, AttributeValue } from '@opentelemetry/api'
import { toReadable } from '../readable-value.ts'

const DEPTH_LIMIT = 16
/** Keys and elements in one value. */
const VALUE_LIMIT = 5000
const MAX_BYTES = 1024 * 1024
const UNREADABLE = '[unreadable]'

/** What an event or a link says about itself; nothing where no attributes were given. */
export interface CleanAttributes {
  attributes?: Attributes
  droppedAttributesCount?: number
}

/** The value to keep; undefined for one that cannot be an attribute: a function, a symbol, undefined. */
export function keepValue(value: unknown, lengthLimit: number): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
      return cut(value, lengthLimit)
    case 'number':
    case 'boolean':
      return value
    case 'bigint':
      return keepBigInt(value)
    case 'object':
      return (value === null ? null : copyObject(value, lengthLimit)) as AttributeValue
    default:
      return undefined
  }
}

/** Attributes of an event or a link, within their limits. */
export function keepAttributes(attributes: unknown, countLimit: number, lengthLimit: number): CleanAttributes {
  if (typeof attributes !== 'object' || attributes === null) return {}
  const kept: Attributes = {}
  let count = 0
  let dropped = 0
  for (const key of keysOf(attributes)) {
    const given = readProperty(attributes, key)
    if (given === undefined) continue
    const value = key === '' || count >= countLimit ? undefined : keepValue(given, lengthLimit)
    if (value === undefined) dropped++
    else {
      setOwn(kept, key, value)
      count++
    }
  }
  return { attributes: kept, droppedAttributesCount: dropped }
}

/** A name as text, which OTLP asks for. */
export function toName(name: unknown): string {
  if (typeof name === 'string') return name
  if (name === undefined || name === null) return ''
  return typeof name === 'object' || typeof name === 'function' ? `[${typeof name}]` : String(name)
}

/** Own keys of anything; none of what does not tell. */
export function keysOf(holder: unknown): readonly string[] {
  try {
    return Object.keys(holder as object)
  } catch {
    return []
  }
}

export function readProperty(holder: object, key: string | number): unknown {
  try {
    return (holder as Record<string | number, unknown>)[key]
  } catch {
    return UNREADABLE
  }
}

/** An assignment would take `__proto__` for the prototype. */
export function setOwn(holder: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true })
  else holder[key] = value
}

const cut = (text: string, limit: number): string => (text.length > limit ? text.substring(0, limit) : text)

/** OTLP has whole numbers of 64 bits; one that is exact as a number is easier on exporters, most of which know no BigInt. */
function keepBigInt(value: bigint): AttributeValue {
  if (BigInt.asIntN(64, value) !== value) return value.toString()
  const number = Number(value)
  return (Number.isSafeInteger(number) ? number : value) as AttributeValue
}

function copyObject(value: object, lengthLimit: number): unknown {
  try {
    return isPlainList(value) ? copyPlainList(value, lengthLimit) : createCopier(lengthLimit)(value, 0)
  } catch {
    return UNREADABLE
  }
}

/** Nearly all lists are such. */
function isPlainList(value: object): value is unknown[] {
  if (!Array.isArray(value) || value.length > 128) return false
  for (const item of value) if (!isPlainValue(item)) return false
  return true
}

function isPlainValue(value: unknown): boolean {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' || value === null || value === undefined
}

function copyPlainList(list: readonly unknown[], limit: number): unknown[] {
  return list.map((item) => (typeof item === 'string' ? cut(item, limit) : item))
}

function createCopier(lengthLimit: number): (value: unknown, depth: number) => unknown {
  let left = VALUE_LIMIT
  return copy

  function copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'object':
        return value === null ? null : copyReadable(value, depth)
      case 'function':
        return '[function]'
      case 'symbol':
        return cut(value.toString(), lengthLimit)
      default:
        return keepValue(value, lengthLimit)
    }
  }

  function copyReadable(value: object, depth: number): unknown {
    if (depth > DEPTH_LIMIT) return '[too deep]'
    const readable = Array.isArray(value) ? value : toReadable(value)
    if (typeof readable !== 'object' || readable === null) return copy(readable, depth)
    if (readable instanceof Uint8Array) return copyBytes(readable, lengthLimit)
    return Array.isArray(readable) ? copyList(readable, depth) : copyMap(readable, depth)
  }

  function copyList(list: readonly unknown[], depth: number): unknown[] {
    const items: unknown[] = []
    for (let index = 0; index < list.length && --left >= 0; index++)
      items.push(copy(readProperty(list, index), depth + 1))
    return items
  }

  function copyMap(map: object, depth: number): object {
    const copied: Record<string, unknown> = {}
    for (const key of Object.keys(map)) {
      if (--left < 0) break
      const item = copy(readProperty(map, key), depth + 1)
      if (item !== undefined) setOwn(copied, key, item)
    }
    return copied
  }
}

/** A copy of the bytes. `slice` of a Buffer would give a view of the same memory, so the method of Uint8Array is called. */
function copyBytes(bytes: Uint8Array, lengthLimit: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, 0, Math.min(lengthLimit, MAX_BYTES))
}
