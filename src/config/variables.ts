/** Every environment variable: its type, limits and default, which the reader goes by, and what it sets, which docs/environment.md says. */

/** What one variable is. A number as `default` is used by the code; a text is what the documentation shows. */
export interface Variable {
  readonly type:
    | 'text'
    | 'boolean'
    | 'enum'
    | 'list'
    | 'pairs'
    | 'integer'
    | 'millis'
    | 'timeout'
    | 'number'
    | 'url'
    | 'file'
  readonly min?: number
  readonly max?: number
  readonly values?: readonly string[]
  readonly default?: number | boolean | string
  /** The option, or what else it decides. */
  readonly sets: string
}

const SAMPLERS = [
  'always_on', 'always_off', 'traceidratio', 'rate_limited', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio',
  'parentbased_rate_limited', 'consistent_probability', 'parentbased_consistent_probability',
] as const // biome-ignore format: two lines read better
const PROPAGATORS = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none'] as const
const DETECTORS = [
  'env', 'host', 'os', 'process', 'serviceinstance', 'container', 'k8s', 'aws', 'gcp', 'azure', 'vcs', 'all', 'none',
] as const // biome-ignore format: two lines read better
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const
const MEGABYTE = 1024 * 1024
const LIMIT = { type: 'integer', min: 0 } as const

// biome-ignore format: a table
export const VARIABLES = {
  OTEL_SDK_DISABLED: { type: 'boolean', default: false, sets: '`disabled`' },
  OTEL_SERVICE_NAME: { type: 'text', default: 'the name in the nearest package.json, else `unknown_service:node`', sets: '`serviceName`' },
  OTEL_RESOURCE_ATTRIBUTES: { type: 'pairs', sets: '`resourceAttributes`; a pair that cannot be read is left out, with one line' },
  OTEL_ENTITIES: { type: 'text', sets: 'attributes of the resource: `type{id=…}[description=…]@schema;…`' },
  OTEL_LOG_LEVEL: { type: 'enum', values: ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'], default: '`warn`', sets: '`logLevel`' },
  OTEL_PROPAGATORS: { type: 'list', values: PROPAGATORS, default: '`tracecontext,baggage`', sets: '`textMapPropagator`' },
  OTEL_TRACES_SAMPLER: { type: 'enum', values: SAMPLERS, default: '`parentbased_always_on`', sets: '`sampler`' },
  OTEL_TRACES_SAMPLER_ARG: { type: 'number', min: 0, default: '1; 100 spans a second', sets: '`samplerArg`: a ratio from 0 to 1, or spans a second' },
  OTEL_BSP_SCHEDULE_DELAY: { type: 'millis', default: 5_000, sets: '`batchSpanProcessor.scheduledDelayMillis`' },
  OTEL_BSP_EXPORT_TIMEOUT: { type: 'timeout', default: 30_000, sets: '`batchSpanProcessor.exportTimeoutMillis`' },
  OTEL_BSP_MAX_QUEUE_SIZE: { type: 'integer', min: 1, default: 16_384, sets: '`batchSpanProcessor.maxQueueSize`' },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: { type: 'integer', min: 1, default: 1_000, sets: '`batchSpanProcessor.maxExportBatchSize`' },
  OTEL_BLRP_SCHEDULE_DELAY: { type: 'millis', default: 1_000, sets: '`batchLogRecordProcessor.scheduledDelayMillis`' },
  OTEL_BLRP_EXPORT_TIMEOUT: { type: 'timeout', default: 30_000, sets: '`batchLogRecordProcessor.exportTimeoutMillis`' },
  OTEL_BLRP_MAX_QUEUE_SIZE: { type: 'integer', min: 1, default: 16_384, sets: '`batchLogRecordProcessor.maxQueueSize`' },
  OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: { type: 'integer', min: 1, default: 1_000, sets: '`batchLogRecordProcessor.maxExportBatchSize`' },
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: { ...LIMIT, default: 'no limit', sets: '`attributeValueLengthLimit` of spans and log records' },
  OTEL_ATTRIBUTE_COUNT_LIMIT: { ...LIMIT, default: '128', sets: '`attributeCountLimit` of spans and log records' },
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: { ...LIMIT, default: 'that of `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`', sets: '`spanLimits.attributeValueLengthLimit`' },
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: { ...LIMIT, default: 'that of `OTEL_ATTRIBUTE_COUNT_LIMIT`', sets: '`spanLimits.attributeCountLimit`' },
  OTEL_SPAN_EVENT_COUNT_LIMIT: { ...LIMIT, default: '128', sets: '`spanLimits.eventCountLimit`' },
  OTEL_SPAN_LINK_COUNT_LIMIT: { ...LIMIT, default: '128', sets: '`spanLimits.linkCountLimit`' },
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: { ...LIMIT, default: '128', sets: '`spanLimits.attributePerEventCountLimit`' },
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: { ...LIMIT, default: '128', sets: '`spanLimits.attributePerLinkCountLimit`' },
  OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: { ...LIMIT, sets: 'the older name of `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT` in OpenTelemetry JS' },
  OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: { ...LIMIT, sets: 'the older name of `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT` in OpenTelemetry JS' },
  OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: { ...LIMIT, default: 'that of `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`', sets: '`logRecordLimits.attributeValueLengthLimit`' },
  OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: { ...LIMIT, default: 'that of `OTEL_ATTRIBUTE_COUNT_LIMIT`', sets: '`logRecordLimits.attributeCountLimit`' },
  ...otlp('ENDPOINT', { type: 'url', sets: '`endpoint`: `/v1/<signal>` is appended to the general one, that of a signal is used as it is; user and password in it become Basic authorization' }),
  ...otlp('HEADERS', { type: 'pairs', sets: '`headers`, percent-decoded; not used with a DSN' }),
  ...otlp('PROTOCOL', { type: 'enum', values: PROTOCOLS, default: '`http/protobuf`', sets: '`protocol`' }),
  ...otlp('COMPRESSION', { type: 'enum', values: COMPRESSIONS, default: '`gzip`; to this machine only for what has to wait', sets: '`compression`' }),
  ...otlp('TIMEOUT', { type: 'timeout', default: '10000', sets: '`timeoutMillis` of one attempt' }),
  ...otlp('CERTIFICATE', { type: 'file', sets: '`tls.ca`' }),
  ...otlp('CLIENT_CERTIFICATE', { type: 'file', sets: '`tls.cert`' }),
  ...otlp('CLIENT_KEY', { type: 'file', sets: '`tls.key`' }),
  ...otlp('INSECURE', { type: 'boolean', default: '`false`', sets: 'http in place of https for a gRPC endpoint without a scheme' }),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: { type: 'enum', values: ['cumulative', 'delta', 'lowmemory'], default: '`delta`', sets: '`temporalityPreference`' },
  OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: { type: 'enum', values: ['explicit_bucket_histogram', 'base2_exponential_bucket_histogram'], default: '`explicit_bucket_histogram`', sets: '`histogramAggregation`' },
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: { type: 'url', default: '`http://localhost:9411/api/v2/spans`', sets: 'where `UPTRACE_BACKEND=zipkin` and `OTEL_TRACES_EXPORTER=zipkin` send to' },
  OTEL_EXPORTER_ZIPKIN_TIMEOUT: { type: 'timeout', default: 10_000, sets: '`timeoutMillis` of one attempt to send to Zipkin' },
  OTEL_EXPORTER_PROMETHEUS_HOST: { type: 'text', default: '`localhost`', sets: 'where `UPTRACE_BACKEND=prometheus` and `OTEL_METRICS_EXPORTER=prometheus` listen' },
  OTEL_EXPORTER_PROMETHEUS_PORT: { type: 'integer', min: 0, max: 65_535, default: '9464', sets: 'where `UPTRACE_BACKEND=prometheus` and `OTEL_METRICS_EXPORTER=prometheus` listen' },
  OTEL_TRACES_EXPORTER: { type: 'list', values: ['otlp', 'console', 'none', 'zipkin'], default: '`otlp`', sets: '`tracingEnabled`, `prettyPrint`' },
  OTEL_METRICS_EXPORTER: { type: 'list', values: ['otlp', 'console', 'none', 'prometheus'], default: '`otlp`', sets: '`metricsEnabled`, `prettyPrint`' },
  OTEL_LOGS_EXPORTER: { type: 'list', values: ['otlp', 'console', 'none'], default: '`otlp`', sets: '`loggingEnabled`, `prettyPrint`' },
  OTEL_METRICS_EXEMPLAR_FILTER: { type: 'enum', values: ['always_on', 'always_off', 'trace_based'], default: '`trace_based`', sets: '`exemplarFilter`' },
  OTEL_METRIC_EXPORT_INTERVAL: { type: 'millis', min: 1, default: 15_000, sets: '`metricExportIntervalMillis`' },
  OTEL_METRIC_EXPORT_TIMEOUT: { type: 'timeout', default: 'the interval, which is also the most', sets: '`metricExportTimeoutMillis`' },
  OTEL_CONFIG_FILE: { type: 'file', sets: 'the declarative configuration: all other variables of this page are then read only where the file names them' },
  OTEL_EXPERIMENTAL_CONFIG_FILE: { type: 'file', sets: 'the older name of `OTEL_CONFIG_FILE`' },
  OTEL_NODE_RESOURCE_DETECTORS: { type: 'list', values: DETECTORS, default: '`all`', sets: 'the built-in resource detectors; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` count whatever it holds' },
  OTEL_NODE_ENABLED_INSTRUMENTATIONS: { type: 'list', sets: '`instrumentations`: only these' },
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: { type: 'list', sets: '`instrumentations`: all but these' },
  OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS: { type: 'list', default: 'the nine of RFC 9110 and PATCH, QUERY', sets: 'http methods that are named in spans; others are `_OTHER`' },
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: { type: 'boolean', default: false, sets: 'prompts and answers on the spans of openai, ai and langchain' },
  UPTRACE_DSN: { type: 'text', sets: '`dsn`' },
  UPTRACE_BACKEND: { type: 'list', sets: '`backend`: names of [back ends](back-ends.md), or `name://host:port`; goes before `UPTRACE_DSN`, which is then the address of `uptrace`' },
  AWS_REGION: { type: 'text', sets: 'the region of the back end `xray`' },
  AWS_DEFAULT_REGION: { type: 'text', sets: 'the same, where `AWS_REGION` is not set' },
  UPTRACE_DISABLED: { type: 'text', sets: '`disabled`: any value but `false` and `0`' },
  UPTRACE_SITE_URL: { type: 'url', default: 'that of the DSN', sets: '`siteUrl`' },
  UPTRACE_BAGGAGE_KEYS: { type: 'list', sets: '`baggageKeys`' },
  UPTRACE_IGNORE_URLS: { type: 'list', default: '`/health,/healthz,/livez,/readyz,/metrics,/favicon.ico`', sets: '`ignoreUrls`; `/…/` is a regular expression' },
  UPTRACE_RESPONSE_HEADERS: { type: 'list', values: ['traceresponse', 'server-timing', 'trace-id'], sets: '`responseHeaders`' },
  UPTRACE_SQL_COMMENTS: { type: 'boolean', default: false, sets: '`sqlComments`' },
  UPTRACE_CONNECTION_PHASES: { type: 'boolean', default: false, sets: '`connectionPhases`' },
  UPTRACE_EVENT_LOOP_BLOCKS: { type: 'millis', min: 20, sets: '`eventLoopBlocks.thresholdMillis`' },
  UPTRACE_RUNTIME_METRICS: { type: 'boolean', default: true, sets: '`runtimeMetrics`' },
  UPTRACE_MIN_LOG_SEVERITY: { type: 'enum', values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], sets: '`minLogSeverity`' },
  UPTRACE_KEEP_ERRORS: { type: 'boolean', default: '`false`', sets: '`keep.errors`' },
  UPTRACE_KEEP_SLOWER_THAN: { type: 'millis', sets: '`keep.slowerThanMillis`' },
  UPTRACE_KEEP_RATIO: { type: 'number', min: 0, max: 1, default: '1 with `UPTRACE_KEEP_PER_SECOND`, else 0', sets: '`keep.ratio`' },
  UPTRACE_KEEP_PER_SECOND: { type: 'number', min: 0, sets: '`keep.perSecond`' },
  UPTRACE_KEEP_WAIT: { type: 'millis', min: 1, default: '30000', sets: '`keep.waitMillis`' },
  UPTRACE_KEEP_BUFFER_LIMIT: { type: 'integer', min: 1, default: '16 MiB', sets: '`keep.bufferLimitBytes`' },
  UPTRACE_SPAN_METRICS: { type: 'boolean', default: '`false`', sets: '`spanMetrics`' },
  UPTRACE_SPAN_METRICS_NAMES: { type: 'list', sets: '`spanMetrics.names`; `*` stands for any characters' },
  UPTRACE_SPAN_METRICS_DIMENSIONS: { type: 'list', sets: '`spanMetrics.dimensions`' },
  UPTRACE_LOG_CORRELATION: { type: 'boolean', default: true, sets: '`logs.correlation`' },
  UPTRACE_LOG_SENDING: { type: 'boolean', default: true, sets: '`logs.sending`' },
  UPTRACE_LOG_KEYS: { type: 'pairs', sets: '`logs.keys`: `traceId=trace.id,parentSpanId=parent_id`' },
  UPTRACE_LOG_CONSOLE: { type: 'boolean', default: false, sets: '`logs.console`' },
  UPTRACE_LOG_NEST: { type: 'boolean', default: false, sets: '`logs.nest`' },
  UPTRACE_LOG_SPAN_STATUS: { type: 'boolean', default: false, sets: '`logs.spanStatus`' },
  UPTRACE_LOG_SEVERITIES: { type: 'pairs', sets: '`logs.severity`: `uptrace-node/console=warn,my-*=error`' },
  UPTRACE_LOG_DROPPED_TRACES: { type: 'enum', values: ['keep', 'drop'], default: '`keep`', sets: '`logs.ofDroppedTraces`' },
  UPTRACE_DEVELOPMENT_CHECKS: { type: 'boolean', default: '`true` under `uptrace-node dev`, else `false`', sets: '`developmentChecks`' },
  UPTRACE_REDACTION: { type: 'boolean', default: true, sets: '`redaction`: `false` masks nothing' },
  UPTRACE_REDACT_KEYS: { type: 'list', sets: '`redaction.keys`: names of further secrets' },
  UPTRACE_REDACT_SQL: { type: 'enum', values: ['sanitized', 'raw', 'off'], default: '`sanitized`', sets: '`redaction.sql`: what becomes of literals in statements' },
  UPTRACE_NODE_ENV: { type: 'boolean', default: false, sets: '`environmentFromNodeEnv`' },
  UPTRACE_BUFFER_LIMIT: { type: 'integer', min: 1, default: 16 * MEGABYTE, sets: '`delivery.bufferLimitBytes`' },
  UPTRACE_EXIT_FLUSH: { type: 'boolean', default: true, sets: '`delivery.exitFlush`' },
  UPTRACE_EXIT_TIMEOUT: { type: 'millis', default: 2_000, sets: '`delivery.exitTimeoutMillis`' },
  UPTRACE_CAPTURE_UNCAUGHT: { type: 'boolean', default: true, sets: '`captureUncaught`' },
  UPTRACE_SPOOL_DIRECTORY: { type: 'text', sets: '`delivery.spoolDirectory`' },
  UPTRACE_SPOOL_LIMIT: { type: 'integer', min: 1, default: 64 * MEGABYTE, sets: '`delivery.spoolLimitBytes`' },
  UPTRACE_SPOOL_MAX_AGE: { type: 'millis', min: 1, max: Number.MAX_SAFE_INTEGER, default: 86_400_000, sets: '`delivery.spoolMaxAgeMillis`' },
  UPTRACE_SHUTDOWN_TIMEOUT: { type: 'millis', default: 5_000, sets: '`delivery.shutdownTimeoutMillis`' },
  UPTRACE_DEV_DSN: { type: 'text', sets: 'set by `uptrace-node dev`: goes before the `dsn` in code' },
  UPTRACE_DEV_PROFILE: { type: 'boolean', default: false, sets: 'set by `uptrace-node dev --profile`: samples what the main thread runs, for the local viewer' },
  UPTRACE_DEV_CHECK: { type: 'boolean', default: false, sets: 'set by `uptrace-node check`: spans that are open are told at once, and calls to others carry the line that made them' },
} as const satisfies Readonly<Record<string, Variable>>

export type VariableName = keyof typeof VARIABLES

/** Variables others know which have no effect here, and why. Whoever sets one is told. */
// biome-ignore format: a table
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  OTEL_SEMCONV_STABILITY_OPT_IN: 'only the stable conventions are sent, never the older ones beside them',
  OTEL_EXPORTER_ZIPKIN_PROTOCOL: 'the specification reserves it; Zipkin gets JSON of version 2',
  OTEL_EXPORTER_JAEGER_ENDPOINT: 'Jaeger takes OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_EXPORTER_JAEGER_PROTOCOL: 'Jaeger takes OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_EXPORTER_JAEGER_AGENT_HOST: 'Jaeger takes OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_EXPORTER_JAEGER_AGENT_PORT: 'Jaeger takes OTLP: set OTEL_EXPORTER_OTLP_ENDPOINT',
  OTEL_EXPORTER_JAEGER_TIMEOUT: 'Jaeger takes OTLP: set OTEL_EXPORTER_OTLP_TIMEOUT',
  OTEL_EXPORTER_OTLP_SPAN_INSECURE: 'an obsolete name: set OTEL_EXPORTER_OTLP_TRACES_INSECURE',
  OTEL_EXPORTER_OTLP_METRIC_INSECURE: 'an obsolete name: set OTEL_EXPORTER_OTLP_METRICS_INSECURE',
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'metrics about the SDK itself are always sent',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST: 'set instrumentations.http.headersToSpanAttributes in code',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE: 'set instrumentations.http.headersToSpanAttributes in code',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST: 'set instrumentations.http.headersToSpanAttributes in code',
  OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE: 'set instrumentations.http.headersToSpanAttributes in code',
}

type OtlpName<Suffix extends string> = `OTEL_EXPORTER_OTLP_${'' | 'TRACES_' | 'METRICS_' | 'LOGS_'}${Suffix}`

/** The general variable and that of each signal, which goes before it. */
function otlp<const Suffix extends string, const Row extends Variable>(
  suffix: Suffix,
  row: Row,
): Record<OtlpName<Suffix>, Row> {
  const infixes = ['', 'TRACES_', 'METRICS_', 'LOGS_']
  return Object.fromEntries(infixes.map((infix) => [`OTEL_EXPORTER_OTLP_${infix}${suffix}`, row])) as Record<
    OtlpName<Suffix>,
    Row
  >
}
