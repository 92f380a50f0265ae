/** Finds an instrument again that was created before: the same kind, name, unit and description are the same instrument. */
import type { Meter, MetricOptions } from '@opentelemetry/api'

export type SyncKind = 'createCounter' | 'createUpDownCounter' | 'createHistogram' | 'createGauge'
export type ObservableKind = 'createObservableCounter' | 'createObservableUpDownCounter' | 'createObservableGauge'
export type Kind = SyncKind | ObservableKind

/** The most instruments remembered for one meter: names come from the application. At the limit all are forgotten, and a name makes another one. */
const MAX_INSTRUMENTS = 1_000

export class InstrumentCache<Instrument extends object = ReturnType<Meter[Kind]>> {
  private readonly known = new Map<string, Instrument>()

  find<Found extends Instrument>(
    kind: Kind,
    name: string,
    options: MetricOptions | undefined,
    create: () => Found,
  ): Found {
    const key = options ? `${kind}\n${name}\n${options.unit}\n${options.description}` : `${kind}\n${name}`
    const known = this.known.get(key)
    if (known) return known as Found
    if (this.known.size >= MAX_INSTRUMENTS) this.known.clear()
    const created = create()
    this.known.set(key, created)
    return created
  }

  values(): Iterable<Instrument> {
    return this.known.values()
  }
}
