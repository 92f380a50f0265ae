/** A meter provider that may be used before telemetry is configured: its instruments begin to record once a real provider exists. */
import {
  type BatchObservableCallback,
  type BatchObservableResult,
  type Counter,
  createNoopMeter,
  type Meter,
  type MeterOptions,
  type MeterProvider,
  type MetricOptions,
  type Observable,
  type ObservableCallback,
} from '@opentelemetry/api'

/** A provider whose instruments follow the delegate, also the ones created before there was one. */
export interface DeferredMeterProvider extends MeterProvider {
  /** From now on every instrument records to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: MeterProvider | undefined): void
}

type SyncKind = 'createCounter' | 'createUpDownCounter' | 'createHistogram' | 'createGauge'
type ObservableKind = 'createObservableCounter' | 'createObservableUpDownCounter' | 'createObservableGauge'

export function createDeferredMeterProvider(): DeferredMeterProvider {
  const meters = new Set<DeferredMeter>()
  let delegate: MeterProvider | undefined
  return {
    getMeter(name, version, options) {
      if (delegate) return delegate.getMeter(name, version, options)
      const meter = new DeferredMeter(name, version, options)
      meters.add(meter)
      return meter
    },
    setDelegate(provider) {
      delegate = provider
      for (const meter of meters) meter.follow(provider)
    },
  }
}

class DeferredMeter implements Meter {
  readonly #identity: [name: string, version: string | undefined, options: MeterOptions | undefined]
  readonly #instruments: Array<DeferredInstrument | DeferredObservable> = []
  readonly #batches = new Map<
    BatchObservableCallback,
    { observables: Observable[]; attached: [BatchObservableCallback, Observable[]] | undefined }
  >()
  #real: Meter | undefined

  constructor(...identity: [string, string | undefined, MeterOptions | undefined]) {
    this.#identity = identity
  }

  follow(provider: MeterProvider | undefined): void {
    this.#real = provider?.getMeter(...this.#identity)
    for (const instrument of this.#instruments) instrument.follow(this.#real)
    for (const callback of this.#batches.keys()) this.#attachBatch(callback)
  }

  createCounter(name: string, options?: MetricOptions) {
    return this.#sync('createCounter', name, options)
  }
  createUpDownCounter(name: string, options?: MetricOptions) {
    return this.#sync('createUpDownCounter', name, options)
  }
  createHistogram(name: string, options?: MetricOptions) {
    return this.#sync('createHistogram', name, options)
  }
  createGauge(name: string, options?: MetricOptions) {
    return this.#sync('createGauge', name, options)
  }
  createObservableCounter(name: string, options?: MetricOptions) {
    return this.#observable('createObservableCounter', name, options)
  }
  createObservableUpDownCounter(name: string, options?: MetricOptions) {
    return this.#observable('createObservableUpDownCounter', name, options)
  }
  createObservableGauge(name: string, options?: MetricOptions) {
    return this.#observable('createObservableGauge', name, options)
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    this.#batches.set(callback, { observables, attached: undefined })
    this.#attachBatch(callback)
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, _observables: Observable[]): void {
    const batch = this.#batches.get(callback)
    if (batch?.attached) this.#real?.removeBatchObservableCallback(...batch.attached)
    this.#batches.delete(callback)
  }

  #sync(kind: SyncKind, name: string, options: MetricOptions | undefined): DeferredInstrument {
    const instrument = new DeferredInstrument(kind, name, options)
    instrument.follow(this.#real)
    this.#instruments.push(instrument)
    return instrument
  }

  #observable(kind: ObservableKind, name: string, options: MetricOptions | undefined): DeferredObservable {
    const observable = new DeferredObservable(kind, name, options)
    observable.follow(this.#real)
    this.#instruments.push(observable)
    return observable
  }

  /** The real meter knows only real observables: they are exchanged on the way in and on the way out. */
  #attachBatch(callback: BatchObservableCallback): void {
    const batch = this.#batches.get(callback)
    if (!batch) return
    batch.attached = undefined
    if (!this.#real) return
    const real = batch.observables.map((observable) =>
      observable instanceof DeferredObservable ? (observable.real ?? observable) : observable,
    )
    const translate: BatchObservableCallback = (result) => {
      const translating: BatchObservableResult = {
        observe: (metric, value, attributes) =>
          result.observe(metric instanceof DeferredObservable ? (metric.real ?? metric) : metric, value, attributes),
      }
      return callback(translating)
    }
    batch.attached = [translate, real]
    this.#real.addBatchObservableCallback(translate, real)
  }
}

/** Counter, up-down counter, histogram and gauge at once: each real instrument has the one method it needs. */
class DeferredInstrument {
  readonly #create: (meter: Meter) => Partial<Record<'add' | 'record', Counter['add']>>
  #real: Partial<Record<'add' | 'record', Counter['add']>> | undefined

  constructor(kind: SyncKind, name: string, options: MetricOptions | undefined) {
    this.#create = (meter) => meter[kind](name, options) as Partial<Record<'add' | 'record', Counter['add']>>
  }

  follow(meter: Meter | undefined): void {
    this.#real = meter && this.#create(meter)
  }

  add(...measurement: Parameters<Counter['add']>): void {
    this.#real?.add?.(...measurement)
  }

  record(...measurement: Parameters<Counter['add']>): void {
    this.#real?.record?.(...measurement)
  }
}

class DeferredObservable implements Observable {
  readonly #callbacks = new Set<ObservableCallback>()
  readonly #create: (meter: Meter) => Observable
  real: Observable | undefined

  constructor(kind: ObservableKind, name: string, options: MetricOptions | undefined) {
    this.#create = (meter) => meter[kind](name, options)
  }

  follow(meter: Meter | undefined): void {
    this.real = this.#create(meter ?? createNoopMeter())
    for (const callback of this.#callbacks) this.real.addCallback(callback)
  }

  addCallback(callback: ObservableCallback): void {
    this.#callbacks.add(callback)
    this.real?.addCallback(callback)
  }

  removeCallback(callback: ObservableCallback): void {
    this.#callbacks.delete(callback)
    this.real?.removeCallback(callback)
  }
}
