/**
 * Keeps the instruments of a meter provider safe from what an application hands to them: measurements that would poison a sum for ever, attributes
 * that throw, the same instrument created again and again, and callbacks that never settle.
 */
import type {
  Attributes,
  BatchObservableCallback,
  Context,
  Meter,
  MeterProvider,
  MetricOptions,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'
import { kindOf, logThrottled } from '../../log.ts'
import { isPlainMap, tameMap } from '../guard.ts'
import type { Exemplars } from './exemplars/exemplars.ts'
import { type CallbackLimit, createCallbackGuard } from './guard-callbacks.ts'
import { InstrumentCache, type ObservableKind, type SyncKind } from './instrument-cache.ts'
import { isQuietScope, noteMeasurement, noteObservable } from './measured.ts'

/** Why a measurement was refused. */
export type RefusalReason = 'not_a_number' | 'not_finite' | 'negative'
export type RefusedMeasurements = Partial<Record<RefusalReason, number>>

export interface MeterGuardOptions {
  /** How long a callback may take. */
  readonly limit?: CallbackLimit
  /** Counts what is refused. */
  readonly refused?: RefusedMeasurements
  /** Gets what is measured. */
  readonly exemplars?: Exemplars | undefined
}

type Measure = (value: number, attributes?: Attributes | undefined, context?: Context | undefined) => void
/** Whether a value may be measured; one that may not is counted and said. */
type Accept = (value: number, least: number, name: string) => boolean

const ANY = -Number.MAX_VALUE

/** Every instrument of the provider is safe from here on. */
export function guardMeterProvider(provider: MeterProvider, options: MeterGuardOptions = {}): void {
  const { limit = { millis: 1_000 }, refused = {}, exemplars } = options
  const guarded = new WeakSet<Meter>()
  const getMeter = provider.getMeter.bind(provider)
  const accept: Accept = (value, least, name) => {
    if (typeof value === 'number' && value >= least && value <= Number.MAX_VALUE) return true
    const reason = typeof value !== 'number' ? 'not_a_number' : Number.isFinite(value) ? 'negative' : 'not_finite'
    refused[reason] = (refused[reason] ?? 0) + 1
    const given = typeof value === 'number' ? String(value) : `a value of type ${typeof value}`
    logThrottled(
      'warn',
      `measurement:${reason}:${kindOf(name)}`,
      `the instrument ${name} was given ${given}; such measurements are refused, since one of them spoils the whole sum`,
    )
    return false
  }
  provider.getMeter = (name, version, options) => {
    const meter = getMeter(name, version, options)
    if (!guarded.has(meter)) guardMeter(meter, { accept, limit, isQuiet: isQuietScope(name), exemplars })
    guarded.add(meter)
    return meter
  }
}

interface Guard {
  readonly accept: Accept
  readonly limit: CallbackLimit
  /** What is measured describes telemetry itself. */
  readonly isQuiet: boolean
  readonly exemplars: Exemplars | undefined
}

function guardMeter(meter: Meter, guard: Guard): void {
  const { accept, isQuiet, exemplars } = guard
  const cache = new InstrumentCache()
  const guardSync = (kind: SyncKind, method: 'add' | 'record', least: number): void => {
    const create = meter[kind].bind(meter)
    meter[kind] = (name: string, options?: MetricOptions) =>
      cache.find(kind, name, options, () => {
        const instrument = create(name, withFiniteBoundaries(name, options)) as unknown as Record<
          'add' | 'record',
          Measure
        >
        const measure = both(instrument[method].bind(instrument), exemplars?.offerTo(instrument))
        instrument[method] = (value, attributes, context) => {
          if (!accept(value, least, name)) return
          // what is measured is collected before the process ends
          if (!isQuiet) noteMeasurement()
          measureSafely(measure, value, attributes, context)
        }
        return instrument as unknown as ReturnType<Meter[SyncKind]>
      }) as never
  }
  guardSync('createCounter', 'add', 0)
  guardSync('createUpDownCounter', 'add', ANY)
  guardSync('createHistogram', 'record', 0)
  guardSync('createGauge', 'record', ANY)
  guardObservables(meter, cache, guard)
}

function guardObservables(meter: Meter, cache: InstrumentCache, guard: Guard): void {
  const { accept, limit, isQuiet, exemplars } = guard
  const known = new WeakMap<Observable, { readonly name: string; readonly least: number }>()
  const offers = new WeakMap<Observable, Measure>()
  const batchCallbacks = createCallbackGuard<BatchObservableCallback>(limit, 'a batch of instruments', (result) => ({
    observe: (metric, value, attributes) => {
      const { name = 'unknown', least = ANY } = known.get(metric) ?? {}
      if (accept(value, least, name))
        measureSafely(
          both((safe, safeAttributes) => result.observe(metric, safe, safeAttributes), offers.get(metric)),
          value,
          attributes,
        )
    },
  }))
  const guardKind = (kind: ObservableKind, least: number): void => {
    const create = meter[kind].bind(meter)
    meter[kind] = (name: string, options?: MetricOptions) =>
      cache.find(kind, name, options, () => {
        if (!isQuiet) noteObservable()
        const observable = create(name, options)
        known.set(observable, { name, least })
        const offer = exemplars?.offerTo(observable)
        if (offer) offers.set(observable, offer)
        const callbacks = createCallbackGuard<ObservableCallback>(limit, name, (result) => ({
          observe: (value, attributes) => {
            if (accept(value, least, name))
              measureSafely(
                both((safe, safeAttributes) => result.observe(safe, safeAttributes), offer),
                value,
                attributes,
              )
          },
        }))
        const { addCallback, removeCallback } = observable
        observable.addCallback = (callback) => addCallback.call(observable, callbacks(callback))
        observable.removeCallback = (callback) => removeCallback.call(observable, callbacks(callback))
        return observable
      })
  }
  guardKind('createObservableCounter', 0)
  guardKind('createObservableUpDownCounter', ANY)
  guardKind('createObservableGauge', ANY)
  const { addBatchObservableCallback: add, removeBatchObservableCallback: remove } = meter
  meter.addBatchObservableCallback = (callback, observables) => add.call(meter, batchCallbacks(callback), observables)
  meter.removeBatchObservableCallback = (callback, observables) =>
    remove.call(meter, batchCallbacks(callback), observables)
}

/** A boundary that is no number makes points which no back end can read. */
function withFiniteBoundaries(name: string, options: MetricOptions | undefined): MetricOptions | undefined {
  const given: unknown = options?.advice?.explicitBucketBoundaries
  if (!Array.isArray(given) || given.every(Number.isFinite)) return options
  logThrottled(
    'warn',
    `boundaries:${name}`,
    `boundaries of the histogram ${name} that are no finite numbers are left out`,
  )
  return { ...options, advice: { ...options!.advice, explicitBucketBoundaries: given.filter(Number.isFinite) } }
}

const both = (measure: Measure, offer: Measure | undefined): Measure =>
  offer === undefined
    ? measure
    : (value, attributes, context) => {
        measure(value, attributes, context)
        offer(value, attributes, context)
      }

function measureSafely(measure: Measure, value: number, attributes?: Attributes, context?: Context): void {
  try {
    const isTame = attributes === undefined || attributes === null || isPlainMap(attributes)
    measure(value, (isTame ? attributes : tameMap(attributes)) ?? undefined, context)
  } catch {
    // attributes that cannot be listed
  }
}
