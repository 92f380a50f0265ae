/**
 * Finds the series of a measurement by comparing its attributes with those of the measurements before: the SDK makes a text of all keys and values with
 * each one. Where the insides of the SDK look otherwise, they stay as they are.
 */
import type { Attributes, MeterProvider, MetricOptions } from '@opentelemetry/api'
import { type AttributeSet, findAttributeSet } from './attribute-sets.ts'

/** The most series of one instrument that are found so between two collections; others are found by the SDK. */
const MAX_SERIES = 32
const KINDS = ['createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'] as const

/** What the SDK adds the measurements of one series to, until they are collected. */
interface Accumulation {
  record(value: number): void
}
interface Series extends AttributeSet {
  /** Looked for with the second measurement: many series get one alone. */
  accumulation: Accumulation | undefined
}
/** The SDK's storage of one instrument, view and reader. */
interface DeltaStorage {
  record(value: number, attributes: Attributes, time: number): void
  /** Another one after each collection. */
  readonly _activeCollectionStorage: { get(attributes: Attributes): Accumulation | undefined }
}
interface Storage {
  readonly _deltaMetricStorage?: Partial<DeltaStorage>
  readonly _backingStorages?: readonly Storage[]
}

/** The instruments of this provider record so from here on. */
export function quickenRecords(provider: MeterProvider): void {
  const watched = new WeakSet<object>()
  const getMeter = provider.getMeter.bind(provider)
  provider.getMeter = (...identity) => {
    const meter = getMeter(...identity)
    if (watched.has(meter)) return meter
    watched.add(meter)
    for (const kind of KINDS) {
      const create = meter[kind].bind(meter)
      meter[kind] = ((name: string, options?: MetricOptions) => {
        const instrument = create(name, options)
        const storage = (instrument as { _writableMetricStorage?: Storage })._writableMetricStorage
        for (const { _deltaMetricStorage: delta } of storage?._backingStorages ?? (storage ? [storage] : []))
          if (isDelta(delta) && !watched.has(delta)) {
            watched.add(delta)
            quicken(delta)
          }
        return instrument
      }) as never
    }
    return meter
  }
}

function isDelta(delta: Partial<DeltaStorage> | undefined): delta is DeltaStorage {
  return typeof delta?.record === 'function' && typeof delta._activeCollectionStorage?.get === 'function'
}

function quicken(delta: DeltaStorage): void {
  const recordBySdk = delta.record.bind(delta)
  let active = delta._activeCollectionStorage
  let known: Series[] = []
  delta.record = (value, attributes, time) => {
    if (delta._activeCollectionStorage !== active) {
      active = delta._activeCollectionStorage
      known = []
    }
    const series = findAttributeSet(known, attributes)
    if (series?.accumulation !== undefined) {
      series.accumulation.record(value)
      return
    }
    recordBySdk(value, attributes, time)
    if (series !== undefined) series.accumulation = active.get(attributes)
    else if (known.length < MAX_SERIES) remember(known, attributes)
  }
}

/** What is in a list may change. */
function remember(known: Series[], attributes: Attributes): void {
  const keys = Object.keys(attributes)
  const values = keys.map((key) => attributes[key])
  if (!values.some((item) => typeof item === 'object')) known.push({ keys, values, accumulation: undefined })
}
