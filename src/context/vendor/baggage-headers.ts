/** Baggage as a header an entry, the way of Jaeger and OpenTracing: `<prefix><name>: <value>`. */
import {
  type BaggageEntry,
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapSetter,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { sayDropped } from '../baggage.ts'
import { MAX_BYTES, MAX_MEMBERS } from '../baggage-text.ts'
import { percentDecode, percentEncode, readHeader } from '../header-text.ts'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Servers refuse a request with many headers: Apache of more than 100, those of HTTP/2 of Node of more than 128. */
const MAX_SENT = 32
/** What a value may not hold without being encoded. */
const ILLEGAL = /[^\x21\x23-\x24\x26-\x2a\x2d-\x3a\x3c-\x5b\x5d-\x7e]/gu

/** Entries whose name cannot be part of the name of a header do not travel this way. */
export function injectBaggageHeaders<Carrier>(
  prefix: string,
  context: Context,
  carrier: Carrier,
  setter: TextMapSetter<Carrier>,
): void {
  const baggage = propagation.getBaggage(context)
  if (baggage === undefined || isTracingSuppressed(context)) return
  let [count, bytes, dropped] = [0, 0, 0]
  for (const [key, entry] of baggage.getAllEntries()) {
    const value = typeof entry?.value === 'string' ? percentEncode(entry.value, ILLEGAL) : undefined
    const size = key.length + (value?.length ?? 0)
    if (value === undefined || !TOKEN.test(key) || count === MAX_SENT || bytes + size > MAX_BYTES) {
      dropped++
      continue
    }
    count++
    bytes += size
    setter.set(carrier, prefix + key, value)
  }
  sayDropped('sent', dropped, MAX_SENT)
}

/** Adds to the baggage that is there. */
export function extractBaggageHeaders<Carrier>(
  prefix: string,
  context: Context,
  carrier: Carrier,
  getter: TextMapGetter<Carrier>,
): Context {
  const entries: Record<string, BaggageEntry> = Object.create(null)
  let [count, bytes, dropped] = [0, 0, 0]
  for (const name of getter.keys(carrier)) {
    if (name.length === prefix.length || !name.toLowerCase().startsWith(prefix)) continue
    const value = readHeader(carrier, name, getter)
    if (value === undefined || count === MAX_MEMBERS || bytes + name.length + value.length > MAX_BYTES) {
      dropped++
      continue
    }
    bytes += name.length + value.length
    entries[name.slice(prefix.length)] = { value: percentDecode(value) }
    count++
  }
  sayDropped('received', dropped)
  if (count === 0) return context
  for (const [key, entry] of propagation.getBaggage(context)?.getAllEntries() ?? []) entries[key] ??= entry
  return propagation.setBaggage(context, propagation.createBaggage(entries))
}
