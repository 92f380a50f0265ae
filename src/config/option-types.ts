/** Types of options that are more than a number or a text. */
import type { SeverityNumber } from '@opentelemetry/api'

type RootSamplerName = 'always_on' | 'always_off' | 'traceidratio' | 'rate_limited' | 'consistent_probability'
/** Names that `OTEL_TRACES_SAMPLER` knows, and `rate_limited` and `consistent_probability`, which are ours. */
export type SamplerName = RootSamplerName | `parentbased_${RootSamplerName}`

export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | 'xray' | 'ottrace' | 'none'
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory'
/**
 * Names that `OTEL_METRICS_EXEMPLAR_FILTER` knows: measurements in sampled spans, all, or none.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarfilter
 */
export type ExemplarFilterName = 'trace_based' | 'always_on' | 'always_off'
export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
export type SeverityName = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL'

/**
 * A block of the event loop becomes a log record and an event on the active span, with file and line, and a value of the metric
 * `nodejs.eventloop.block.duration`. A worker takes the stack through Node's inspector; only the main thread is watched.
 */
export interface EventLoopBlocksOptions {
  /**
   * How long the loop may be blocked, in milliseconds.
   * @throws {ConfigError} `ERR_OPTION_RANGE` when below 20
   */
  thresholdMillis: number
}

/** How spans or log records are gathered before they are sent. */
export interface BatchOptions {
  /**
   * How many items may wait to be encoded. A longer queue is encoded early, not dropped.
   * @default 16_384 — env `OTEL_BSP_MAX_QUEUE_SIZE`, `OTEL_BLRP_MAX_QUEUE_SIZE`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a whole number above 0
   */
  maxQueueSize?: number
  /**
   * How many items one request holds at most.
   * @default 1_000 — env `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`, `OTEL_BLRP_MAX_EXPORT_BATCH_SIZE`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a whole number above 0
   */
  maxExportBatchSize?: number
  /**
   * How long a batch may wait before it is sent, in milliseconds.
   * @default 5_000 for spans, 1_000 for logs, 100 for both to the local viewer — env `OTEL_BSP_SCHEDULE_DELAY`, `OTEL_BLRP_SCHEDULE_DELAY`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
   * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor
   */
  scheduledDelayMillis?: number
  /**
   * How long `forceFlush` waits for the acknowledgement, in milliseconds; 0 means without limit.
   * @default 30_000 — env `OTEL_BSP_EXPORT_TIMEOUT`, `OTEL_BLRP_EXPORT_TIMEOUT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
   */
  exportTimeoutMillis?: number
}

/** Which ids a log line carries, which lines are sent as log records, and what records do to spans. */
export interface LogCorrelationOptions {
  /** Adds the ids of the active span to each line. @default true — env `UPTRACE_LOG_CORRELATION` */
  correlation?: boolean
  /** Sends each line as a log record too. @default true — env `UPTRACE_LOG_SENDING` */
  sending?: boolean
  /** Names of the fields. `parentSpanId` is added only when it is named. @default trace_id, span_id, trace_flags — env `UPTRACE_LOG_KEYS` */
  keys?: { traceId?: string; spanId?: string; traceFlags?: string; parentSpanId?: string }
  /**
   * Sends what is written with `console.log`, `info`, `warn`, `error`, `debug` and `trace` as log records; the output stays as it is. From Node 22.15.
   * @default false — env `UPTRACE_LOG_CONSOLE`
   */
  console?: boolean
  /** Sends what the logger of NestJS prints as log records. @default false — env `UPTRACE_LOG_NEST` */
  nest?: boolean
  /**
   * Sets the status of the active span to Error for each record of severity ERROR and above, with the message of the record, as otelzap does.
   * @default false — env `UPTRACE_LOG_SPAN_STATUS`
   */
  spanStatus?: boolean
  /**
   * The least severity of loggers by name, before `minLogSeverity`; `*` stands for any characters, and the first name that fits counts. Those of this
   * package are `uptrace-node/pino`, `uptrace-node/console` and `uptrace-node/nest`.
   * @default none — env `UPTRACE_LOG_SEVERITIES`
   * @example
   * configureOpentelemetry({ logs: { console: true, severity: { 'uptrace-node/console': 'WARN' } } })
   */
  severity?: Readonly<Record<string, SeverityNumber | SeverityName>>
  /**
   * What becomes of log records whose trace `sampler` or `keep` leaves out. With `drop` and `keep`, records wait for the end of their trace.
   * @default 'keep' — env `UPTRACE_LOG_DROPPED_TRACES`
   */
  ofDroppedTraces?: 'keep' | 'drop'
}
