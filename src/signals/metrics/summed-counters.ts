/**
 * Adds what counters get with the same attributes between two collections, and gives the SDK one sum: it makes a text of the attributes with every
 * measurement, where a comparison is enough.
 */
import type { Attributes, Context, Counter, Meter, MeterProvider, UpDownCounter } from '@opentelemetry/api'
import { type AttributeSet, findAttributeSet } from './attribute-sets.ts'

export interface SummedCounters {
  /** The counters of this provider are summed from here on. */
  watch(provider: MeterProvider): void
  /** Gives the SDK all sums: before anything is collected. */
  passOn(): void
}

/** The most sets of attributes that are summed for one instrument; measurements with other attributes go to the SDK at once. */
const MAX_SETS = 16

type Add = (value: number, attributes?: Attributes, context?: Context) => void

interface SummedSet extends AttributeSet {
  readonly attributes: Attributes
  /** The last interval whose first measurement the SDK got, which tells it when the series began. */
  interval: number
  sum: number
  isWaiting: boolean
}

export function createSummedCounters(): SummedCounters {
  const watched = new WeakSet<Meter>()
  let interval = 0
  let waiting: { readonly set: SummedSet; readonly add: Add }[] = []
  return {
    watch(provider) {
      const getMeter = provider.getMeter.bind(provider)
      provider.getMeter = (...identity) => {
        const meter = getMeter(...identity)
        if (!watched.has(meter)) watchMeter(meter)
        watched.add(meter)
        return meter
      }
    },
    passOn() {
      const sums = waiting
      waiting = []
      interval++
      for (const { set, add } of sums) {
        set.isWaiting = false
        if (set.sum !== 0) add(set.sum, set.attributes)
        set.sum = 0
      }
    },
  }

  function watchMeter(meter: Meter): void {
    const { createCounter, createUpDownCounter } = meter
    meter.createCounter = (name, options) => sumAdds(createCounter.call(meter, name, options), 0)
    meter.createUpDownCounter = (name, options) =>
      sumAdds(createUpDownCounter.call(meter, name, options), Number.NEGATIVE_INFINITY)
  }

  function sumAdds<Instrument extends Counter | UpDownCounter>(instrument: Instrument, least: number): Instrument {
    const add: Add = instrument.add.bind(instrument)
    const sets: SummedSet[] = []
    instrument.add = (value: number, attributes: Attributes = {}, context?: Context): void => {
      // fractions are rounded, and what is refused is reported, one by one
      const set = Number.isSafeInteger(value) && value >= least ? findOrKeep(sets, attributes) : undefined
      if (set === undefined || set.interval !== interval) {
        if (set) set.interval = interval
        add(value, attributes, context)
        return
      }
      set.sum += value
      if (set.isWaiting) return
      set.isWaiting = true
      waiting.push({ set, add })
    }
    return instrument
  }
}

function findOrKeep(sets: SummedSet[], attributes: Attributes): SummedSet | undefined {
  const found = findAttributeSet(sets, attributes)
  if (found || sets.length === MAX_SETS) return found
  const keys = Object.keys(attributes)
  const values = keys.map((key) => attributes[key])
  // what is in an array may change
  if (values.some((value) => typeof value === 'object')) return undefined
  const set = { keys, values, attributes: { ...attributes }, interval: -1, sum: 0, isWaiting: false }
  sets.push(set)
  return set
}
