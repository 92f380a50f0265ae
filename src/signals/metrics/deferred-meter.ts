/** A meter provider whose instruments always follow the provider that is configured now, whenever they were created. */
import {
  type BatchObservableCallback,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api'
import { asText, createScopes, Following, flushDelegate } from '../deferred.ts'
import {
  type Batch,
  DeferredCounter,
  DeferredObservable,
  DeferredRecorder,
  type MeterHost,
} from './deferred-instruments.ts'
import { InstrumentCache, type Kind, type ObservableKind } from './instrument-cache.ts'

/** A provider whose instruments follow the delegate, also the ones created before there was one, or under another one. */
export interface DeferredMeterProvider extends MeterProvider {
  /** From now on every instrument records to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: MeterProvider | undefined): void
  forceFlush(): Promise<void>
}

const SILENT = createNoopMeter()

export function createDeferredMeterProvider(): DeferredMeterProvider {
  const host: MeterHost = { provider: undefined, observing: new Set(), batches: new Set() }
  const meters = createScopes((...identity) => new DeferredMeter(host, identity))
  return {
    getMeter: meters.find,
    setDelegate(provider) {
      host.provider = provider
      meters.forgetAll()
      // these are asked by the provider, so they cannot wait until somebody uses them
      for (const observable of host.observing) observable.attachAll()
      for (const batch of host.batches) attachBatch(batch)
    },
    forceFlush: () => flushDelegate(host),
  }
}

class DeferredMeter extends Following<MeterProvider, Meter> implements Meter {
  declare protected readonly host: MeterHost
  private readonly instruments = new InstrumentCache<DeferredCounter | DeferredRecorder | DeferredObservable>()

  constructor(host: MeterHost, identity: Parameters<MeterProvider['getMeter']>) {
    super(host, SILENT, (provider) => provider.getMeter(...identity))
  }

  /** The meter of the provider that is configured now. */
  meter(): Meter {
    return this.provider === this.host.provider ? this.real : this.follow()
  }

  override forget(): void {
    super.forget()
    for (const instrument of this.instruments.values()) instrument.forget()
  }

  createCounter(name: string, options?: MetricOptions) {
    return this.counter('createCounter', name, options)
  }
  createUpDownCounter(name: string, options?: MetricOptions) {
    return this.counter('createUpDownCounter', name, options)
  }
  createHistogram(name: string, options?: MetricOptions) {
    return this.recorder('createHistogram', name, options)
  }
  createGauge(name: string, options?: MetricOptions) {
    return this.recorder('createGauge', name, options)
  }
  createObservableCounter(name: string, options?: MetricOptions) {
    return this.observable('createObservableCounter', name, options)
  }
  createObservableUpDownCounter(name: string, options?: MetricOptions) {
    return this.observable('createObservableUpDownCounter', name, options)
  }
  createObservableGauge(name: string, options?: MetricOptions) {
    return this.observable('createObservableGauge', name, options)
  }

  addBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const given = readableList(observables)
    if (typeof callback !== 'function' || this.findBatch(callback, given)) return
    const batch: Batch = { meter: this, callback, observables: given, detach: undefined }
    this.host.batches.add(batch)
    attachBatch(batch)
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const batch = this.findBatch(callback, readableList(observables))
    if (!batch) return
    batch.detach?.()
    this.host.batches.delete(batch)
  }

  private findBatch(callback: BatchObservableCallback, observables: readonly Observable[]): Batch | undefined {
    for (const batch of this.host.batches)
      if (batch.callback === callback && isSameSet(batch.observables, observables)) return batch
    return undefined
  }

  private counter(kind: 'createCounter' | 'createUpDownCounter', ...given: Given) {
    return this.find(kind, given, (create) => new DeferredCounter(this.host, create))
  }

  private recorder(kind: 'createHistogram' | 'createGauge', ...given: Given) {
    return this.find(kind, given, (create) => new DeferredRecorder(this.host, create))
  }

  private observable(kind: ObservableKind, ...given: Given) {
    return this.find(kind, given, (create) => new DeferredObservable(this.host, create))
  }

  private find<Chosen extends Kind, Found extends DeferredCounter | DeferredRecorder | DeferredObservable>(
    kind: Chosen,
    [given, givenOptions]: Given,
    follow: (create: () => ReturnType<Meter[Chosen]>) => Found,
  ): Found {
    const name = asText(given)
    const options = readableOptions(givenOptions)
    const create = (): ReturnType<Meter[Chosen]> => this.meter()[kind](name, options) as ReturnType<Meter[Chosen]>
    return this.instruments.find(kind, name, options, () => follow(create))
  }
}

type Given = [name: string, options?: MetricOptions]

/** Options that cannot be read, or hold something else than texts, count as not given: they throw neither here nor in the SDK. */
function readableOptions(options: MetricOptions | undefined): MetricOptions | undefined {
  try {
    const boundaries: unknown = options?.advice?.explicitBucketBoundaries
    const isReadable = isTextOrUnset(options?.unit) && isTextOrUnset(options?.description)
    return isReadable && (boundaries === undefined || Array.isArray(boundaries)) ? options : undefined
  } catch {
    return undefined
  }
}

/** @returns a copy, empty for what is no list */
function readableList<Item>(given: readonly Item[]): readonly Item[] {
  try {
    return [...given]
  } catch {
    return []
  }
}

const isTextOrUnset = (value: unknown): boolean => value === undefined || typeof value === 'string'

/** The real meter knows only real observables: they are exchanged on the way in and on the way out. */
function attachBatch(batch: Batch): void {
  const { callback, observables } = batch
  const meter = batch.meter.meter()
  const realOf = (observable: Observable): Observable =>
    observable instanceof DeferredObservable ? observable.real() : observable
  const translate: BatchObservableCallback = (result) =>
    callback({ observe: (metric, value, attributes) => result.observe(realOf(metric), value, attributes) })
  const real = observables.map(realOf)
  meter.addBatchObservableCallback(translate, real)
  batch.detach = () => meter.removeBatchObservableCallback(translate, real)
}

function isSameSet(some: readonly Observable[], others: readonly Observable[]): boolean {
  const set = new Set(others)
  return set.size === new Set(some).size && some.every((observable) => set.has(observable))
}
