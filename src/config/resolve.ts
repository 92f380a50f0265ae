/** Merges options, environment and defaults, once, into one frozen Config. */
import type { SeverityNumber } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import type { DiagnosticLogger, LogLevel } from '../log.ts'
import { log } from '../log.ts'
import type { Destination, Signal } from './destination.ts'
import { type FindLocalViewer, resolveDestinations } from './destinations.ts'
import { CLOUD_SITE_URL, type Dsn } from './dsn.ts'
import { type Environment, type EnvironmentReader, readEnvironment } from './environment.ts'
import type {
  BatchOptions,
  ConfigureOptions,
  HistogramAggregation,
  PropagatorName,
  SamplerName,
  SeverityName,
  TemporalityPreference,
} from './options.ts'

const SAMPLER_NAMES: readonly SamplerName[] = [
  'always_on', 'always_off', 'traceidratio', 'rate_limited', 'consistent_probability',
  'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio', 'parentbased_rate_limited', 'parentbased_consistent_probability',
] // biome-ignore format: two lines read better
/** Samplers the specification names which this package does not have. */
const UNAVAILABLE_SAMPLERS = ['jaeger_remote', 'parentbased_jaeger_remote', 'xray']
const PROPAGATOR_NAMES: readonly PropagatorName[] = [
  'tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none',
] // biome-ignore format: two lines read better
const SEVERITY: Record<SeverityName, SeverityNumber> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }
const TEMPORALITIES = ['cumulative', 'delta', 'lowmemory'] as const
const AGGREGATIONS = ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'] as const
const LOG_LEVELS: Record<string, LogLevel> = {
  none: 'none',
  error: 'error',
  warn: 'warn',
  info: 'info',
  debug: 'debug',
  verbose: 'debug',
  all: 'debug',
}
const DETECTORS = ['env', 'host', 'os', 'process', 'serviceinstance', 'container', 'all', 'none'] as const

export type DetectorName = (typeof DETECTORS)[number]

/** Exporters beside OTLP that `OTEL_{TRACES,METRICS,LOGS}_EXPORTER` names. */
export type ExtraExporter = 'console' | 'zipkin' | 'prometheus'

/** Everything that configuration decides; frozen. */
export interface Config {
  readonly options: Readonly<ConfigureOptions>
  /** Why telemetry is off, as one line; `undefined` when it is on. */
  readonly disabledReason: string | undefined
  readonly signals: Readonly<Record<Signal, boolean>>
  readonly dsns: readonly Dsn[]
  readonly destinations: readonly Destination[]
  /** The viewer on this machine, when telemetry goes there. */
  readonly localViewer: Dsn | undefined
  readonly siteUrl: string
  readonly extraExporters: Readonly<Record<Signal, readonly ExtraExporter[]>>
  readonly propagators: readonly PropagatorName[]
  readonly detectors: readonly DetectorName[]
  readonly sampler: { readonly name: SamplerName; readonly arg: number | undefined } | Sampler
  readonly spanLimits: SpanLimitValues
  readonly logRecordLimits: {
    readonly attributeCountLimit: number | undefined
    readonly attributeValueLengthLimit: number | undefined
  }
  readonly spanBatch: Required<BatchOptions>
  readonly logBatch: Required<BatchOptions>
  readonly metricIntervalMillis: number
  readonly metricTimeoutMillis: number
  readonly temporalityPreference: TemporalityPreference
  readonly histogramAggregation: HistogramAggregation
  readonly minLogSeverity: SeverityNumber
  readonly delivery: {
    readonly bufferLimitBytes: number
    readonly exitFlush: boolean
    readonly exitTimeoutMillis: number
    readonly captureUncaught: boolean
    readonly spoolDirectory: string | undefined
    readonly spoolLimitBytes: number
    readonly spoolMaxAgeMillis: number
  }
  readonly shutdownTimeoutMillis: number
  readonly env: Environment
}

export interface SpanLimitValues {
  readonly attributeCountLimit: number | undefined
  readonly attributeValueLengthLimit: number | undefined
  readonly eventCountLimit: number | undefined
  readonly linkCountLimit: number | undefined
  readonly attributePerEventCountLimit: number | undefined
  readonly attributePerLinkCountLimit: number | undefined
}

/** The level and target of this package's own lines: decided first, since resolving the rest may warn. */
export function resolveLog(
  options: ConfigureOptions,
  env: Environment,
): { level: LogLevel | undefined; logger: DiagnosticLogger | undefined } {
  const named = env.OTEL_LOG_LEVEL?.trim().toLowerCase()
  return { level: options.logLevel ?? (named ? LOG_LEVELS[named] : undefined), logger: options.logger }
}

/** Resolves checked options; a wrong environment variable warns and falls back. */
export function resolveConfig(
  options: ConfigureOptions,
  environment: Environment,
  findLocalViewer: FindLocalViewer = () => ({ refused: 'there is no local viewer here' }),
): Config {
  const env = readEnvironment(environment)
  const isDisabled = options.disabled ?? (isSet(environment.UPTRACE_DISABLED) || env.flag('OTEL_SDK_DISABLED') === true)
  const resolved = isDisabled
    ? { dsns: [], destinations: [], isFromCode: false, localViewer: undefined, problem: undefined }
    : resolveDestinations(options, env, findLocalViewer)
  const exporters = {
    traces: readExporters('traces', env),
    metrics: readExporters('metrics', env),
    logs: readExporters('logs', env),
  }
  const extraExporters = {
    traces: extrasOf(exporters.traces),
    metrics: extrasOf(exporters.metrics),
    logs: extrasOf(exporters.logs),
  }
  const asked = {
    traces: isAsked(exporters.traces, options.tracingEnabled, options.tracingDisabled),
    metrics: isAsked(exporters.metrics, options.metricsEnabled, options.metricsDisabled),
    logs: isAsked(exporters.logs, options.loggingEnabled, options.loggingDisabled),
  }
  const destinations = resolved.destinations.filter(
    ({ signal }) => asked[signal] && (resolved.isFromCode || (exporters[signal]?.includes('otlp') ?? true)),
  )
  const hasSink = (signal: Signal, own: readonly unknown[] | undefined): boolean =>
    destinations.some((destination) => destination.signal === signal) ||
    options.prettyPrint === true ||
    extraExporters[signal].length > 0 ||
    (own?.length ?? 0) > 0
  const signals = {
    traces: asked.traces && (hasSink('traces', options.spanProcessors) || options.tracerProvider !== undefined),
    metrics: asked.metrics && hasSink('metrics', options.metricReaders),
    logs: asked.logs && hasSink('logs', options.logRecordProcessors),
  }
  const isOn = !isDisabled && (signals.traces || signals.metrics || signals.logs)
  if (isOn && resolved.problem !== undefined && destinations.length === 0 && !namesOtherSink(options, extraExporters))
    log.warn(`${resolved.problem}; nothing is sent`)
  const interval = options.metricExportIntervalMillis ?? env.integer('OTEL_METRIC_EXPORT_INTERVAL', 1) ?? 15_000
  const timeout = options.metricExportTimeoutMillis ?? env.integer('OTEL_METRIC_EXPORT_TIMEOUT', 1) ?? interval

  return Object.freeze<Config>({
    options: Object.freeze({ ...options }),
    disabledReason: isOn ? undefined : disabledReason(isDisabled, asked, resolved.problem),
    signals: isOn ? signals : { traces: false, metrics: false, logs: false },
    dsns: resolved.dsns,
    destinations,
    localViewer: resolved.localViewer,
    siteUrl: (options.siteUrl ?? readSiteUrl(env) ?? resolved.dsns[0]?.siteUrl ?? CLOUD_SITE_URL).replace(/\/+$/, ''),
    extraExporters,
    propagators: readPropagators(env),
    detectors: readDetectors(env),
    sampler: resolveSampler(options, env),
    spanLimits: resolveSpanLimits(options, env),
    logRecordLimits: {
      attributeCountLimit:
        options.logRecordLimits?.attributeCountLimit ??
        env.integer('OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', 0) ??
        env.integer('OTEL_ATTRIBUTE_COUNT_LIMIT', 0),
      attributeValueLengthLimit:
        options.logRecordLimits?.attributeValueLengthLimit ??
        env.integer('OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0) ??
        env.integer('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0),
    },
    spanBatch: resolveBatch(options.batchSpanProcessor, env, 'OTEL_BSP', 5_000),
    logBatch: resolveBatch(options.batchLogRecordProcessor, env, 'OTEL_BLRP', 1_000),
    metricIntervalMillis: interval,
    metricTimeoutMillis: Math.min(timeout, interval),
    temporalityPreference:
      options.temporalityPreference ??
      env.oneOf('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', TEMPORALITIES) ??
      'delta',
    histogramAggregation:
      options.histogramAggregation ??
      env.oneOf('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION', AGGREGATIONS) ??
      'explicit_bucket_histogram',
    minLogSeverity:
      typeof options.minLogSeverity === 'string' ? SEVERITY[options.minLogSeverity] : (options.minLogSeverity ?? 0),
    delivery: {
      bufferLimitBytes: options.bufferLimitBytes ?? env.integer('UPTRACE_BUFFER_LIMIT', 1) ?? 16 * 1024 * 1024,
      exitFlush: options.exitFlush ?? env.flag('UPTRACE_EXIT_FLUSH') ?? true,
      exitTimeoutMillis: options.exitTimeoutMillis ?? env.integer('UPTRACE_EXIT_TIMEOUT', 0) ?? 2_000,
      captureUncaught: options.captureUncaught ?? env.flag('UPTRACE_CAPTURE_UNCAUGHT') ?? true,
      spoolDirectory: options.spoolDirectory ?? env.text('UPTRACE_SPOOL_DIRECTORY'),
      spoolLimitBytes: options.spoolLimitBytes ?? env.integer('UPTRACE_SPOOL_LIMIT', 1) ?? 64 * 1024 * 1024,
      spoolMaxAgeMillis: options.spoolMaxAgeMillis ?? env.integer('UPTRACE_SPOOL_MAX_AGE', 1) ?? 24 * 60 * 60 * 1000,
    },
    shutdownTimeoutMillis: options.shutdownTimeoutMillis ?? env.integer('UPTRACE_SHUTDOWN_TIMEOUT', 0) ?? 5_000,
    env: environment,
  })
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', 'false', '0'].includes(value.trim().toLowerCase())
}

/** Whoever names another place for telemetry need not be told that there is no DSN. */
function namesOtherSink(options: ConfigureOptions, extraExporters: Config['extraExporters']): boolean {
  if (options.dsn !== undefined) return false
  const own =
    options.prettyPrint ||
    options.spanProcessors ||
    options.metricReaders ||
    options.logRecordProcessors ||
    options.tracerProvider
  return Boolean(own) || Object.values(extraExporters).some((names) => names.length > 0)
}

function disabledReason(isDisabled: boolean, asked: Record<Signal, boolean>, problem: string | undefined): string {
  if (isDisabled) return 'disabled by the disabled option, UPTRACE_DISABLED or OTEL_SDK_DISABLED'
  if (!asked.traces && !asked.metrics && !asked.logs) return 'tracing, metrics and logging are all turned off'
  return problem ?? 'no exporter is left for any signal'
}

function isAsked(
  exporters: readonly string[] | undefined,
  enabled: boolean | undefined,
  disabled: boolean | undefined,
): boolean {
  return enabled ?? (disabled === undefined ? !exporters?.includes('none') : !disabled)
}

function extrasOf(exporters: readonly string[] | undefined): ExtraExporter[] {
  return (['console', 'zipkin', 'prometheus'] as const).filter((name) => exporters?.includes(name))
}

/** The known names of `OTEL_<SIGNAL>_EXPORTER`; `undefined` when it is unset or holds no known one. */
function readExporters(signal: Signal, env: EnvironmentReader): string[] | undefined {
  const variable = `OTEL_${signal.toUpperCase()}_EXPORTER`
  const extra = { traces: ['zipkin'], metrics: ['prometheus'], logs: [] }[signal]
  const known = ['otlp', 'console', 'none', ...extra]
  const usable = env.list(variable)?.filter((name) => {
    const isKnown = known.includes(name.toLowerCase())
    if (!isKnown) log.warn(`${variable} names ${name}, which is none of ${known.join(', ')}; it is ignored`)
    return isKnown
  })
  return usable?.length ? usable.map((name) => name.toLowerCase()) : undefined
}

function readSiteUrl(env: EnvironmentReader): string | undefined {
  const url = env.text('UPTRACE_SITE_URL')
  if (url === undefined || (/^https?:\/\//i.test(url) && URL.canParse(url))) return url
  log.warn('UPTRACE_SITE_URL is not an http or https URL; it is ignored')
  return undefined
}

function readPropagators(env: EnvironmentReader): PropagatorName[] {
  const names = env.list('OTEL_PROPAGATORS')?.map((name) => name.toLowerCase())
  if (names === undefined) return ['tracecontext', 'baggage']
  const usable = [...new Set(names)].filter((name): name is PropagatorName => {
    const isKnown = PROPAGATOR_NAMES.some((known) => known === name)
    if (!isKnown)
      log.warn(`OTEL_PROPAGATORS names ${name}, which is none of ${PROPAGATOR_NAMES.join(', ')}; it is ignored`)
    return isKnown
  })
  if (usable.includes('none')) return []
  return usable.length > 0 ? usable : ['tracecontext', 'baggage']
}

function readDetectors(env: EnvironmentReader): DetectorName[] {
  const names = env.list('OTEL_NODE_RESOURCE_DETECTORS')?.map((name) => name.toLowerCase())
  if (names === undefined) return ['all']
  return names.filter((name): name is DetectorName => {
    const isKnown = DETECTORS.some((known) => known === name)
    if (!isKnown)
      log.warn(`OTEL_NODE_RESOURCE_DETECTORS names ${name}, which is none of ${DETECTORS.join(', ')}; it is ignored`)
    return isKnown
  })
}

function resolveSampler(options: ConfigureOptions, env: EnvironmentReader): Config['sampler'] {
  const given = options.sampler ?? options.traceSampler
  if (typeof given === 'object') return given
  const fromEnv = env.text('OTEL_TRACES_SAMPLER')?.toLowerCase()
  if (given === undefined && fromEnv !== undefined && UNAVAILABLE_SAMPLERS.includes(fromEnv)) {
    log.warn(`OTEL_TRACES_SAMPLER=${fromEnv} is not available in this package; parentbased_always_on is used`)
    return { name: 'parentbased_always_on', arg: undefined }
  }
  const name = given ?? env.oneOf('OTEL_TRACES_SAMPLER', SAMPLER_NAMES) ?? 'parentbased_always_on'
  const isRatio = name.endsWith('traceidratio') || name.endsWith('consistent_probability')
  const isRate = name.endsWith('rate_limited')
  const maximum = isRatio ? 1 : Number.MAX_VALUE
  const arg = options.samplerArg ?? (isRatio || isRate ? env.number('OTEL_TRACES_SAMPLER_ARG', 0, maximum) : undefined)
  return { name, arg }
}

function resolveSpanLimits({ spanLimits }: ConfigureOptions, env: EnvironmentReader): SpanLimitValues {
  return {
    attributeCountLimit:
      spanLimits?.attributeCountLimit ??
      env.integer('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 0) ??
      env.integer('OTEL_ATTRIBUTE_COUNT_LIMIT', 0),
    attributeValueLengthLimit:
      spanLimits?.attributeValueLengthLimit ??
      env.integer('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0) ??
      env.integer('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 0),
    eventCountLimit: spanLimits?.eventCountLimit ?? env.integer('OTEL_SPAN_EVENT_COUNT_LIMIT', 0),
    linkCountLimit: spanLimits?.linkCountLimit ?? env.integer('OTEL_SPAN_LINK_COUNT_LIMIT', 0),
    attributePerEventCountLimit:
      spanLimits?.attributePerEventCountLimit ?? env.integer('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 0),
    attributePerLinkCountLimit:
      spanLimits?.attributePerLinkCountLimit ?? env.integer('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 0),
  }
}

function resolveBatch(
  batch: BatchOptions | undefined,
  env: EnvironmentReader,
  prefix: string,
  delayMillis: number,
): Required<BatchOptions> {
  const maxQueueSize = batch?.maxQueueSize ?? env.integer(`${prefix}_MAX_QUEUE_SIZE`, 1) ?? 16_384
  const maxExportBatchSize = batch?.maxExportBatchSize ?? env.integer(`${prefix}_MAX_EXPORT_BATCH_SIZE`, 1) ?? 1_000
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(maxExportBatchSize, maxQueueSize),
    scheduledDelayMillis: batch?.scheduledDelayMillis ?? env.integer(`${prefix}_SCHEDULE_DELAY`, 0) ?? delayMillis,
    exportTimeoutMillis: batch?.exportTimeoutMillis ?? env.integer(`${prefix}_EXPORT_TIMEOUT`, 0) ?? 30_000,
  }
}
