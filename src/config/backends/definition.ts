/** What a back end is: a row of the table, the argument of `registerBackend`, and what the `backend` option names. */
import type { IdGenerator } from '@opentelemetry/sdk-trace'
import type { Compression, OtlpProtocol, Signal, TlsOptions, WireProtocol } from '../destination.ts'
import type { PropagatorName } from '../option-types.ts'

/**
 * A kind of back end, as `registerBackend` takes it. Whatever is left out is as for a plain OTLP back end.
 * @see https://opentelemetry.io/docs/specs/otlp/
 */
export interface BackendDefinition {
  /** Base URL where nothing else names one; `{region}` in it is filled in. @default 'http://localhost:4318' */
  readonly endpoint?: string
  /** How it is spoken to. @default that of the `protocol` option or of `OTEL_EXPORTER_OTLP_PROTOCOL`: one of OTLP's three */
  readonly protocol?: WireProtocol
  /** What is appended to the base URL where it has no path of its own. @default '/v1/traces', '/v1/metrics', '/v1/logs' */
  readonly paths?: Readonly<Partial<Record<Signal, string>>>
  /** Headers of every request: an object, or a function that is called when telemetry is configured. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>)
  /** What it takes; the other signals are not sent there. @default ['traces', 'metrics', 'logs'] */
  readonly signals?: readonly Signal[]
  /** How trace context travels, where `OTEL_PROPAGATORS` and the `propagator` option say nothing. @default ['tracecontext', 'baggage'] */
  readonly propagators?: readonly PropagatorName[]
  /** Makes ids where the `idGenerator` option says nothing; `'xray'` are ids that begin with the time. @default random ids */
  readonly idGenerator?: IdGenerator | 'xray'
  /** Where its web interface is; the endpoint is that of the back end in use. Without an answer there are no trace URLs. */
  readonly siteUrl?: string | ((endpoint: URL) => string | undefined)
  /**
   * The address of a trace: `{site}`, `{traceId}`, `{spanId}`, `{xrayTraceId}`, `{region}` and `{datasource}` are filled in.
   * @default '{site}/traces/{traceId}?span_id={spanId}'
   */
  readonly traceUrl?: string
  /** Signs requests by AWS Signature Version 4 for this service, e.g. `xray`. */
  readonly awsService?: string
}

/** A back end in use: a name, and where it differs from its row in the table. */
export interface BackendOptions {
  /** A name of the table, or one given to `registerBackend`. */
  readonly name: BackendName | (string & {})
  /** Of `uptrace`: its DSN. @default the `dsn` option, env `UPTRACE_DSN` */
  readonly dsn?: string
  /** Base URL. @default that of the table; docs/back-ends.md names the variable of each */
  readonly endpoint?: string
  /** Further headers of every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of those that take OTLP by several protocols. @default the `protocol` option */
  readonly protocol?: OtlpProtocol
  /** How bodies are compressed. @default the `compression` option */
  readonly compression?: Compression
  /** Deadline of one attempt, in milliseconds; 0 means none. @default the `timeoutMillis` option */
  readonly timeoutMillis?: number
  /** TLS material. @default the `tls` option */
  readonly tls?: TlsOptions
  /** Base of its web interface, or an address with `{traceId}` and `{spanId}` in it. */
  readonly siteUrl?: string
  /** Of `xray`: the AWS region. @default env `AWS_REGION`, `AWS_DEFAULT_REGION` */
  readonly region?: string
  /** Of `tempo`: the uid of the data source in Grafana. @default 'tempo' */
  readonly datasource?: string
}

/** Names of the table. */
export type BackendName =
  | 'uptrace'
  | 'otlp'
  | 'collector'
  | 'jaeger'
  | 'zipkin'
  | 'tempo'
  | 'xray'
  | 'prometheus'
  | 'console'
  | 'local'

/** What the `backend` option takes for one back end: its name, `name://host:port`, or an object. */
export type BackendChoice = BackendName | (string & {}) | BackendOptions
