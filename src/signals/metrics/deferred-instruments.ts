/** Instruments that look for the real one of the provider that is configured now: the parts of a deferred meter. */
import type {
  BatchObservableCallback,
  Counter,
  Meter,
  MeterProvider,
  Observable,
  ObservableCallback,
} from '@opentelemetry/api'
import { Following, type Host } from '../deferred.ts'

/** What the instruments of one deferred provider share. */
export interface MeterHost extends Host<MeterProvider> {
  /** Those with a callback: each new provider has to know them. */
  readonly observing: Set<DeferredObservable>
  readonly batches: Set<Batch>
}

export interface Batch {
  readonly meter: { meter(): Meter }
  readonly callback: BatchObservableCallback
  readonly observables: readonly Observable[]
  detach: (() => void) | undefined
}

type Measure = Counter['add']

const SILENT = { add() {}, record() {} }

/** What the synchronous instruments have in common. */
abstract class FollowingInstrument<Real> extends Following<MeterProvider, Real> {
  constructor(host: MeterHost, create: () => Real) {
    super(host, SILENT as Real, create)
  }
}

export class DeferredCounter extends FollowingInstrument<{ add: Measure }> {
  add(value: number, attributes?: Parameters<Measure>[1], context?: Parameters<Measure>[2]): void {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    real.add(value, attributes, context)
  }
}

/** Of a histogram or a gauge. */
export class DeferredRecorder extends FollowingInstrument<{ record: Measure }> {
  record(value: number, attributes?: Parameters<Measure>[1], context?: Parameters<Measure>[2]): void {
    const real = this.provider === this.host.provider ? this.real : this.follow()
    real.record(value, attributes, context)
  }
}

export class DeferredObservable implements Observable {
  private readonly host: MeterHost
  private readonly create: () => Observable
  private readonly callbacks = new Set<ObservableCallback>()
  private provider: MeterProvider | undefined
  private observable: Observable | undefined

  constructor(host: MeterHost, create: () => Observable) {
    this.host = host
    this.create = create
  }

  /** The instrument of the provider that is configured now. */
  real(): Observable {
    if (this.observable === undefined || this.provider !== this.host.provider) {
      this.observable = this.create()
      this.provider = this.host.provider
    }
    return this.observable
  }

  attachAll(): void {
    const real = this.real()
    for (const callback of this.callbacks) real.addCallback(callback)
  }

  addCallback(callback: ObservableCallback): void {
    this.callbacks.add(callback)
    this.host.observing.add(this)
    this.real().addCallback(callback)
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback)
    if (this.callbacks.size === 0) this.host.observing.delete(this)
    this.observable?.removeCallback(callback)
  }

  forget(): void {
    this.provider = undefined
    this.observable = undefined
  }
}
