/** Types of options that are more than a number or a text. */

type RootSamplerName = 'always_on' | 'always_off' | 'traceidratio' | 'rate_limited' | 'consistent_probability'
/** Names that `OTEL_TRACES_SAMPLER` knows, and `rate_limited` and `consistent_probability`, which are ours. */
export type SamplerName = RootSamplerName | `parentbased_${RootSamplerName}`

export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | 'xray' | 'ottrace' | 'none'
export type TemporalityPreference = 'cumulative' | 'delta' | 'lowmemory'
export type HistogramAggregation = 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
export type SeverityName = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR' | 'FATAL'

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

/** Which ids a log line carries, and whether lines are sent as log records. Read by the pino instrumentation. */
export interface LogCorrelationOptions {
  /** Adds the ids of the active span to each line. @default true — env `UPTRACE_LOG_CORRELATION` */
  correlation?: boolean
  /** Sends each line as a log record too. @default true — env `UPTRACE_LOG_SENDING` */
  sending?: boolean
  /** Names of the fields. `parentSpanId` is added only when it is named. @default trace_id, span_id, trace_flags — env `UPTRACE_LOG_KEYS` */
  keys?: { traceId?: string; spanId?: string; traceFlags?: string; parentSpanId?: string }
}
