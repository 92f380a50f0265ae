/** Composes the providers of the three signals. One that cannot be made is left out, with a line. */
import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider, LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { MeterProvider, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { IdGenerator, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Signal } from '../config/destination.ts'
import type { MaskValue } from '../config/redaction-options.ts'
import type { Config } from '../config/resolve.ts'
import { loadLazily, ownFolder } from '../lazy.ts'
import { orElse } from '../log.ts'
import { threads } from '../threads.ts'
import { guardLoggerProvider } from './guard.ts'
import { isolate } from './isolate.ts'
import { mendRecords } from './logs/mend-records.ts'
import { createLoggerProvider } from './logs/provider.ts'
import { createMetrics, type Metrics } from './metrics/provider.ts'
import { createFates, type Fates } from './traces/fates.ts'
import { createTracerProvider } from './traces/provider.ts'
import { createConfiguredSampler, tellsWeights } from './traces/samplers.ts'
import type { OwnTracerProvider, OwnTracerProviderOptions } from './traces/tracer-provider.ts'

type WatchTracer = OwnTracerProviderOptions['watchTracer']

/** Where the signals go; undefined for one that no destination takes. */
export interface Sinks {
  readonly spanProcessor: SpanProcessor | undefined
  readonly logRecordProcessor: LogRecordProcessor | undefined
  readonly metricExporter: PushMetricExporter | undefined
  /** Masks secrets in what is printed or served by this process itself. */
  readonly mask?: MaskValue | undefined
}

export interface Providers {
  /** Undefined where traces are off, or the user has a provider of their own. */
  readonly tracerProvider: OwnTracerProvider | undefined
  readonly meterProvider: MeterProvider | undefined
  readonly loggerProvider: LoggerProvider | undefined
  readonly metrics: Metrics | undefined
}

export function createProviders(
  config: Config,
  resource: Resource,
  sinks: Sinks,
  watchTracer?: WatchTracer,
): Providers {
  const { signals, options } = config
  const make = <T>(signal: Signal, isOn: boolean, create: () => T): T | undefined =>
    isOn ? orElse(`the provider of ${signal}`, create, undefined) : undefined
  const metrics = make('metrics', signals.metrics, () => startMetrics(config, resource, sinks))
  const meterProvider = metrics?.meterProvider
  const fates = options.keep && options.logs?.ofDroppedTraces === 'drop' ? createFates() : undefined
  const isOwn = signals.traces && !options.tracerProvider
  const tracing = { meterProvider, watchTracer, fates }
  const tracerProvider = make('traces', isOwn, () => startTraces(config, resource, sinks, tracing))
  const loggerProvider = make('logs', signals.logs, () => startLogs(config, resource, sinks, fates))
  return { tracerProvider, meterProvider, loggerProvider, metrics }
}

function startMetrics(config: Config, resource: Resource, { metricExporter, mask }: Sinks): Metrics {
  return createMetrics({
    resource,
    intervalMillis: config.metricIntervalMillis,
    timeoutMillis: config.metricTimeoutMillis,
    views: config.options.views ?? [],
    metricReaders: config.options.metricReaders ?? [],
    delivery: metricExporter,
    printsPretty: prints(config, 'metrics'),
    mask,
    prometheus: config.extraExporters.metrics.includes('prometheus') ? (config.scrape ?? {}) : undefined,
    exemplarFilter: config.exemplarFilter,
    env: config.env,
  })
}

interface Tracing {
  readonly meterProvider: MeterProvider | undefined
  readonly watchTracer: WatchTracer | undefined
  readonly fates: Fates | undefined
}

function startTraces(
  config: Config,
  resource: Resource,
  { spanProcessor, mask }: Sinks,
  { meterProvider, watchTracer, fates }: Tracing,
): OwnTracerProvider {
  const { options, sampler } = config
  return createTracerProvider({
    resource,
    sampler: createConfiguredSampler(sampler, options.sampling),
    trustsSampler: !('shouldSample' in sampler),
    limits: config.spanLimits,
    idGenerator: config.idGenerator === 'xray' ? createXrayIds() : config.idGenerator,
    spanProcessors: [
      ...(options.spanProcessors ?? []).map(isolate),
      ...orElse('checks of development', () => checkSpans(config), []),
      ...orElse('the report of open spans', () => reportLiveSpans(config, resource), []),
      ...orElse('the profiler', () => profile(config, resource), []),
      ...(config.isChecked ? orElse('the lines of calls', noteCallSites, []) : []),
    ],
    delivery: spanProcessor,
    baggageKeys: options.baggageKeys ?? [],
    printsPretty: prints(config, 'traces'),
    mask,
    selfMetrics: meterProvider,
    watchTracer,
    keep: options.keep,
    weighs: tellsWeights(sampler, options.sampling),
    fates,
    spanMetrics:
      meterProvider && options.spanMetrics
        ? { provider: meterProvider, options: options.spanMetrics === true ? {} : options.spanMetrics }
        : undefined,
  })
}

/** Time-based ids of AWS X-Ray. */
function createXrayIds(): IdGenerator {
  return loadLazily<typeof import('./traces/xray-ids.ts')>('xray-ids').createXrayIdGenerator()
}

function startLogs(
  config: Config,
  resource: Resource,
  { logRecordProcessor, mask }: Sinks,
  fates: Fates | undefined,
): LoggerProvider {
  const { options } = config
  const provider = createLoggerProvider({
    resource,
    limits: config.logRecordLimits,
    minSeverity: config.minLogSeverity,
    severities: config.logSeverities,
    dropsUnsampled: options.logs?.ofDroppedTraces === 'drop',
    fates,
    setsSpanStatus: options.logs?.spanStatus === true,
    logRecordProcessors: (options.logRecordProcessors ?? []).map(isolate),
    delivery: logRecordProcessor,
    baggageKeys: options.baggageKeys ?? [],
    printsPretty: prints(config, 'logs'),
    mask,
  })
  const keys = options.logs?.keys
  guardLoggerProvider(provider, (name, logger) => mendRecords(name, logger, keys))
  return provider
}

function prints({ options, extraExporters }: Config, signal: Signal): boolean {
  return options.prettyPrint === true || extraExporters[signal].includes('console')
}

function checkSpans({ developmentChecks, spanLimits }: Config): SpanProcessor[] {
  if (!developmentChecks) return []
  return [loadLazily<typeof import('./checks/processor.ts')>('development-checks').createCheckProcessor(spanLimits)]
}

/** What is still open is shown by the viewer on this machine, and by no other back end. */
function reportLiveSpans({ localViewer: viewer, isChecked }: Config, resource: Resource): SpanProcessor[] {
  if (!viewer) return []
  const { createLiveSpanProcessor } = loadLazily<typeof import('./traces/live-spans.ts')>('live-spans')
  const headers = { 'uptrace-dsn': viewer.original }
  return [createLiveSpanProcessor({ url: viewer.siteUrl, headers, resource, ...(isChecked ? { openMillis: 50 } : {}) })]
}

/** Of the main thread, for the viewer on this machine. */
function profile({ localViewer: viewer, isProfiled }: Config, resource: Resource): SpanProcessor[] {
  if (!viewer || !isProfiled || !threads().isMainThread) return []
  const { createProfiler } = loadLazily<typeof import('./profiles/profiler.ts')>('profiler')
  return [createProfiler({ url: viewer.siteUrl, headers: { 'uptrace-dsn': viewer.original }, resource })]
}

function noteCallSites(): SpanProcessor[] {
  const { createCallSiteProcessor } = loadLazily<typeof import('./traces/call-sites.ts')>('call-sites')
  return [createCallSiteProcessor({ isOwn: (file) => file.startsWith(ownFolder()) })]
}
