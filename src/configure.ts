/** The composition root: joins configuration, providers, delivery and instrumentation into one handle. */
import { trace } from '@opentelemetry/api'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { ConfigureOptions } from './config/options.ts'
import { readProcessEnvironment } from './config/process-environment.ts'
import { type Config, resolveConfig, resolveLog } from './config/resolve.ts'
import type { FindLocalViewer } from './config/resolved-destinations.ts'
import { validateOptions } from './config/validate.ts'
import { releaseGlobalPropagator, setGlobalPropagator } from './context/global-propagator.ts'
import { createPropagator } from './context/propagators.ts'
import { createDelivery, noteDisabled } from './delivery/index.ts'
import { ConfigError, messageOf } from './errors.ts'
import { IDLE, startInstrumentation } from './instrument/index.ts'
import { watchFrameworkSpans } from './instrument/routes/framework-spans.ts'
import { loadLazily } from './lazy.ts'
import { configureLog, log, orElse } from './log.ts'
import { chooseContextManager } from './signals/context-manager.ts'
import {
  areGlobalsClaimed,
  claimGlobals,
  fillGlobals,
  globalLoggerProvider,
  globalMeterProvider,
} from './signals/globals.ts'
import { createProviders, type Providers } from './signals/providers.ts'
import { createResource, emptyResource } from './signals/resource.ts'
import { installDiagLogger } from './signals/sdk-log.ts'
import {
  activate,
  activeTelemetry,
  createDisabledTelemetry,
  createTelemetry,
  retire,
  type Telemetry,
} from './telemetry.ts'
import { isNodeSupported } from './version.ts'

// tracers, meters and loggers taken between the import of this package and configure must work later
orElse('early tracers, meters and loggers', claimGlobals, undefined)

/** What the preload has configured. */
let preloaded: Telemetry | undefined
/** The variables it has read: code may have taken others from a file since. */
let preloadedVariables = ''
let isPreloaded = false

/** Sees every configuration of this process, and its spans. */
export interface ConfigurationWatcher {
  readonly spanProcessor: SpanProcessor
  onConfigured(telemetry: Telemetry): void
}
let watcher: ConfigurationWatcher | undefined

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
  const present = activeTelemetry()
  if (present && present === preloaded && Object.keys(options).length === 0 && readVariables() === preloadedVariables)
    return present
  if (present && present !== preloaded) {
    log.warn(
      'configureOpentelemetry was called again; the first configuration stays (call shutdown() first to replace it)',
    )
    return present
  }
  orElse('the log', () => configureLog(resolveLog(options, readProcessEnvironment())), undefined)
  warnAboutOldNode()
  const telemetry = startOrDisable(withWatcher(options))
  watcher?.onConfigured(telemetry)
  // what code says wins over what the preload found in the environment
  if (present) void retire(present)
  return telemetry
}

/** For the door of `--import`: a later call of `configureOpentelemetry` with options takes its place, and is watched as well. */
export function configureFromPreload(watching?: ConfigurationWatcher): void {
  watcher = watching
  isPreloaded = true
  preloadedVariables = readVariables()
  preloaded = configureOpentelemetry()
}

const readVariables = (): string =>
  Object.entries(readProcessEnvironment())
    .filter(([name]) => /^(?:UPTRACE|OTEL)_/.test(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .join('\n')

/** Whether a configuration in code would count: nothing is configured yet, or only by the preload. */
export function canBeConfigured(): boolean {
  const present = activeTelemetry()
  return present === undefined || present === preloaded
}

function withWatcher(options: ConfigureOptions): ConfigureOptions {
  return watcher ? { ...options, spanProcessors: [...(options.spanProcessors ?? []), watcher.spanProcessor] } : options
}

/** Whatever fails here, the application goes on. */
function startOrDisable(options: ConfigureOptions): Telemetry {
  try {
    const config = resolveConfig(options, readProcessEnvironment(), findLocalViewer)
    orElse('the log of OpenTelemetry', installDiagLogger, undefined)
    releaseGlobalPropagator()
    setGlobalPropagator(choosePropagator(config), ownPropagatorOf(options) !== undefined)
    const reason = config.disabledReason ?? findObstacle()
    return reason === undefined ? start(config) : disable(config.siteUrl, options, reason)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    return disable('', options, `start-up failed: ${messageOf(error)}`)
  }
}

/** Where these are frozen, telemetry can neither be found by anybody nor be sent at the end. */
function findObstacle(): string | undefined {
  const frozen = Object.isFrozen(process) ? 'process' : areGlobalsClaimed() ? undefined : 'globalThis'
  return frozen && `${frozen} takes no change (freeze it after configureOpentelemetry)`
}

function start(config: Config): Telemetry {
  const { options } = config
  const resource = orElse(
    'the resource',
    () => createResource({ ...options, detectors: config.detectors, env: config.env }),
    emptyResource,
  )
  const delivery = createDelivery({ ...config, ...config.delivery, resource })
  const providers = createProviders(config, resource, delivery, watchFrameworkSpans)
  if (providers.meterProvider) delivery.setMeterProvider(providers.meterProvider)
  delivery.setProviders(
    [options.tracerProvider ?? providers.tracerProvider, providers.loggerProvider].filter((one) => one !== undefined),
  )
  const contextManager = chooseContextManager(options.contextManager)
  orElse('global tracers, meters and loggers', () => fillGlobals({ ...providers, contextManager }), undefined)
  const given = {
    tracerProvider: options.tracerProvider ?? providers.tracerProvider ?? trace.getTracerProvider(),
    meterProvider: providers.meterProvider ?? globalMeterProvider,
    loggerProvider: providers.loggerProvider ?? globalLoggerProvider,
  }
  const instrumentation = orElse('instrumentation', () => instrument(config, given, providers), IDLE)
  const refusedMeasurements = providers.metrics?.refused ?? {}
  return activate(
    createTelemetry({
      ...config,
      ...given,
      // the end of the process sends what is left, or nothing does
      unheardMillis: config.delivery.exitFlush ? 0 : config.delivery.exitTimeoutMillis,
      delivery,
      instrumentation,
      refusedMeasurements,
    }),
    delivery.spanProcessor,
  )
}

type Given = Pick<Telemetry, 'tracerProvider' | 'meterProvider' | 'loggerProvider'>

function instrument({ options, env, destinations, signals }: Config, given: Given, providers: Providers) {
  return startInstrumentation({
    ...given,
    isPreloaded,
    instrumentations: options.instrumentations,
    env,
    tracing: signals.traces,
    durationMetrics: providers.metrics?.durationMetrics,
    ignoreUrls: options.ignoreUrls,
    ownUrls: destinations.map(({ url }) => url),
    logs: options.logs,
    runtimeMetrics: options.runtimeMetrics ?? true,
    blockThresholdMillis: options.eventLoopBlocks?.thresholdMillis,
    responseHeaders: options.responseHeaders ?? [],
    sqlComments: options.sqlComments ?? false,
    connectionPhases: options.connectionPhases ?? false,
  })
}

function disable(siteUrl: string, options: ConfigureOptions, reason: string): Telemetry {
  noteDisabled(reason)
  if (options.disabled || !reason.startsWith('disabled by')) log.warn(`${reason}; telemetry is disabled`)
  // without a context manager, code that reads the active span would fail only where telemetry is off
  orElse(
    'the context manager',
    () => fillGlobals({ contextManager: chooseContextManager(options.contextManager) }),
    undefined,
  )
  const given = { meterProvider: globalMeterProvider, loggerProvider: globalLoggerProvider }
  return activate(createDisabledTelemetry({ siteUrl, tracerProvider: trace.getTracerProvider(), ...given }))
}

/** With none the place is the application's. */
function choosePropagator({ options, propagators }: Config) {
  const own = ownPropagatorOf(options)
  if (own || propagators.length === 0) return own
  return orElse('the propagator', () => createPropagator(propagators), undefined)
}

const ownPropagatorOf = ({ textMapPropagator, propagator }: ConfigureOptions) => textMapPropagator ?? propagator

const findLocalViewer: FindLocalViewer = () => {
  const { findOrStartViewerSync } = loadLazily<typeof import('./viewer/process/locate.ts')>('local-viewer')
  return findOrStartViewerSync()
}

function warnAboutOldNode(): void {
  if (isNodeSupported()) return
  log.warn(
    `Node.js ${process.versions.node} is older than the oldest supported version, 22.15; some imports may not be traced`,
  )
}
