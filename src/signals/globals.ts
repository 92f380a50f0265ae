/** The global providers of the OpenTelemetry API: ours stand there from the import of this package on, and are filled by configure. */
import {
  type ContextManager,
  context,
  type LoggerProvider,
  logs,
  type MeterProvider,
  metrics,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { releaseGlobalPropagator } from '../context/global-propagator.ts'
import { log } from '../log.ts'
import { createDeferredLoggerProvider } from './logs/deferred-logger.ts'
import { createDeferredMeterProvider } from './metrics/deferred-meter.ts'
import { createDeferredTracerProvider } from './traces/deferred-tracer.ts'

/** What fills the globals. A signal that is off has no provider. */
export interface GlobalProviders {
  readonly tracerProvider?: TracerProvider | undefined
  readonly meterProvider?: MeterProvider | undefined
  readonly loggerProvider?: LoggerProvider | undefined
  readonly contextManager: ContextManager
}

const tracers = createDeferredTracerProvider()
const meters = createDeferredMeterProvider()
const loggers = createDeferredLoggerProvider()
/** The context manager that we have registered; unlike the providers it has no deferred form. */
let ownContextManager: ContextManager | undefined

export const globalTracerProvider: TracerProvider = tracers
export const globalMeterProvider: MeterProvider = meters
export const globalLoggerProvider: LoggerProvider = loggers

/**
 * Puts our providers in the global places that are still free. All copies of the API, ESM and CommonJS, share these places but nothing else, and
 * what they hand out asks our providers each time: so a tracer, a meter or a logger works whenever and wherever it was taken.
 */
export function claimGlobals(): void {
  if (readGlobal('trace') === undefined) trace.setGlobalTracerProvider(tracers)
  if (readGlobal('metrics') === undefined) metrics.setGlobalMeterProvider(meters)
  if (readGlobal('logs') === undefined) logs.setGlobalLoggerProvider(loggers)
  bridgeOldLogsApi()
}

/** False where `globalThis` takes nothing: the API finds no provider then. */
export const areGlobalsClaimed = (): boolean => readGlobal('trace') !== undefined

/** Whether our provider stands in this global place. */
export const isOwnGlobal = (name: 'trace' | 'logs'): boolean =>
  name === 'trace' ? isOurs(trace.getTracerProvider()) : logs.getLoggerProvider() === loggers

/** Fills the globals in place of what filled them before; says which of them another SDK holds. */
export function fillGlobals(providers: GlobalProviders): void {
  claimGlobals()
  tracers.setDelegate(providers.tracerProvider)
  meters.setDelegate(providers.meterProvider)
  loggers.setDelegate(providers.loggerProvider)
  const isForeign: Record<string, boolean> = {
    'context manager': !setGlobalContextManager(providers.contextManager),
    'tracer provider': providers.tracerProvider !== undefined && !isOwnGlobal('trace'),
    'meter provider': providers.meterProvider !== undefined && metrics.getMeterProvider() !== meters,
    'logger provider': providers.loggerProvider !== undefined && !isOwnGlobal('logs'),
  }
  warnOfForeign(Object.keys(isForeign).filter((name) => isForeign[name]))
}

function warnOfForeign(names: readonly string[]): void {
  if (names.length === 0 || !areGlobalsClaimed()) return
  log.warn(
    `another OpenTelemetry SDK, or another version of @opentelemetry/api, has already registered its ${names.join(', ')}; what goes through it is not sent by this package (configure only one SDK; find the copies with: npm ls @opentelemetry/api)`,
  )
}

/** Empties the globals; our providers stay in their places, so that what was handed out works again after the next configure. */
export function emptyGlobals(): void {
  tracers.setDelegate(undefined)
  meters.setDelegate(undefined)
  loggers.setDelegate(undefined)
  removeContextManager()
  releaseGlobalPropagator()
}

/** A manager that stays is left as it is: work under way keeps its context. */
function setGlobalContextManager(manager: ContextManager): boolean {
  const current = readGlobal('context')
  if (current === manager) return true
  if (current !== undefined && current !== ownContextManager) return false
  removeContextManager()
  if (!context.setGlobalContextManager(manager)) return false
  ownContextManager = manager
  return true
}

function removeContextManager(): void {
  if (ownContextManager !== undefined && readGlobal('context') === ownContextManager) context.disable()
  ownContextManager = undefined
}

/** The API wraps the tracer provider which is set, so ours is found one level deeper. */
function isOurs(current: TracerProvider): boolean {
  const proxy = current as { getDelegate?(): unknown }
  return (current as unknown) === tracers || proxy.getDelegate?.() === tracers
}

function readGlobal(name: 'trace' | 'metrics' | 'logs' | 'context'): unknown {
  const globals = globalThis as { [key: symbol]: Record<string, unknown> | undefined }
  return globals[Symbol.for('opentelemetry.js.api.1')]?.[name]
}

/** Libraries on the older @opentelemetry/api-logs look for a provider under another name; they get ours. */
function bridgeOldLogsApi(): void {
  const globals = globalThis as { [key: symbol]: unknown }
  globals[Symbol.for('io.opentelemetry.js.api.logs')] ??= () => logs.getLoggerProvider()
}
