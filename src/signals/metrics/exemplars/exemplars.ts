/** Exemplars of the instruments of the SDK, which has none: they are kept beside its aggregations and put on the points that it collects. */
import type { Attributes, Context } from '@opentelemetry/api'
import type { SpanChooser } from './filter.ts'
import { type SdkStorage, storagesOf } from './sdk-storage.ts'
import { StorageExemplars } from './series.ts'

/** Makes an exemplar of a measurement, if the filter and chance will have it. */
export type Offer = (value: number, attributes: Attributes | undefined, context: Context | undefined) => void

export interface Exemplars {
  /** For the measurements of an instrument. Undefined where nothing of it is aggregated, or it is no instrument of the SDK. */
  offerTo(instrument: object): Offer | undefined
}

const NO_ATTRIBUTES: Attributes = {}

export function createExemplars(spans: SpanChooser): Exemplars {
  const known = new WeakMap<SdkStorage, StorageExemplars>()
  return {
    offerTo(instrument) {
      const storages = storagesOf(instrument).map((storage) => known.get(storage) ?? watch(storage))
      if (storages.length === 0) return undefined
      return (value, attributes, context) => {
        const span = spans.fromContext(context)
        if (span === undefined) return
        for (const storage of storages) storage.offer(value, attributes ?? NO_ATTRIBUTES, span, context)
      }
    },
  }

  function watch(storage: SdkStorage): StorageExemplars {
    const exemplars = new StorageExemplars(storage)
    const collect = storage.collect.bind(storage)
    storage.collect = (collector, time) => {
      const metric = collect(collector, time)
      exemplars.attach(metric, collector)
      return metric
    }
    known.set(storage, exemplars)
    return exemplars
  }
}
