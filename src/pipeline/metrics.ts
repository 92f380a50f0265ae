/** Composes the meter provider. */
import type { Resource } from '@opentelemetry/resources'
import {
  type IMetricReader,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics'
import { type Environment, readEnvironment } from '../config/environment.ts'
import { loadLazily } from '../lazy.ts'
import { createDurationMetrics, type DurationMetrics } from './duration-metrics.ts'
import { createPrettyMetricExporter } from './pretty-print.ts'

export interface MetricsOptions {
  readonly resource: Resource
  readonly intervalMillis: number
  readonly timeoutMillis: number
  readonly views: readonly ViewOptions[]
  /** The user's readers. */
  readonly metricReaders: readonly IMetricReader[]
  readonly delivery: PushMetricExporter | undefined
  readonly printsPretty: boolean
  readonly servesPrometheus: boolean
  readonly env: Environment
}

export interface Metrics {
  readonly meterProvider: MeterProvider
  /** Undefined when somebody else than delivery reads the metrics, or views change them: such histograms are the SDK's then. */
  readonly durationMetrics: DurationMetrics | undefined
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { delivery, metricReaders, printsPretty, resource, servesPrometheus, views } = options
  const isOnlyReader = metricReaders.length === 0 && !printsPretty && !servesPrometheus
  const durationMetrics =
    delivery && isOnlyReader && views.length === 0 ? createDurationMetrics({ resource, exporter: delivery }) : undefined
  const periodic = (exporter: PushMetricExporter): IMetricReader =>
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: options.intervalMillis,
      exportTimeoutMillis: options.timeoutMillis,
      metricProducers: durationMetrics ? [durationMetrics.producer] : [],
    })
  const meterProvider = new MeterProvider({
    resource,
    views: [...views],
    readers: [
      ...metricReaders,
      ...(delivery ? [periodic(delivery)] : []),
      ...(printsPretty ? [periodic(createPrettyMetricExporter())] : []),
      ...(servesPrometheus ? [createPrometheusReader(options.env)] : []),
    ],
  })
  return { meterProvider, durationMetrics }
}

function createPrometheusReader(environment: Environment): IMetricReader {
  const { PrometheusExporter } = loadLazily<typeof import('@opentelemetry/exporter-prometheus')>('prometheus')
  const env = readEnvironment(environment)
  const host = env.text('OTEL_EXPORTER_PROMETHEUS_HOST')
  const port = env.integer('OTEL_EXPORTER_PROMETHEUS_PORT', 0)
  return new PrometheusExporter({ ...(host !== undefined && { host }), ...(port !== undefined && { port }) })
}
