/**
 * Items that wait until a few are encoded together. The code and the tables of the encoder are in the caches of the processor then: between a query and
 * the next request of a service they have left them, and a span costs several times as much.
 */
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { recordedSpan } from '../../wire/recorded-span.ts'

const MAX_WAITING = 128
/** Of a name and of values: what waits is little, whatever it is. */
const MAX_CHARACTERS = 4096

export interface WaitingItems<Item> {
  readonly count: number
  /** @returns whether there is room for no more; undefined where this one may not wait */
  add(item: Item): boolean | undefined
  encode(): void
}

/** @param onLost counts one that cannot be read */
export function createWaitingItems<Item extends object>(
  encode: (item: Item) => void,
  onLost: (count: number) => void,
): WaitingItems<Item> {
  let items: Item[] = []
  return {
    get count() {
      return items.length
    },
    add(item) {
      if (!canWait(item)) return undefined
      return items.push(item) >= MAX_WAITING
    },
    encode() {
      if (items.length === 0) return
      const all = items
      items = []
      for (const item of all)
        try {
          encode(item)
        } catch {
          onLost(1)
        }
    },
  }
}

/** A span of our own tracer does not change any more, unlike records and spans of others, and what it holds is seen at a glance. */
function canWait(item: object): boolean {
  const own = recordedSpan(item as ReadableSpan)
  if (own === undefined || own._events !== undefined || own._links !== undefined) return false
  let characters = own.name.length
  for (const value of own._flat!)
    if (typeof value === 'string') characters += value.length
    else if (typeof value !== 'number' && typeof value !== 'boolean') return false
  return characters <= MAX_CHARACTERS
}
