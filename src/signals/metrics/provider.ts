/** Composes the meter provider. */
import type { Resource } from '@opentelemetry/resources'
import {
  type IMetricReader,
  MeterProvider,
  type PushMetricExporter,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import type { ExemplarFilter } from '../../config/config.ts'
import { type Environment, readEnvironment } from '../../config/environment.ts'
import type { MaskValue } from '../../config/redaction-options.ts'
import type { ScrapeOptions } from '../../config/resolved-destinations.ts'
import { loadLazily } from '../../lazy.ts'
import { createPrettyMetricExporter } from '../pretty-print.ts'
import { prepareCollection, watchReader } from './collect-now.ts'
import { createDurationMetrics, type DurationMetrics } from './duration-metrics.ts'
import { createExemplars } from './exemplars/exemplars.ts'
import { createSpanChooser } from './exemplars/filter.ts'
import { guardMeterProvider, type RefusedMeasurements } from './guard-meter.ts'
import { createPeriodicReader } from './periodic-reader.ts'
import { quickenRecords } from './quick-records.ts'
import { createSummedCounters } from './summed-counters.ts'

export interface MetricsOptions {
  readonly resource: Resource
  readonly intervalMillis: number
  readonly timeoutMillis: number
  readonly views: readonly ViewOptions[]
  /** The user's readers. */
  readonly metricReaders: readonly IMetricReader[]
  readonly delivery: PushMetricExporter | undefined
  readonly printsPretty: boolean
  /** For what is printed or served. */
  readonly mask?: MaskValue | undefined
  /** Set where metrics can be fetched; what it leaves out the environment says. */
  readonly prometheus: ScrapeOptions | undefined
  readonly exemplarFilter: ExemplarFilter
  readonly env: Environment
}

export interface Metrics {
  readonly meterProvider: MeterProvider
  /** Undefined when somebody else than delivery reads the metrics, or views change them: such histograms are the SDK's then. */
  readonly durationMetrics: DurationMetrics | undefined
  /** Measurements that no instrument took, by reason. */
  readonly refused: RefusedMeasurements
}

/** Where nobody of ours collects, such as with readers of the user's alone. */
const CALLBACK_MILLIS = 1_000

export function createMetrics(options: MetricsOptions): Metrics {
  const { delivery, metricReaders, printsPretty, prometheus, resource, views } = options
  const spans = createSpanChooser(options.exemplarFilter)
  const isOnlyReader = metricReaders.length === 0 && !printsPretty && prometheus === undefined
  const soleExporter = isOnlyReader && views.length === 0 ? delivery : undefined
  const durationMetrics = soleExporter && createDurationMetrics({ resource, exporter: soleExporter, spans })
  const summedCounters = soleExporter && createSummedCounters()
  const limit = { millis: CALLBACK_MILLIS }
  const refused: RefusedMeasurements = {}
  const periodic = (exporter: PushMetricExporter): IMetricReader => {
    const reader = createPeriodicReader({
      exporter,
      intervalMillis: options.intervalMillis,
      timeoutMillis: options.timeoutMillis,
      metricProducers: durationMetrics ? [durationMetrics.producer] : [],
      limit,
      beforeCollect: () => summedCounters?.passOn(),
    })
    if (exporter === delivery) watchReader(reader)
    return reader
  }
  const meterProvider = new MeterProvider({
    resource,
    views: [...views],
    readers: [
      ...metricReaders,
      ...(delivery ? [periodic(delivery)] : []),
      ...(printsPretty ? [periodic(createPrettyMetricExporter(options.mask))] : []),
      ...(prometheus ? [createPrometheusReader(prometheus, options)] : []),
    ],
  })
  quickenRecords(meterProvider)
  if (summedCounters) {
    summedCounters.watch(meterProvider)
    prepareCollection(meterProvider, summedCounters.passOn)
  }
  guardMeterProvider(meterProvider, { limit, refused, exemplars: spans && createExemplars(spans) })
  return { meterProvider, durationMetrics, refused }
}

function createPrometheusReader(given: ScrapeOptions, { env: environment, mask }: MetricsOptions): IMetricReader {
  const prometheus = loadLazily<typeof import('./prometheus.ts')>('prometheus')
  const env = readEnvironment(environment)
  return prometheus.createPrometheusReader({
    host: given.host ?? env.text('OTEL_EXPORTER_PROMETHEUS_HOST'),
    port: given.port ?? env.number('OTEL_EXPORTER_PROMETHEUS_PORT'),
    mask,
  })
}
