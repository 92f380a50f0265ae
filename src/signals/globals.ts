/** The global providers of the OpenTelemetry API: ours stand there from the import of this package on, and are filled by configure. */
import {
  type ContextManager,
  context,
  type LoggerProvider,
  logs,
  type MeterProvider,
  metrics,
  ProxyTracerProvider,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { releaseGlobalPropagator } from '../context/global-propagator.ts'
import { createDeferredLoggerProvider } from './logs/deferred-logger.ts'
import { createDeferredMeterProvider } from './metrics/deferred-meter.ts'

/** What fills the globals. A signal that is off has no provider. */
export interface GlobalProviders {
  readonly tracerProvider: TracerProvider | undefined
  readonly meterProvider: MeterProvider | undefined
  readonly loggerProvider: LoggerProvider | undefined
  readonly contextManager: ContextManager
}

const tracers = new ProxyTracerProvider()
const meters = createDeferredMeterProvider()
const loggers = createDeferredLoggerProvider()

/**
 * Puts our empty providers in the global places that are still free. An ESM and a CommonJS copy of the API share these places but nothing
 * else, so this is what lets a tracer, a meter or a logger that was taken before configure work afterwards, in both.
 */
export function claimGlobals(): void {
  if (readGlobal('trace') === undefined) trace.setGlobalTracerProvider(tracers)
  if (readGlobal('metrics') === undefined) metrics.setGlobalMeterProvider(meters)
  if (readGlobal('logs') === undefined) logs.setGlobalLoggerProvider(loggers)
}

/** Fills the globals and returns the names of those another SDK holds. */
export function fillGlobals(providers: GlobalProviders): string[] {
  claimGlobals()
  tracers.setDelegate(providers.tracerProvider ?? NOTHING)
  meters.setDelegate(providers.meterProvider)
  loggers.setDelegate(providers.loggerProvider)
  bridgeOldLogsApi()
  const isForeign: Record<string, boolean> = {
    'context manager': !context.setGlobalContextManager(providers.contextManager),
    'tracer provider': providers.tracerProvider !== undefined && !isOurs(trace.getTracerProvider()),
    'meter provider': providers.meterProvider !== undefined && metrics.getMeterProvider() !== meters,
    'logger provider': providers.loggerProvider !== undefined && logs.getLoggerProvider() !== loggers,
  }
  return Object.keys(isForeign).filter((name) => isForeign[name])
}

/** Empties the globals; our providers stay in their places, so that what was handed out works again after the next configure. */
export function emptyGlobals(): void {
  tracers.setDelegate(NOTHING)
  meters.setDelegate(undefined)
  loggers.setDelegate(undefined)
  context.disable()
  releaseGlobalPropagator()
}

export const globalMeterProvider: MeterProvider = meters
export const globalLoggerProvider: LoggerProvider = loggers

/** A tracer provider without tracers: what `ProxyTracerProvider` takes for "not yet". */
const NOTHING = undefined as unknown as TracerProvider

/** The API wraps the tracer provider which is set, so ours is found one level deeper. */
function isOurs(current: TracerProvider): boolean {
  return current === tracers || (current as Partial<ProxyTracerProvider>).getDelegate?.() === tracers
}

function readGlobal(name: 'trace' | 'metrics' | 'logs'): unknown {
  const globals = globalThis as { [key: symbol]: Record<string, unknown> | undefined }
  return globals[Symbol.for('opentelemetry.js.api.1')]?.[name]
}

/** Libraries on the older @opentelemetry/api-logs look for a provider under another name; they get ours. */
function bridgeOldLogsApi(): void {
  const globals = globalThis as { [key: symbol]: unknown }
  globals[Symbol.for('io.opentelemetry.js.api.logs')] ??= () => logs.getLoggerProvider()
}
