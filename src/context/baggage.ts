/** W3C baggage: values that travel with a trace, strict in what is written and lenient in what is read. */
import {
  type Context,
  propagation,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import { logThrottled } from '../log.ts'
import { formatBaggage, MAX_BYTES, MAX_MEMBERS, parseBaggage } from './baggage-text.ts'
import { readHeader } from './header-text.ts'

const BAGGAGE = 'baggage'

/** @see https://www.w3.org/TR/baggage/ */
export const baggagePropagator: TextMapPropagator = {
  inject<Carrier>(context: Context, carrier: Carrier, setter: TextMapSetter<Carrier>): void {
    const baggage = propagation.getBaggage(context)
    if (baggage === undefined || isTracingSuppressed(context)) return
    const { text, dropped } = formatBaggage(baggage.getAllEntries())
    sayDropped('sent', dropped)
    if (text !== '') setter.set(carrier, BAGGAGE, text)
  },

  extract<Carrier>(context: Context, carrier: Carrier, getter: TextMapGetter<Carrier>): Context {
    const header = readHeader(carrier, BAGGAGE, getter)
    if (header === undefined || header === '') return context
    const { entries, count, dropped } = parseBaggage(header)
    sayDropped('received', dropped)
    return count === 0 ? context : propagation.setBaggage(context, propagation.createBaggage(entries))
  },

  fields: () => [BAGGAGE],
}

/** One line, at most once a minute, where something was dropped. */
export function sayDropped(what: 'sent' | 'received', dropped: number, maxEntries = MAX_MEMBERS): void {
  if (dropped === 0) return
  logThrottled(
    'warn',
    `baggage ${what}`,
    `baggage: ${dropped} ${dropped === 1 ? 'entry was' : 'entries were'} not ${what}; at most ${maxEntries} entries and ${MAX_BYTES} bytes travel, and an entry needs a name and a value that is text`,
  )
}
