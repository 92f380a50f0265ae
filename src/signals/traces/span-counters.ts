/**
 * The meter provider which the SDK's tracers count their spans with. It keeps the sums itself and has them observed when metrics are
 * collected: counting a span costs a comparison then, where the SDK's counters sort, print and look up the attributes three times a span.
 */
import type {
  Attributes,
  Counter,
  Meter,
  MeterProvider,
  MetricOptions,
  Observable,
  UpDownCounter,
} from '@opentelemetry/api'

/** Counters of the returned provider are for a few fixed attribute sets; all else goes to `provider`. */
export function createSpanCounters(provider: MeterProvider): MeterProvider {
  const counters = new Map<string, Counter & UpDownCounter>()
  const countersOf = (meter: Meter): Pick<Meter, 'createCounter' | 'createUpDownCounter'> => ({
    createCounter: (name, options) => counterOf(name, options, (...args) => meter.createObservableCounter(...args)),
    createUpDownCounter: (name, options) =>
      counterOf(name, options, (...args) => meter.createObservableUpDownCounter(...args)),
  })
  return {
    getMeter(name, version, options) {
      const meter = provider.getMeter(name, version, options)
      return Object.assign(Object.create(meter) as Meter, countersOf(meter))
    },
  }

  // every tracer asks for the same ones
  function counterOf(
    name: string,
    options: MetricOptions | undefined,
    observe: (name: string, options?: MetricOptions) => Observable,
  ): Counter & UpDownCounter {
    const known = counters.get(name)
    if (known) return known
    const counter = createCounter(observe(name, options))
    counters.set(name, counter)
    return counter
  }
}

interface Sum {
  readonly attributes: Attributes
  value: number
}

function createCounter(observable: Observable): Counter & UpDownCounter {
  const sums: Sum[] = []
  observable.addCallback((result) => {
    for (const { value, attributes } of sums) result.observe(value, attributes)
  })
  return {
    add(value, attributes = {}) {
      for (const sum of sums) {
        if (!isSame(sum.attributes, attributes)) continue
        sum.value += value
        return
      }
      sums.push({ value, attributes: { ...attributes } })
    },
  }
}

/** Of attribute sets with the same keys. */
function isSame(known: Attributes, attributes: Attributes): boolean {
  for (const key in known) if (known[key] !== attributes[key]) return false
  return true
}
