/**
 * The options of `configureOpentelemetry`: every one is optional, typed, and falls back to the environment and then to a default. One file, since readers
 * and editors look for them in one place.
 */
import type { Attributes, ContextManager, SeverityNumber, TextMapPropagator, TracerProvider } from '@opentelemetry/api'
import type { Resource, ResourceDetector } from '@opentelemetry/resources'
import type { LogRecordLimits, LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { IMetricReader, ViewOptions } from '@opentelemetry/sdk-metrics'
import type { IdGenerator, Sampler, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { InstrumentationsOption } from '../instrument/options.ts'
import type { DiagnosticLogger, LogLevel } from '../log.ts'
import type { BackendChoice } from './backends/definition.ts'
import type { DeliveryOptions } from './delivery-options.ts'
import type { Compression, OtlpProtocol, TlsOptions } from './destination.ts'
import type { KeepOptions } from './keep-options.ts'
import type {
  BatchOptions,
  EventLoopBlocksOptions,
  ExemplarFilterName,
  HistogramAggregation,
  LogCorrelationOptions,
  SamplerName,
  SeverityName,
  TemporalityPreference,
} from './option-types.ts'
import type { RedactionOptions } from './redaction-options.ts'
import type { SamplingRule } from './sampling-rules.ts'
import type { SpanMetricsOptions } from './span-metrics-options.ts'

export type {
  BatchOptions,
  EventLoopBlocksOptions,
  ExemplarFilterName,
  HistogramAggregation,
  LogCorrelationOptions,
  PropagatorName,
  SamplerName,
  SeverityName,
  TemporalityPreference,
} from './option-types.ts'

/** Options of `configureOpentelemetry`. An option wins over the environment, the environment over the default. */
export interface ConfigureOptions {
  /**
   * Where telemetry goes: `https://<token>@host`. Several are sent to all; the first makes trace URLs. `local` is the viewer on this machine,
   * which is started if need be; never with `NODE_ENV=production`, in CI or in a test runner.
   * @default env `UPTRACE_DSN`, then `OTEL_EXPORTER_OTLP_ENDPOINT`; without either telemetry is disabled
   * @throws {ConfigError} `ERR_OPTION_TYPE` when not a string or a list of strings. A DSN that cannot be used disables telemetry with one line
   */
  dsn?: string | readonly string[]
  /**
   * Which back ends telemetry goes to, by name: one, or a list to send to all. Each name is a row of the table in docs/back-ends.md, which knows
   * endpoint, protocol, signals, propagators and the addresses of traces; `jaeger://host:4318` and an object name another endpoint. The other
   * options of this part (`dsn`, `endpoint`, `headers`, …) are those of a back end that is named alone.
   * @default the one that `dsn` or `endpoint` names — env `UPTRACE_BACKEND`
   * @throws {ConfigError} `ERR_OPTION_TYPE` when nobody has that name
   * @example
   * configureOpentelemetry({ backend: ['uptrace', { name: 'jaeger', endpoint: 'http://jaeger:4318', siteUrl: 'https://jaeger.example' }] })
   */
  backend?: BackendChoice | readonly BackendChoice[]
  /**
   * Base URL of an OTLP back end without a DSN, such as a Collector: `http://localhost:4318`.
   * @default env `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_{TRACES,METRICS,LOGS}_ENDPOINT`
   * @throws {ConfigError} `ERR_OPTION_TYPE` when not a URL
   * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
   */
  endpoint?: string
  /** Headers of every export request. @default env `OTEL_EXPORTER_OTLP_HEADERS` where no DSN is given */
  headers?: Readonly<Record<string, string>>
  /** How requests are written and sent. @default 'http/protobuf' — env `OTEL_EXPORTER_OTLP_PROTOCOL` */
  protocol?: OtlpProtocol
  /**
   * How bodies are compressed; `zstd` only where the back end is known to read it.
   * @default `'gzip'`; to this machine (`localhost`, `127.0.0.1`, `::1`) only what has to wait is compressed — env `OTEL_EXPORTER_OTLP_COMPRESSION`
   */
  compression?: Compression
  /**
   * Deadline of one attempt to send, in milliseconds; 0 means none.
   * @default 10_000 — env `OTEL_EXPORTER_OTLP_TIMEOUT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
   */
  timeoutMillis?: number
  /** TLS material. @default env `OTEL_EXPORTER_OTLP_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CLIENT_KEY` */
  tls?: TlsOptions
  /**
   * Base of trace URLs, where the web interface has another address than the ingestion, or an address with `{traceId}` and `{spanId}` in it.
   * @default the DSN's; without a DSN `traceUrl` gives an empty string — env `UPTRACE_SITE_URL`
   */
  siteUrl?: string
  /** Turns everything off but the propagators. @default false — env `UPTRACE_DISABLED`, `OTEL_SDK_DISABLED` */
  disabled?: boolean

  /** `service.name`. @default env `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, then the name in the nearest package.json */
  serviceName?: string
  /** `service.version`. @default env `OTEL_RESOURCE_ATTRIBUTES`, then the version in the nearest package.json */
  serviceVersion?: string
  /** `deployment.environment.name`, e.g. `production`. */
  deploymentEnvironment?: string
  /** Takes `deployment.environment.name` from `NODE_ENV` where nothing else names it. @default false — env `UPTRACE_NODE_ENV` */
  environmentFromNodeEnv?: boolean
  /** Further attributes of this process. They win over detected ones and over `OTEL_RESOURCE_ATTRIBUTES`. */
  resourceAttributes?: Attributes
  /** Detectors that run after the built-in ones. */
  resourceDetectors?: readonly ResourceDetector[]
  /** Replaces the whole resource: service options, attributes and detectors are then ignored, with a warning. */
  resource?: Resource

  /** Whether spans are recorded. @default true — env `OTEL_TRACES_EXPORTER=none` turns it off */
  tracingEnabled?: boolean
  /** The opposite of `tracingEnabled`, as in uptrace-go. */
  tracingDisabled?: boolean
  /**
   * Which traces are recorded: a sampler, or a name.
   * @default 'parentbased_always_on' — env `OTEL_TRACES_SAMPLER`
   * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling
   */
  sampler?: Sampler | SamplerName
  /** Alias of `sampler`, the name uptrace-go has. */
  traceSampler?: Sampler | SamplerName
  /** The ratio (0 to 1) or rate (spans per second) of a sampler given by name. @default env `OTEL_TRACES_SAMPLER_ARG` */
  samplerArg?: number
  /**
   * Which share of traces is recorded, by rules on their first span. The first rule that matches decides; without one it is `sampler`.
   * A span with a parent follows the parent.
   * @throws {ConfigError} `ERR_OPTION_TYPE` when a rule has an unknown condition, or a ratio that is not from 0 to 1
   * @example
   * configureOpentelemetry({ sampling: [{ route: '/health', ratio: 0 }, { name: 'GET /x*', ratio: 0.1 }, { attributes: { tenant: 'big' }, ratio: 0.01 }] })
   */
  sampling?: readonly SamplingRule[]
  /**
   * Which traces are kept, decided when their local root has ended; what `sampler` leaves out is not seen here. The environment gives what code
   * leaves out.
   * @default all
   */
  keep?: KeepOptions
  /**
   * Calls, errors and durations of spans as metrics: of local roots, of calls to others and of names of yours. They count what `sampler` and `keep` leave
   * out as well, for which such spans are recorded, and not sent.
   * @default false — env `UPTRACE_SPAN_METRICS`
   */
  spanMetrics?: boolean | SpanMetricsOptions
  /**
   * Says once what is wrong with spans: never ended, ids in names, attributes lost by limits, a lost context. Costs a stack for each span.
   * @default true under `uptrace-node dev` where `NODE_ENV` is not production, else false — env `UPTRACE_DEVELOPMENT_CHECKS`
   */
  developmentChecks?: boolean
  /** Processors that run before ours. */
  spanProcessors?: readonly SpanProcessor[]
  /** Limits on what a span may hold. @default env `OTEL_SPAN_*_LIMIT`, `OTEL_ATTRIBUTE_*_LIMIT`, then 128 of each */
  spanLimits?: SpanLimits
  /** What makes the ids of traces and spans. @default random ids, with the W3C random flag */
  idGenerator?: IdGenerator
  /** Batches of spans. */
  batchSpanProcessor?: BatchOptions
  /** Prints each span, log record and batch of metrics on stdout as well; enough by itself to turn telemetry on. @default false */
  prettyPrint?: boolean
  /** A tracer provider of your own. It is used in place of ours and not made global. */
  tracerProvider?: TracerProvider

  /** How context travels between services. @default W3C trace context and baggage — env `OTEL_PROPAGATORS` */
  textMapPropagator?: TextMapPropagator
  /** Alias of `textMapPropagator`. */
  propagator?: TextMapPropagator
  /** What carries the active span through asynchronous code. @default AsyncLocalStorage */
  contextManager?: ContextManager
  /** Baggage entries which are copied to spans and log records as attributes. None unless named: baggage comes from callers. @default env `UPTRACE_BAGGAGE_KEYS` */
  baggageKeys?: readonly string[]

  /** Whether metrics are collected. @default true — env `OTEL_METRICS_EXPORTER=none` turns it off */
  metricsEnabled?: boolean
  /** The opposite of `metricsEnabled`. */
  metricsDisabled?: boolean
  /**
   * How often metrics are sent, in milliseconds.
   * @default 15_000 — env `OTEL_METRIC_EXPORT_INTERVAL`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number above 0
   */
  metricExportIntervalMillis?: number
  /**
   * How long collecting and sending metrics may take, in milliseconds; at most the interval.
   * @default the interval — env `OTEL_METRIC_EXPORT_TIMEOUT`
   * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number above 0
   */
  metricExportTimeoutMillis?: number
  /** Further readers. */
  metricReaders?: readonly IMetricReader[]
  /** Views: rename, drop or reshape instruments. */
  views?: readonly ViewOptions[]
  /** Whether sums and histograms tell of the last interval or of all time; `lowmemory` is delta where that needs less memory. @default 'delta' — env `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` */
  temporalityPreference?: TemporalityPreference
  /** The buckets of histograms for which no view says otherwise. @default 'explicit_bucket_histogram' — env `OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION` */
  histogramAggregation?: HistogramAggregation
  /** Which measurements may become exemplars, which lead from a metric to a trace. @default 'trace_based' — env `OTEL_METRICS_EXEMPLAR_FILTER` */
  exemplarFilter?: ExemplarFilterName
  /** Event loop, heap and garbage collection metrics. @default true — env `UPTRACE_RUNTIME_METRICS` */
  runtimeMetrics?: boolean

  /** Whether log records are sent. @default true — env `OTEL_LOGS_EXPORTER=none` turns it off */
  loggingEnabled?: boolean
  /** The opposite of `loggingEnabled`. */
  loggingDisabled?: boolean
  /** Log records below this severity are dropped. @default none — env `UPTRACE_MIN_LOG_SEVERITY` */
  minLogSeverity?: SeverityNumber | SeverityName
  /** Processors that run before ours. */
  logRecordProcessors?: readonly LogRecordProcessor[]
  /** Limits on what a log record may hold. @default env `OTEL_LOGRECORD_ATTRIBUTE_*_LIMIT`, `OTEL_ATTRIBUTE_*_LIMIT`, then 128 */
  logRecordLimits?: LogRecordLimits
  /** Batches of log records. */
  batchLogRecordProcessor?: BatchOptions
  /** Ids in pino lines and the sending of them. */
  logs?: LogCorrelationOptions

  /**
   * What is masked before anything is sent; `false` sends all as it is. Secrets by their names and looks, and literals in SQL, are masked by default:
   * see docs/privacy.md.
   * @default on — env `UPTRACE_REDACTION`, `UPTRACE_REDACT_KEYS`, `UPTRACE_REDACT_SQL`
   * @example
   * configureOpentelemetry({ redaction: { keys: ['iban'], values: [/\bACME-\d+\b/], sql: 'off' } })
   */
  redaction?: boolean | RedactionOptions

  /** What is instrumented: `{ fs: {}, pg: false, http: { … } }`, or a list of instrumentations to add. */
  instrumentations?: InstrumentationsOption
  /**
   * Requests that are never traced. A string is a path, or a prefix when it ends in `*`.
   * @default /health, /healthz, /livez, /readyz, /metrics, /favicon.ico — env `UPTRACE_IGNORE_URLS`
   */
  ignoreUrls?: ReadonlyArray<string | RegExp>
  /** Tells callers the trace of their request, in these headers of the response. @default none — env `UPTRACE_RESPONSE_HEADERS` */
  responseHeaders?: ReadonlyArray<'traceresponse' | 'server-timing' | 'trace-id'>
  /** Adds `traceparent` as a comment to SQL statements of pg and mysql2, and so of knex and ORMs on them. @default false — env `UPTRACE_SQL_COMMENTS` */
  sqlComments?: boolean
  /**
   * Puts the phases of a connection on http and fetch client spans, as the events `http.dns`, `http.connect`, `http.tls` and
   * `http.first_byte`, each with its `duration_ms`. @default false — env `UPTRACE_CONNECTION_PHASES`
   */
  connectionPhases?: boolean

  /** Tells where the event loop was blocked, and in which span. @default off — env `UPTRACE_EVENT_LOOP_BLOCKS` */
  eventLoopBlocks?: EventLoopBlocksOptions
  /** Records uncaught exceptions and unhandled rejections before the process ends. @default true — env `UPTRACE_CAPTURE_UNCAUGHT` */
  captureUncaught?: boolean

  /** What waits in memory and on disk while the back end cannot be reached, and how long an end may take. */
  delivery?: DeliveryOptions

  /** Which of this package's own lines are shown. @default 'warn' — env `OTEL_LOG_LEVEL` */
  logLevel?: LogLevel
  /** Where this package's own lines go. @default stderr */
  logger?: DiagnosticLogger
}
