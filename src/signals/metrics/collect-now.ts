/**
 * Collects metrics without a turn of the event loop, at the end of a process: the SDK's own way is asynchronous even where nothing is to be waited
 * for. This reads the SDK's inner state; where that looks otherwise, nothing is collected. Callbacks that are asynchronous are left out.
 */
import type { Attributes, HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import type {
  IMetricReader,
  MeterProvider,
  MetricData,
  MetricProducer,
  PushMetricExporter,
  ResourceMetrics,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { dateNow } from '../../timers.ts'
import { noteCollection } from './measured.ts'

/** A producer that can be asked without waiting. */
export interface ImmediateProducer extends MetricProducer {
  collectNow(): ScopeMetrics[]
}

type Measurements = { entries(): Iterable<[Attributes, number]> }

interface Storage {
  collect(collector: Collector, time: HrTime): MetricData | undefined
  record(measurements: Measurements, time: HrTime): void
}

interface Collector {
  readonly _metricReader: {
    readonly _exporter?: PushMetricExporter
    readonly _metricProducers?: ReadonlyArray<Partial<ImmediateProducer>>
  }
}

interface Instrument {
  readonly _metricStorages: readonly Storage[]
}

interface MeterState {
  readonly _instrumentationScope: ScopeMetrics['scope']
  readonly metricStorageRegistry: { getStorages(collector: Collector): readonly Storage[] }
  readonly observableRegistry: {
    readonly _callbacks: ReadonlyArray<{ callback: Callback; instrument: Instrument }>
    readonly _batchCallbacks: ReadonlyArray<{ callback: Callback }>
  }
}

type Callback = (result: { observe(...args: unknown[]): void }) => unknown

interface State {
  readonly resource: Parameters<PushMetricExporter['export']>[0]['resource']
  readonly meterSharedStates: ReadonlyMap<string, MeterState>
  readonly metricCollectors: readonly Collector[]
}

const preparations = new WeakMap<MeterProvider, () => void>()
/** What a reader has collected; between that and the export it may wait for attributes of the resource. */
const collected = new WeakMap<object, ResourceMetrics>()
const exported = new WeakSet<ResourceMetrics>()

/** Keeps what the reader collects until it is exported: the process may end before. */
export function watchReader(reader: IMetricReader): void {
  const collect = reader.collect.bind(reader)
  reader.collect = async (options) => {
    const result = await collect(options)
    collected.set(reader, result.resourceMetrics)
    return result
  }
}

export function noteExport(metrics: ResourceMetrics): void {
  exported.add(metrics)
}

/** `prepare` runs before metrics of the provider are collected. */
export function prepareCollection(provider: MeterProvider, prepare: () => void): void {
  preparations.set(provider, prepare)
}

/** Every exporter that is pushed to gets the metrics; those which take them at once have them when this returns. */
export function collectNow(provider: MeterProvider): void {
  const { _sharedState: state } = provider as unknown as { _sharedState?: State }
  if (!state?.meterSharedStates || !Array.isArray(state.metricCollectors)) return
  preparations.get(provider)?.()
  const time = millisToHrTime(dateNow())
  for (const meter of state.meterSharedStates.values()) attempt(() => observe(meter, time))
  for (const collector of state.metricCollectors) attempt(() => exportFrom(state, collector, time))
  noteCollection()
}

function exportFrom(state: State, collector: Collector, time: HrTime): void {
  const { _exporter: exporter, _metricProducers: producers = [] } = collector._metricReader
  if (!exporter) return
  const held = collected.get(collector._metricReader)
  if (held && !exported.has(held) && held.scopeMetrics.length > 0) exporter.export(held, () => {})
  const scopeMetrics: ScopeMetrics[] = []
  for (const meter of state.meterSharedStates.values()) {
    const metrics = meter.metricStorageRegistry
      .getStorages(collector)
      .flatMap((storage) => storage.collect(collector, time) ?? [])
    if (metrics.length > 0) scopeMetrics.push({ scope: meter._instrumentationScope, metrics })
  }
  scopeMetrics.push(...producers.flatMap((producer) => producer.collectNow?.() ?? []))
  if (scopeMetrics.length > 0) exporter.export({ resource: state.resource, scopeMetrics }, () => {})
}

function observe({ observableRegistry }: MeterState, time: HrTime): void {
  for (const { callback, instrument } of observableRegistry._callbacks) {
    const values: [Attributes, number][] = []
    const isDone = call(callback, (value, attributes) => note(values, value, attributes))
    if (isDone) record(instrument, values, time)
  }
  for (const { callback } of observableRegistry._batchCallbacks) {
    const observed = new Map<Instrument, [Attributes, number][]>()
    const isDone = call(callback, (instrument, value, attributes) => {
      const values = observed.get(instrument as Instrument) ?? []
      observed.set(instrument as Instrument, values)
      note(values, value, attributes)
    })
    if (isDone) for (const [instrument, values] of observed) record(instrument, values, time)
  }
}

/** @returns whether the callback has observed all it will */
function call(callback: Callback, observe: (...args: unknown[]) => void): boolean {
  let isDone = false
  attempt(() => {
    const result = callback({ observe }) as Partial<PromiseLike<unknown>> | undefined
    isDone = typeof result?.then !== 'function'
    // nobody will hear of it any more
    if (!isDone) void Promise.resolve(result).catch(() => {})
  })
  return isDone
}

function note(values: [Attributes, number][], value: unknown, attributes: unknown): void {
  if (typeof value === 'number') values.push([(attributes ?? {}) as Attributes, value])
}

function record(instrument: Instrument, values: [Attributes, number][], time: HrTime): void {
  for (const storage of instrument._metricStorages ?? []) storage.record({ entries: () => values }, time)
}

/** One instrument that fails takes no other with it. */
function attempt(run: () => void): void {
  try {
    run()
  } catch {
    // the SDK would report it and go on
  }
}
