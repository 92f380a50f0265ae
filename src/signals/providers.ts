/** Composes the providers of the three signals. One that cannot be made is left out, with a line. */
import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider, LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { MeterProvider, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Signal } from '../config/destination.ts'
import type { Config } from '../config/resolve.ts'
import { loadLazily, ownFolder } from '../lazy.ts'
import { orElse } from '../log.ts'
import { guardLoggerProvider } from './guard.ts'
import { isolate } from './isolate.ts'
import { createLoggerProvider } from './logs/provider.ts'
import { createMetrics, type Metrics } from './metrics/provider.ts'
import { createTracerProvider } from './traces/provider.ts'
import { createConfiguredSampler } from './traces/samplers.ts'
import type { OwnTracerProvider } from './traces/tracer-provider.ts'

/** Where the signals go; undefined for one that no destination takes. */
export interface Sinks {
  readonly spanProcessor: SpanProcessor | undefined
  readonly logRecordProcessor: LogRecordProcessor | undefined
  readonly metricExporter: PushMetricExporter | undefined
}

export interface Providers {
  /** Undefined where traces are off, or the user has a provider of their own. */
  readonly tracerProvider: OwnTracerProvider | undefined
  readonly meterProvider: MeterProvider | undefined
  readonly loggerProvider: LoggerProvider | undefined
  readonly metrics: Metrics | undefined
}

export function createProviders(config: Config, resource: Resource, sinks: Sinks): Providers {
  const { signals, options } = config
  const make = <T>(signal: Signal, isOn: boolean, create: () => T): T | undefined =>
    isOn ? orElse(`the provider of ${signal}`, create, undefined) : undefined
  const metrics = make('metrics', signals.metrics, () => startMetrics(config, resource, sinks))
  const meterProvider = metrics?.meterProvider
  const isOwn = signals.traces && !options.tracerProvider
  const tracerProvider = make('traces', isOwn, () => startTraces(config, resource, sinks, meterProvider))
  const loggerProvider = make('logs', signals.logs, () => startLogs(config, resource, sinks))
  return { tracerProvider, meterProvider, loggerProvider, metrics }
}

function startMetrics(config: Config, resource: Resource, { metricExporter }: Sinks): Metrics {
  return createMetrics({
    resource,
    intervalMillis: config.metricIntervalMillis,
    timeoutMillis: config.metricTimeoutMillis,
    views: config.options.views ?? [],
    metricReaders: config.options.metricReaders ?? [],
    delivery: metricExporter,
    printsPretty: prints(config, 'metrics'),
    servesPrometheus: config.extraExporters.metrics.includes('prometheus'),
    env: config.env,
  })
}

function startTraces(
  config: Config,
  resource: Resource,
  { spanProcessor }: Sinks,
  selfMetrics: MeterProvider | undefined,
): OwnTracerProvider {
  const { options, sampler } = config
  return createTracerProvider({
    resource,
    sampler: createConfiguredSampler(sampler, options.sampling),
    trustsSampler: !('shouldSample' in sampler),
    limits: config.spanLimits,
    idGenerator: options.idGenerator,
    spanProcessors: [
      ...(options.spanProcessors ?? []).map(isolate),
      ...orElse('the report of open spans', () => reportLiveSpans(config, resource), []),
      ...(config.isChecked ? orElse('the lines of calls', noteCallSites, []) : []),
    ],
    delivery: spanProcessor,
    baggageKeys: options.baggageKeys ?? [],
    printsPretty: prints(config, 'traces'),
    sendsZipkin: config.extraExporters.traces.includes('zipkin'),
    selfMetrics,
    keep: options.keep,
    spanMetrics: options.spanMetrics ? selfMetrics : undefined,
  })
}

function startLogs(config: Config, resource: Resource, { logRecordProcessor }: Sinks): LoggerProvider {
  const { options } = config
  const provider = createLoggerProvider({
    resource,
    limits: config.logRecordLimits,
    minSeverity: config.minLogSeverity,
    logRecordProcessors: (options.logRecordProcessors ?? []).map(isolate),
    delivery: logRecordProcessor,
    baggageKeys: options.baggageKeys ?? [],
    printsPretty: prints(config, 'logs'),
  })
  guardLoggerProvider(provider)
  return provider
}

function prints({ options, extraExporters }: Config, signal: Signal): boolean {
  return options.prettyPrint === true || extraExporters[signal].includes('console')
}

/** What is still open is shown by the viewer on this machine, and by no other back end. */
function reportLiveSpans({ localViewer: viewer, isChecked }: Config, resource: Resource): SpanProcessor[] {
  if (!viewer) return []
  const { createLiveSpanProcessor } = loadLazily<typeof import('./traces/live-spans.ts')>('live-spans')
  const headers = { 'uptrace-dsn': viewer.original }
  return [createLiveSpanProcessor({ url: viewer.siteUrl, headers, resource, ...(isChecked ? { openMillis: 50 } : {}) })]
}

function noteCallSites(): SpanProcessor[] {
  const { createCallSiteProcessor } = loadLazily<typeof import('./traces/call-sites.ts')>('call-sites')
  return [createCallSiteProcessor({ isOwn: (file) => file.startsWith(ownFolder()) })]
}
