/** Merges options, environment and defaults, once, into one frozen Config. */
import type { SeverityNumber } from '@opentelemetry/api'
import type { DiagnosticLogger, LogLevel } from '../log.ts'
import { log } from '../log.ts'
import type { Config, DetectorName } from './config.ts'
import { type Declared, peekDeclarative, readDeclarative } from './declarative.ts'
import { resolveDestinations } from './destinations.ts'
import { type Environment, type EnvironmentReader, readEnvironment } from './environment.ts'
import { resolveSignals } from './exporters.ts'
import { resolveBatch, resolveLogRecordLimits, resolveSpanLimits } from './limits.ts'
import { findMisspelt } from './misspelt.ts'
import { withOptIns } from './opt-ins.ts'
import type { ConfigureOptions, PropagatorName, SeverityName } from './options.ts'
import { resolveRedaction } from './redaction.ts'
import type { FindLocalViewer, ResolvedDestinations } from './resolved-destinations.ts'
import { resolveSiteUrl } from './site-url.ts'
import { NOT_APPLICABLE } from './variables.ts'

export type { Config, DetectorName, ExemplarFilter, ExtraExporter, SpanLimitValues } from './config.ts'

const SEVERITY: Record<SeverityName, SeverityNumber> = { TRACE: 1, DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }
const LOG_LEVELS: Record<string, LogLevel> = { verbose: 'debug', all: 'debug' }
/** Samplers the specification names which this package does not have. */
const UNAVAILABLE_SAMPLERS = ['jaeger_remote', 'parentbased_jaeger_remote', 'xray']
const NOWHERE: ResolvedDestinations = {
  dsns: [],
  destinations: [],
  isNamed: false,
  problem: undefined,
}

/** The level and target of this package's own lines: decided first, since resolving the rest may warn. */
export function resolveLog(
  options: ConfigureOptions,
  env: Environment,
): { level: LogLevel | undefined; logger: DiagnosticLogger | undefined } {
  const declared = peekDeclarative(env)
  const named = declared ? (declared.config?.options.logLevel ?? '') : (env.OTEL_LOG_LEVEL?.trim().toLowerCase() ?? '')
  const level = ['none', 'error', 'warn', 'info', 'debug'].find((name) => name === (LOG_LEVELS[named] ?? named))
  return { level: options.logLevel ?? (level as LogLevel | undefined), logger: options.logger }
}

/** Resolves checked options; a wrong environment variable warns and falls back. */
export function resolveConfig(
  given: ConfigureOptions,
  actual: Environment,
  findLocalViewer: FindLocalViewer = () => ({ refused: 'there is no local viewer here' }),
): Config {
  const declared = readDeclarative(actual)
  warnOfDeclared(declared)
  const environment = declared ? (declared.config?.environment ?? {}) : actual
  const env = readEnvironment(environment)
  warnOfUseless(environment, env)
  const options = withOptIns(mergeOptions(declared?.config?.options ?? {}, given), env)
  const isDisabled = options.disabled ?? (isSet(environment.UPTRACE_DISABLED) || env.flag('OTEL_SDK_DISABLED'))
  const resolved = resolveWhere()
  const isLocal = resolved.localViewer !== undefined && resolved.dsns.length === 1
  const problem = declared?.problem
  const where = {
    ...resolveSignals(options, env, resolved, isDisabled || problem !== undefined),
    ...(problem && { disabledReason: problem }),
  }
  // it may have been started just now
  const destinations = where.destinations.map((one) => (isLocal ? { ...one, isStarting: true } : one))
  const isDeveloped = env.text('UPTRACE_DEV_DSN') !== undefined && actual.NODE_ENV !== 'production'
  return Object.freeze<Config>({
    options: Object.freeze(options),
    ...where,
    destinations,
    dsns: resolved.dsns,
    localViewer: resolved.localViewer,
    isChecked: env.flag('UPTRACE_DEV_CHECK'),
    isProfiled: env.flag('UPTRACE_DEV_PROFILE'),
    siteUrl: resolveSiteUrl(options, env, where, resolved),
    idGenerator: options.idGenerator ?? resolved.idGenerator,
    scrape: resolved.scrape,
    propagators: readPropagators(env) ?? resolved.propagators ?? ['tracecontext', 'baggage'],
    detectors: readDetectors(env),
    sampler: resolveSampler(options, env),
    spanLimits: resolveSpanLimits(options, env),
    logRecordLimits: resolveLogRecordLimits(options, env),
    spanBatch: resolveBatch(options.batchSpanProcessor, env, 'OTEL_BSP', isLocal),
    logBatch: resolveBatch(options.batchLogRecordProcessor, env, 'OTEL_BLRP', isLocal),
    ...resolveMetrics(options, env),
    minLogSeverity: severityOf(options.minLogSeverity ?? 0),
    logSeverities: Object.fromEntries(
      Object.entries(options.logs?.severity ?? {}).map(([logger, severity]) => [logger, severityOf(severity)]),
    ),
    developmentChecks: options.developmentChecks ?? env.flag('UPTRACE_DEVELOPMENT_CHECKS') ?? isDeveloped,
    redaction: resolveRedaction(options.redaction, env),
    delivery: resolveDelivery(options, env),
    shutdownTimeoutMillis: options.delivery?.shutdownTimeoutMillis ?? env.number('UPTRACE_SHUTDOWN_TIMEOUT'),
    env: environment,
  })

  function resolveWhere(): ResolvedDestinations {
    if (isDisabled || declared?.problem !== undefined) return NOWHERE
    const fromFile = declared?.config?.destinations
    const isNamed = [options.backend, options.dsn, options.endpoint, env.text('UPTRACE_DEV_DSN')].some(
      (place) => place !== undefined,
    )
    if (fromFile && !isNamed) return { ...NOWHERE, destinations: fromFile }
    const found = resolveDestinations(options, env, findLocalViewer)
    const isFromCode = [given.backend, given.dsn, given.endpoint, env.text('UPTRACE_DEV_DSN')].some(
      (place) => place !== undefined,
    )
    return fromFile && !isFromCode ? { ...found, destinations: [...found.destinations, ...fromFile] } : found
  }
}

/** What code says wins; attributes and instrumentations do so one by one. */
function mergeOptions(fromFile: ConfigureOptions, given: ConfigureOptions): ConfigureOptions {
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ConfigureOptions
  const { resourceAttributes, instrumentations } = fromFile
  return {
    ...fromFile,
    ...own,
    ...(resourceAttributes && { resourceAttributes: { ...resourceAttributes, ...own.resourceAttributes } }),
    ...(instrumentations &&
      !Array.isArray(own.instrumentations) && { instrumentations: { ...instrumentations, ...own.instrumentations } }),
  }
}

function warnOfDeclared(declared: Declared | undefined): void {
  if (declared?.variable === 'OTEL_EXPERIMENTAL_CONFIG_FILE')
    log.warn('OTEL_EXPERIMENTAL_CONFIG_FILE is read as OTEL_CONFIG_FILE, its name of today')
  const ignored = declared?.config?.warnings ?? []
  if (ignored.length > 0) log.warn(`${declared!.path}: no effect here: ${ignored.join('; ')}`)
}

/** What is set and has no effect is said, so that nobody waits for one. */
function warnOfUseless(environment: Environment, env: EnvironmentReader): void {
  env.oneOf('OTEL_LOG_LEVEL')
  for (const [given, meant] of findMisspelt(environment))
    log.warn(`${given} is no variable that is known here and has no effect; is ${meant} meant?`)
  for (const [name, reason] of Object.entries(NOT_APPLICABLE)) {
    const value = environment[name]?.trim()
    // naming what is sent anyway changes nothing, and is no mistake
    if (!value || (name === 'OTEL_SEMCONV_STABILITY_OPT_IN' && /^[a-z,\s]+$/.test(value))) continue
    log.warn(`${name}${/^[\w/,-]{1,80}$/.test(value) ? `=${value}` : ''} has no effect here: ${reason}`)
  }
}

const severityOf = (given: SeverityNumber | SeverityName): SeverityNumber =>
  typeof given === 'string' ? SEVERITY[given] : given

function isSet(value: string | undefined): boolean {
  return value !== undefined && !['', 'false', '0'].includes(value.trim().toLowerCase())
}

function readPropagators(env: EnvironmentReader): PropagatorName[] | undefined {
  const names = env.list('OTEL_PROPAGATORS')
  return names?.includes('none') ? [] : names
}

function readDetectors(env: EnvironmentReader): DetectorName[] {
  return env.list('OTEL_NODE_RESOURCE_DETECTORS') ?? ['all']
}

function resolveSampler(options: ConfigureOptions, env: EnvironmentReader): Config['sampler'] {
  const given = options.sampler ?? options.traceSampler
  if (typeof given === 'object') return given
  const fromEnv = env.text('OTEL_TRACES_SAMPLER')?.toLowerCase()
  if (given === undefined && fromEnv !== undefined && UNAVAILABLE_SAMPLERS.includes(fromEnv)) {
    log.warn(`OTEL_TRACES_SAMPLER=${fromEnv} is not available in this package; parentbased_always_on is used`)
    return { name: 'parentbased_always_on', arg: undefined }
  }
  const name = given ?? env.oneOf('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on'
  const isRatio = name.endsWith('traceidratio') || name.endsWith('consistent_probability')
  const takesArg = isRatio || name.endsWith('rate_limited')
  if (!takesArg && options.samplerArg === undefined && env.text('OTEL_TRACES_SAMPLER_ARG') !== undefined)
    env.warn(
      'OTEL_TRACES_SAMPLER_ARG',
      `OTEL_TRACES_SAMPLER_ARG has no effect with the sampler ${name}; for a ratio set OTEL_TRACES_SAMPLER=parentbased_traceidratio`,
    )
  const arg = options.samplerArg ?? (takesArg ? env.number('OTEL_TRACES_SAMPLER_ARG') : undefined)
  if (!isRatio || arg === undefined || arg <= 1 || options.samplerArg !== undefined) return { name, arg }
  env.warn('OTEL_TRACES_SAMPLER_ARG', `OTEL_TRACES_SAMPLER_ARG=${arg} is not a ratio from 0 to 1; it is ignored`)
  return { name, arg: undefined }
}

function resolveMetrics(
  options: ConfigureOptions,
  env: EnvironmentReader,
): Pick<
  Config,
  'metricIntervalMillis' | 'metricTimeoutMillis' | 'temporalityPreference' | 'histogramAggregation' | 'exemplarFilter'
> {
  const interval = options.metricExportIntervalMillis ?? env.number('OTEL_METRIC_EXPORT_INTERVAL')
  // 0 is no limit; a collection that outlasts the interval would meet the next one
  const timeout = (options.metricExportTimeoutMillis ?? env.number('OTEL_METRIC_EXPORT_TIMEOUT')) || interval
  return {
    metricIntervalMillis: interval,
    metricTimeoutMillis: Math.min(timeout, interval),
    temporalityPreference:
      options.temporalityPreference ?? env.oneOf('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE') ?? 'delta',
    histogramAggregation:
      options.histogramAggregation ??
      env.oneOf('OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION') ??
      'explicit_bucket_histogram',
    exemplarFilter: options.exemplarFilter ?? env.oneOf('OTEL_METRICS_EXEMPLAR_FILTER') ?? 'trace_based',
  }
}

function resolveDelivery(options: ConfigureOptions, env: EnvironmentReader): Config['delivery'] {
  const given = options.delivery
  return {
    bufferLimitBytes: given?.bufferLimitBytes ?? env.number('UPTRACE_BUFFER_LIMIT'),
    exitFlush: given?.exitFlush ?? env.flag('UPTRACE_EXIT_FLUSH'),
    exitTimeoutMillis: given?.exitTimeoutMillis ?? env.number('UPTRACE_EXIT_TIMEOUT'),
    captureUncaught: options.captureUncaught ?? env.flag('UPTRACE_CAPTURE_UNCAUGHT'),
    spoolDirectory: given?.spoolDirectory ?? env.text('UPTRACE_SPOOL_DIRECTORY'),
    spoolLimitBytes: given?.spoolLimitBytes ?? env.number('UPTRACE_SPOOL_LIMIT'),
    spoolMaxAgeMillis: given?.spoolMaxAgeMillis ?? env.number('UPTRACE_SPOOL_MAX_AGE'),
  }
}
