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

export function createMeterProvider(options: MetricsOptions): MeterProvider {
  const periodic = (exporter: PushMetricExporter): IMetricReader =>
    new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: options.intervalMillis,
      exportTimeoutMillis: options.timeoutMillis,
    })
  return new MeterProvider({
    resource: options.resource,
    views: [...options.views],
    readers: [
      ...options.metricReaders,
      ...(options.delivery ? [periodic(options.delivery)] : []),
      ...(options.printsPretty ? [periodic(createPrettyMetricExporter())] : []),
      ...(options.servesPrometheus ? [createPrometheusReader(options.env)] : []),
    ],
  })
}

function createPrometheusReader(environment: Environment): IMetricReader {
  const { PrometheusExporter } = loadLazily<typeof import('@opentelemetry/exporter-prometheus')>('prometheus')
  const env = readEnvironment(environment)
  const host = env.text('OTEL_EXPORTER_PROMETHEUS_HOST')
  const port = env.integer('OTEL_EXPORTER_PROMETHEUS_PORT', 0)
  return new PrometheusExporter({ ...(host !== undefined && { host }), ...(port !== undefined && { port }) })
}
