/** The parts that OTLP JSON of all signals consists of. */
import type { Value, ValueMap } from '../../wire/decode-types.ts'

export type Json = { readonly [key: string]: unknown }

export function toAttributes(attributes: ValueMap | Json): Json[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toOtlpValue(value as Value) }))
}

function toOtlpValue(value: Value): Json {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toOtlpValue) } }
  if (typeof value['$bytes'] === 'string' && Object.keys(value).length === 1) return { bytesValue: value['$bytes'] }
  return { kvlistValue: { values: toAttributes(value) } }
}

export function toScope({ name, version, attributes }: { name: string; version: string; attributes: ValueMap }): Json {
  return { name, ...(version ? { version } : {}), attributes: toAttributes(attributes) }
}

/** Exact: the number of nanoseconds does not fit a double. */
export function nanos(us: number, rem: number): string {
  return us === 0 ? String(rem) : `${us}${String(rem).padStart(3, '0')}`
}

/** Groups items by resource and then by scope. */
export function nest<Item>(
  items: readonly Item[],
  resourceOf: (item: Item) => number,
  scopeKeyOf: (item: Item) => string,
): { first: Item; scopes: { first: Item; items: Item[] }[] }[] {
  return [...Map.groupBy(items, resourceOf).values()].map((ofResource) => ({
    first: ofResource[0]!,
    scopes: [...Map.groupBy(ofResource, scopeKeyOf).values()].map((ofScope) => ({
      first: ofScope[0]!,
      items: ofScope,
    })),
  }))
}
