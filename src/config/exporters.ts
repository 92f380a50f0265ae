/** Decides which signals are on and where they go, from options and `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`. */
import { log } from '../log.ts'
import { createEndpointBackend, sharedBy } from './backends/endpoint.ts'
import { BACKENDS } from './backends/table.ts'
import type { Config, ExtraExporter } from './config.ts'
import type { Destination, Signal } from './destination.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'
import type { ResolvedDestinations } from './resolved-destinations.ts'

type ResolvedSignals = Pick<Config, 'signals' | 'destinations' | 'extraExporters' | 'disabledReason'>

export function resolveSignals(
  options: ConfigureOptions,
  env: EnvironmentReader,
  resolved: ResolvedDestinations,
  isDisabled: boolean,
): ResolvedSignals {
  const exporters = {
    traces: nonEmpty(env.list('OTEL_TRACES_EXPORTER')),
    metrics: nonEmpty(env.list('OTEL_METRICS_EXPORTER')),
    logs: nonEmpty(env.list('OTEL_LOGS_EXPORTER')),
  }
  const extraExporters = {
    traces: extrasOf('traces', exporters.traces, resolved),
    metrics: extrasOf('metrics', exporters.metrics, resolved),
    logs: extrasOf('logs', exporters.logs, resolved),
  }
  const asked = {
    traces: isAsked(exporters.traces, options.tracingEnabled, options.tracingDisabled),
    metrics: isAsked(exporters.metrics, options.metricsEnabled, options.metricsDisabled),
    logs: isAsked(exporters.logs, options.loggingEnabled, options.loggingDisabled),
  }
  const destinations = resolved.destinations.filter(
    ({ signal }) => asked[signal] && (resolved.isNamed || (exporters[signal]?.includes('otlp') ?? true)),
  )
  if (asked.traces && exporters.traces?.includes('zipkin'))
    destinations.push(...zipkinBeside(destinations, options, env))
  const hasSink = sinkFinder(options, destinations, extraExporters)
  const signals = {
    traces: asked.traces && (hasSink('traces', options.spanProcessors) || options.tracerProvider !== undefined),
    metrics: asked.metrics && hasSink('metrics', options.metricReaders),
    logs: asked.logs && hasSink('logs', options.logRecordProcessors),
  }
  const isOn = !isDisabled && (signals.traces || signals.metrics || signals.logs)
  if (isOn && resolved.problem !== undefined && destinations.length === 0 && !namesOtherSink(options, extraExporters))
    log.warn(`${resolved.problem}; nothing is sent`)
  return {
    signals: isOn ? signals : { traces: false, metrics: false, logs: false },
    destinations,
    extraExporters,
    disabledReason: isOn ? undefined : disabledReason(isDisabled, asked, resolved.problem),
  }
}

/** A list of unknown names alone counts as unset. */
function nonEmpty(names: readonly string[] | undefined): readonly string[] | undefined {
  return names?.length ? names : undefined
}

function extrasOf(
  signal: Signal,
  exporters: readonly string[] | undefined,
  { isPrinted, scrape }: ResolvedDestinations,
): ExtraExporter[] {
  const asked = {
    console: isPrinted === true,
    prometheus: signal === 'metrics' && scrape !== undefined,
  }
  return (['console', 'prometheus'] as const).filter((name) => asked[name] || exporters?.includes(name))
}

/** What `OTEL_TRACES_EXPORTER=zipkin` adds, unless spans go there anyway. */
function zipkinBeside(
  destinations: readonly Destination[],
  options: ConfigureOptions,
  env: EnvironmentReader,
): readonly Destination[] {
  const context = { options: sharedBy(options), env, isAlone: false }
  const made = createEndpointBackend({ name: 'zipkin' }, BACKENDS.zipkin, context)
  if ('problem' in made) return []
  return made.destinations.filter(({ url }) => destinations.every((other) => other.url !== url))
}

function isAsked(
  exporters: readonly string[] | undefined,
  enabled: boolean | undefined,
  disabled: boolean | undefined,
): boolean {
  return enabled ?? (disabled === undefined ? !exporters?.includes('none') : !disabled)
}

function sinkFinder(
  options: ConfigureOptions,
  destinations: readonly Destination[],
  extraExporters: Config['extraExporters'],
): (signal: Signal, own: readonly unknown[] | undefined) => boolean {
  return (signal, own) =>
    destinations.some((destination) => destination.signal === signal) ||
    options.prettyPrint === true ||
    extraExporters[signal].length > 0 ||
    (own?.length ?? 0) > 0
}

/** Whoever names another place for telemetry need not be told that there is no DSN. */
function namesOtherSink(options: ConfigureOptions, extraExporters: Config['extraExporters']): boolean {
  if (options.dsn !== undefined || options.backend !== undefined) return false
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
