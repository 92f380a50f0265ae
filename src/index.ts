/** The main door: re-exports only. */

export type { BackendChoice, BackendDefinition, BackendName, BackendOptions } from './config/backends/definition.ts'
export { registerBackend } from './config/backends/registry.ts'
export type { DeliveryOptions } from './config/delivery-options.ts'
export type { Compression, OtlpProtocol, TlsOptions, WireProtocol } from './config/destination.ts'
export { Dsn, parseDsn } from './config/dsn.ts'
export type { KeepOptions } from './config/keep-options.ts'
export type {
  BatchOptions,
  ConfigureOptions,
  EventLoopBlocksOptions,
  ExemplarFilterName,
  HistogramAggregation,
  LogCorrelationOptions,
  PropagatorName,
  SamplerName,
  SeverityName,
  TemporalityPreference,
} from './config/options.ts'
export type { RedactionOptions, SqlRedaction } from './config/redaction-options.ts'
export type { SamplingRule } from './config/sampling-rules.ts'
export type { SpanMetricsOptions } from './config/span-metrics-options.ts'
export { configureOpentelemetry } from './configure.ts'
export { extractFromSqlComment } from './context/sql-comment.ts'
export type { FlushResult } from './delivery/flush-result.ts'
export { ConfigError, type ConfigErrorCode } from './errors.ts'
export type { DiagnosticLogger, LogLevel } from './log.ts'
export { reportError } from './signals/report.ts'
export { rateLimitingSampler, ratioSampler } from './signals/traces/samplers.ts'
export {
  type ActiveSpan,
  openActiveSpan,
  traced,
  type WithSpanOptions,
  withSpan,
} from './signals/traces/span-helpers.ts'
export {
  createSpanProcessor,
  type FlushOptions,
  forceFlush,
  type Health,
  reportPanic,
  shutdown,
  type Telemetry,
  traceUrl,
} from './telemetry.ts'
export { VERSION } from './version.ts'
