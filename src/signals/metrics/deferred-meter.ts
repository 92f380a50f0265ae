/** A meter provider whose instruments always follow the provider that is configured now, whenever they were created. */
import {
  type BatchObservableCallback,
  createNoopMeter,
  type Meter,
  type MeterProvider,
  type MetricOptions,
  type Observable,
} from '@opentelemetry/api'
import { type Batch, DeferredCounter, DeferredObservable, DeferredRecorder, type Host } from './deferred-instruments.ts'
import { InstrumentCache, type ObservableKind } from './instrument-cache.ts'

/** A provider whose instruments follow the delegate, also the ones created before there was one, or under another one. */
export interface DeferredMeterProvider extends MeterProvider {
  /** From now on every instrument records to `provider`; `undefined` makes them silent again. */
  setDelegate(provider: MeterProvider | undefined): void
  forceFlush(): Promise<void>
}

/** Names come from the application; a meter beyond the limit works as well, it is only not found again. */
const MAX_METERS = 1_000
const SILENT = createNoopMeter()

export function createDeferredMeterProvider(): DeferredMeterProvider {
  const host: Host = { provider: undefined, observing: new Set(), batches: new Set() }
  const meters = new Map<string, DeferredMeter>()
  return {
    getMeter(name, version, options) {
      const key = `${name}\n${version}\n${options?.schemaUrl}`
      const known = meters.get(key)
      if (known) return known
      if (meters.size >= MAX_METERS) meters.clear()
      const meter = new DeferredMeter(host, [name, version, options])
      meters.set(key, meter)
      return meter
    },
    setDelegate(provider) {
      host.provider = provider
      for (const meter of meters.values()) meter.forget()
      // these are asked by the provider, so they cannot wait until somebody uses them
      for (const observable of host.observing) observable.attachAll()
      for (const batch of host.batches) attachBatch(batch)
    },
    async forceFlush() {
      await (host.provider as { forceFlush?(): Promise<void> } | undefined)?.forceFlush?.()
    },
  }
}

class DeferredMeter implements Meter {
  private readonly host: Host
  private readonly identity: Parameters<MeterProvider['getMeter']>
  private readonly instruments = new InstrumentCache<DeferredCounter | DeferredRecorder | DeferredObservable>()
  private provider: MeterProvider | undefined
  private meter: Meter = SILENT

  constructor(host: Host, identity: Parameters<MeterProvider['getMeter']>) {
    this.host = host
    this.identity = identity
  }

  /** The meter of the provider that is configured now. */
  real(): Meter {
    const { provider } = this.host
    if (this.provider !== provider) {
      this.meter = provider?.getMeter(...this.identity) ?? SILENT
      this.provider = provider
    }
    return this.meter
  }

  /** Keeps no provider alive that has been shut down. */
  forget(): void {
    this.provider = undefined
    this.meter = SILENT
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
    if (this.findBatch(callback, observables)) return
    const batch: Batch = { meter: this, callback, observables: [...observables], detach: undefined }
    this.host.batches.add(batch)
    attachBatch(batch)
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: Observable[]): void {
    const batch = this.findBatch(callback, observables)
    if (!batch) return
    batch.detach?.()
    this.host.batches.delete(batch)
  }

  private findBatch(callback: BatchObservableCallback, observables: Observable[]): Batch | undefined {
    for (const batch of this.host.batches)
      if (batch.callback === callback && isSameSet(batch.observables, observables)) return batch
    return undefined
  }

  private counter(kind: 'createCounter' | 'createUpDownCounter', name: string, options?: MetricOptions) {
    const create = (): DeferredCounter => new DeferredCounter(this.host, () => this.real()[kind](name, options))
    return this.instruments.find(kind, name, options, create)
  }

  private recorder(kind: 'createHistogram' | 'createGauge', name: string, options?: MetricOptions) {
    const create = (): DeferredRecorder => new DeferredRecorder(this.host, () => this.real()[kind](name, options))
    return this.instruments.find(kind, name, options, create)
  }

  private observable(kind: ObservableKind, name: string, options: MetricOptions | undefined): DeferredObservable {
    const create = (): DeferredObservable => new DeferredObservable(this.host, () => this.real()[kind](name, options))
    return this.instruments.find(kind, name, options, create)
  }
}

/** The real meter knows only real observables: they are exchanged on the way in and on the way out. */
function attachBatch(batch: Batch): void {
  const { callback, observables } = batch
  const meter = batch.meter.real()
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
