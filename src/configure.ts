/** The composition root: joins configuration, providers, delivery and instrumentation into one handle. */
import {
  type Context,
  type ContextManager,
  type DiagLogger,
  DiagLogLevel,
  diag,
  type LoggerProvider,
  type MeterProvider,
  type Span,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, Span as SdkSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { FindLocalViewer } from './config/destinations.ts'
import type { Dsn } from './config/dsn.ts'
import type { ConfigureOptions } from './config/options.ts'
import { type Config, resolveConfig, resolveLog } from './config/resolve.ts'
import { validateOptions } from './config/validate.ts'
import { setGlobalPropagator } from './context/global-propagator.ts'
import { createPropagator } from './context/propagators.ts'
import {
  createDelivery,
  type Delivery,
  type DeliveryHealth,
  guardLoggerProvider,
  guardMeterProvider,
} from './delivery/index.ts'
import {
  type InstrumentationDiagnostics,
  type InstrumentationHandle,
  startInstrumentation,
} from './instrument/index.ts'
import { loadLazily } from './lazy.ts'
import { configureLog, log, logThrottled } from './log.ts'
import {
  claimGlobals,
  emptyGlobals,
  fillGlobals,
  globalLoggerProvider,
  globalMeterProvider,
} from './signals/globals.ts'
import { createLoggerProvider } from './signals/logs/provider.ts'
import { createMetrics } from './signals/metrics/provider.ts'
import { recordPanic } from './signals/report.ts'
import { createResource } from './signals/resource.ts'
import { createTracerProvider } from './signals/traces/provider.ts'
import { createConfiguredSampler } from './signals/traces/samplers.ts'
import { traceUrlOf } from './trace-url.ts'
import { isNodeSupported } from './version.ts'

/** Limits on `forceFlush` and `shutdown`. */
export interface FlushOptions {
  /** How long it may take, in milliseconds. @default the option `shutdownTimeoutMillis` */
  timeoutMillis?: number
}

/** What `configureOpentelemetry` returns. */
export interface Telemetry {
  /** `false` when nothing is recorded: disabled, or no usable DSN. Every method then still works and does nothing. */
  readonly enabled: boolean
  readonly tracerProvider: TracerProvider
  readonly meterProvider: MeterProvider
  readonly loggerProvider: LoggerProvider
  /** The address of a span's trace in the web interface; empty where it cannot be looked at. Never throws. */
  traceUrl(span?: Span): string
  /** Sends what was recorded so far; resolves after the back end's answer or the deadline. Never rejects. */
  forceFlush(options?: FlushOptions): Promise<void>
  /** Sends what is left, then stops. Idempotent, never rejects; `configureOpentelemetry` may be called again afterwards. */
  shutdown(options?: FlushOptions): Promise<void>
  /** Counts of what was created, delivered and dropped, by signal and reason. */
  health(): DeliveryHealth | undefined
  /** What is instrumented, and what could not be. */
  diagnostics(): InstrumentationDiagnostics | undefined
}

// tracers, meters and loggers taken between the import of this package and configure must work later
claimGlobals()

let active: Telemetry | undefined
/** What the preload has configured. */
let preloaded: Telemetry | undefined
/** Where spans of a tracer provider of the user's own go. */
let activeSpanProcessor: SpanProcessor | undefined

/**
 * Turns on traces, metrics and logs. Works at once: a span started on the next line is recorded.
 *
 * A second call warns and returns the first handle. Without a usable DSN it says so in one line and the handle is disabled.
 * @throws {ConfigError} when an option is unknown (`ERR_OPTION_UNKNOWN`), of the wrong type (`ERR_OPTION_TYPE`) or out of range (`ERR_OPTION_RANGE`)
 * @example
 * import { configureOpentelemetry } from 'uptrace-node'
 * configureOpentelemetry({ dsn: 'https://<token>@api.uptrace.dev', serviceName: 'myservice', serviceVersion: '1.0.0' })
 */
export function configureOpentelemetry(options: ConfigureOptions = {}): Telemetry {
  validateOptions(options)
  if (active && active === preloaded) {
    if (Object.keys(options).length === 0) return active
    // what code says wins over what the preload found in the environment
    void active.shutdown()
    emptyGlobals()
  } else if (active) {
    log.warn(
      'configureOpentelemetry was called again; the first configuration stays (call shutdown() first to replace it)',
    )
    return active
  }
  configureLog(resolveLog(options, process.env))
  warnAboutOldNode()
  const config = resolveConfig(options, process.env, findLocalViewer)
  installDiagLogger()
  const ownPropagator = options.textMapPropagator ?? options.propagator
  setGlobalPropagator(ownPropagator ?? createPropagator(config.propagators), ownPropagator !== undefined)
  if (config.disabledReason === undefined) {
    active = start(config)
  } else {
    if (options.disabled || !config.disabledReason.startsWith('disabled by'))
      log.warn(`${config.disabledReason}; telemetry is disabled`)
    // without a context manager, code that reads the active span would fail only where telemetry is off
    fillGlobals({
      tracerProvider: undefined,
      meterProvider: undefined,
      loggerProvider: undefined,
      contextManager: createContextManager(options),
    })
    active = createDisabled(config)
  }
  return active
}

/** For the door of `--import`: a later call of `configureOpentelemetry` with options takes its place. */
export function configureFromPreload(options: ConfigureOptions = {}): Telemetry {
  preloaded = configureOpentelemetry(options)
  return preloaded
}

function findLocalViewer(): ReturnType<FindLocalViewer> {
  const { findOrStartViewerSync } = loadLazily<typeof import('./viewer/process/locate.ts')>('local-viewer')
  return findOrStartViewerSync()
}

/** As the handle's `traceUrl`, for the active configuration. Empty before there is one. */
export function traceUrl(span?: Span): string {
  return active ? active.traceUrl(span) : ''
}

/** As the handle's `forceFlush`, for the active configuration. */
export async function forceFlush(options?: FlushOptions): Promise<void> {
  await active?.forceFlush(options)
}

/** As the handle's `shutdown`, for the active configuration. */
export async function shutdown(options?: FlushOptions): Promise<void> {
  await active?.shutdown(options)
}

/**
 * Records an error that ends the work at hand on the active span, sets the span's status to Error, and sends everything at once.
 * @example
 * process.on('uncaughtException', (error) => void reportPanic(error).finally(() => process.exit(1)))
 */
export async function reportPanic(error: unknown): Promise<void> {
  recordPanic(error)
  await forceFlush()
}

/**
 * A span processor for a tracer provider of your own: it hands spans to the active configuration.
 * @example
 * const tracerProvider = new TracerProvider({ spanProcessors: [createSpanProcessor()] })
 * configureOpentelemetry({ tracerProvider })
 */
export function createSpanProcessor(): SpanProcessor {
  return {
    onStart: (span: SdkSpan, parent: Context) => activeSpanProcessor?.onStart(span, parent),
    onEnd: (span: ReadableSpan) => activeSpanProcessor?.onEnd(span),
    forceFlush: () => activeSpanProcessor?.forceFlush() ?? Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

function start(config: Config): Telemetry {
  const { options, signals } = config
  const resource = createResource({
    resource: options.resource,
    serviceName: options.serviceName,
    serviceVersion: options.serviceVersion,
    deploymentEnvironment: options.deploymentEnvironment,
    resourceAttributes: options.resourceAttributes,
    resourceDetectors: options.resourceDetectors,
    detectors: config.detectors,
    environmentFromNodeEnv: options.environmentFromNodeEnv,
    env: config.env,
  })
  const sampler = createConfiguredSampler(config.sampler, options.sampling)
  const baggageKeys = options.baggageKeys ?? []
  const delivery = createDelivery({
    ...config.delivery,
    destinations: config.destinations,
    spanBatch: config.spanBatch,
    logBatch: config.logBatch,
    temporalityPreference: config.temporalityPreference,
    histogramAggregation: config.histogramAggregation,
    resource,
  })
  const prints = (signal: 'traces' | 'metrics' | 'logs'): boolean =>
    options.prettyPrint === true || config.extraExporters[signal].includes('console')

  const metrics = signals.metrics
    ? createMetrics({
        resource,
        intervalMillis: config.metricIntervalMillis,
        timeoutMillis: config.metricTimeoutMillis,
        views: options.views ?? [],
        metricReaders: options.metricReaders ?? [],
        delivery: delivery.metricExporter,
        printsPretty: prints('metrics'),
        servesPrometheus: config.extraExporters.metrics.includes('prometheus'),
        env: config.env,
      })
    : undefined
  const meterProvider = metrics?.meterProvider
  if (meterProvider) {
    guardMeterProvider(meterProvider)
    delivery.setMeterProvider(meterProvider)
  }
  const ownTracerProvider =
    signals.traces && !options.tracerProvider
      ? createTracerProvider({
          resource,
          sampler,
          trustsSampler: !('shouldSample' in config.sampler),
          limits: config.spanLimits,
          idGenerator: options.idGenerator,
          spanProcessors: [...(options.spanProcessors ?? []), ...reportLiveSpans(config.localViewer, resource)],
          delivery: delivery.spanProcessor,
          baggageKeys,
          printsPretty: prints('traces'),
          sendsZipkin: config.extraExporters.traces.includes('zipkin'),
          selfMetrics: meterProvider,
        })
      : undefined
  const loggerProvider = signals.logs
    ? createLoggerProvider({
        resource,
        limits: config.logRecordLimits,
        minSeverity: config.minLogSeverity,
        logRecordProcessors: options.logRecordProcessors ?? [],
        delivery: delivery.logRecordProcessor,
        baggageKeys,
        printsPretty: prints('logs'),
      })
    : undefined
  if (loggerProvider) guardLoggerProvider(loggerProvider)
  activeSpanProcessor = delivery.spanProcessor
  warnAboutForeign(
    fillGlobals({
      tracerProvider: ownTracerProvider,
      meterProvider,
      loggerProvider,
      contextManager: createContextManager(options),
    }),
  )

  const tracerProvider = options.tracerProvider ?? ownTracerProvider ?? trace.getTracerProvider()
  const instrumentation = startInstrumentation({
    instrumentations: options.instrumentations,
    env: config.env,
    tracing: signals.traces,
    tracerProvider,
    meterProvider: meterProvider ?? globalMeterProvider,
    loggerProvider: loggerProvider ?? globalLoggerProvider,
    durationMetrics: metrics?.durationMetrics,
    ignoreUrls: options.ignoreUrls,
    ownUrls: config.destinations.map(({ url }) => url),
    logs: options.logs,
    runtimeMetrics: options.runtimeMetrics ?? true,
    responseHeaders: options.responseHeaders ?? [],
    sqlComments: options.sqlComments ?? false,
    connectionPhases: options.connectionPhases ?? false,
  })
  return createTelemetry(config, { tracerProvider, meterProvider, loggerProvider, delivery, instrumentation })
}

/** What is still open is shown by the viewer on this machine, and by no other back end. */
function reportLiveSpans(viewer: Dsn | undefined, resource: Resource): SpanProcessor[] {
  if (!viewer) return []
  const { createLiveSpanProcessor } = loadLazily<typeof import('./signals/traces/live-spans.ts')>('live-spans')
  return [createLiveSpanProcessor({ url: viewer.siteUrl, headers: { 'uptrace-dsn': viewer.original }, resource })]
}

function createContextManager({
  contextManager = new AsyncLocalStorageContextManager(),
}: ConfigureOptions): ContextManager {
  return contextManager.enable()
}

interface Parts {
  readonly tracerProvider: TracerProvider & Partial<Flushable>
  readonly meterProvider: (MeterProvider & Flushable) | undefined
  readonly loggerProvider: (LoggerProvider & Flushable) | undefined
  readonly delivery: Delivery
  readonly instrumentation: InstrumentationHandle
}

interface Flushable {
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

function createTelemetry(config: Config, parts: Parts): Telemetry {
  const { tracerProvider, meterProvider, loggerProvider, delivery, instrumentation } = parts
  const flushables: Array<Partial<Flushable> | undefined> = [tracerProvider, meterProvider, loggerProvider]
  const all = (method: keyof Flushable, timeoutMillis: number): Promise<unknown> =>
    Promise.allSettled(flushables.map(async (provider) => provider?.[method]?.({ timeoutMillis })))
  let ending: Promise<void> | undefined
  const telemetry: Telemetry = {
    enabled: true,
    tracerProvider,
    meterProvider: meterProvider ?? globalMeterProvider,
    loggerProvider: loggerProvider ?? globalLoggerProvider,
    traceUrl: (span) => traceUrlOf(config.siteUrl, span),
    async forceFlush({ timeoutMillis = config.shutdownTimeoutMillis } = {}) {
      await within(timeoutMillis, 'forceFlush', async () => {
        await all('forceFlush', timeoutMillis)
        await delivery.forceFlush({ timeoutMillis })
      })
    },
    shutdown({ timeoutMillis = config.shutdownTimeoutMillis } = {}) {
      ending ??= end(timeoutMillis)
      return ending
    },
    health: () => delivery.health(),
    diagnostics: () => instrumentation.diagnostics(),
  }
  return telemetry

  async function end(timeoutMillis: number): Promise<void> {
    await within(timeoutMillis, 'shutdown', async () => {
      instrumentation.stop()
      await all('shutdown', timeoutMillis)
      await delivery.shutdown({ timeoutMillis })
    })
    if (active === telemetry) {
      active = undefined
      activeSpanProcessor = undefined
      emptyGlobals()
    }
  }
}

function createDisabled(config: Config): Telemetry {
  const telemetry: Telemetry = {
    enabled: false,
    tracerProvider: trace.getTracerProvider(),
    meterProvider: globalMeterProvider,
    loggerProvider: globalLoggerProvider,
    traceUrl: (span) => traceUrlOf(config.siteUrl, span),
    forceFlush: () => Promise.resolve(),
    shutdown() {
      if (active === telemetry) {
        active = undefined
        emptyGlobals()
      }
      return Promise.resolve()
    },
    health: () => undefined,
    diagnostics: () => undefined,
  }
  return telemetry
}

function warnAboutOldNode(): void {
  if (!isNodeSupported()) {
    log.warn(
      `Node.js ${process.versions.node} is older than the oldest supported version, 22.15; some imports may not be traced`,
    )
  }
}

function warnAboutForeign(names: readonly string[]): void {
  if (names.length === 0) return
  log.warn(
    `another OpenTelemetry SDK, or another version of @opentelemetry/api, has already registered its ${names.join(', ')}; what goes through it is not sent by this package (configure only one SDK; find the copies with: npm ls @opentelemetry/api)`,
  )
}

/** The SDK reports its errors to `diag`, which is silent by default. A logger of the user's own is left in place. */
function installDiagLogger(): void {
  const globals = globalThis as { [key: symbol]: { diag?: unknown } | undefined }
  if (globals[Symbol.for('opentelemetry.js.api.1')]?.diag) return
  const say =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (message: string, ...details: unknown[]) => {
      const text = [
        message,
        ...details.map((detail) => (detail instanceof Error ? detail.message : String(detail))),
      ].join(' ')
      logThrottled(level, text, text)
    }
  const logger: DiagLogger = {
    error: say('error'),
    warn: say('warn'),
    info: say('info'),
    debug: say('debug'),
    verbose: say('debug'),
  }
  diag.setLogger(logger, {
    logLevel: process.env.OTEL_LOG_LEVEL ? DiagLogLevel.ALL : DiagLogLevel.ERROR,
    suppressOverrideMessage: true,
  })
}

/** Delivery keeps the deadline and counts what it gives up; only what hangs beyond it, such as a processor of the user's, is cut off here. */
const GRACE_MILLIS = 500

/** Runs an ending step with a deadline; a failure or a missed deadline is a line, never a rejection. */
async function within(timeoutMillis: number, what: string, run: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMillis + GRACE_MILLIS)
  })
  try {
    if ((await Promise.race([run(), deadline])) === 'late')
      log.warn(`${what} did not finish within ${timeoutMillis} ms`)
  } catch (error) {
    log.warn(`${what} failed: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    clearTimeout(timer)
  }
}
