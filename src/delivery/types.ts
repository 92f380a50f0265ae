/** What the composition root gives to delivery and gets from it. */
import type { Resource } from '@opentelemetry/resources'
import type { LogRecordProcessor } from '@opentelemetry/sdk-logs'
import type { MeterProvider, PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanProcessor } from '@opentelemetry/sdk-trace'
import type { Destination, Signal } from '../config/destination.ts'
import type { MaskValue, RedactionOptions } from '../config/redaction-options.ts'

/** How items are gathered into one request. */
export interface BatchOptions {
  /** Upper bound of a batch as well: items are encoded as they end, or a few of them together, so no queue of objects builds up. */
  maxQueueSize: number
  maxExportBatchSize: number
  scheduledDelayMillis: number
  /** How long `forceFlush` of the processor waits; 0 means without limit. */
  exportTimeoutMillis: number
}

export interface DeliverySettings {
  /** Several of one signal each get everything; one that fails never slows another. */
  readonly destinations: readonly Destination[]
  readonly spanBatch: BatchOptions
  readonly logBatch: BatchOptions
  /** Bytes that may wait in memory, over all signals and destinations. */
  readonly bufferLimitBytes: number
  readonly exitFlush: boolean
  readonly exitTimeoutMillis: number
  /** Records an uncaught error before the process ends. */
  readonly captureUncaught: boolean
  readonly spoolDirectory: string | undefined
  readonly spoolLimitBytes: number
  readonly spoolMaxAgeMillis: number
  readonly temporalityPreference: 'cumulative' | 'delta' | 'lowmemory'
  readonly histogramAggregation: 'explicit_bucket_histogram' | 'base2_exponential_bucket_histogram'
  readonly resource: Resource
  /** What is masked before anything is sent. @default what is a secret by its name or look */
  readonly redaction?: RedactionOptions | false
}

/** Why an item was not delivered. */
export type DropReason =
  /** The buffer was full: the oldest request made room. */
  | 'buffer_full'
  /** The back end refused the request, and asking again would not help. */
  | 'rejected'
  /** The back end took the request but not this item. */
  | 'partial_success'
  /** Larger than the back end takes, even alone. */
  | 'too_large'
  /** Could not be read: while it was encoded, or from the spool. */
  | 'unreadable'
  /** Waited in the spool for longer than `delivery.spoolMaxAgeMillis`. */
  | 'too_old'
  /** Ended after shutdown. */
  | 'after_shutdown'
  /** Still unsent when the process, or the time for shutdown, ended. */
  | 'not_in_time'

export type DropCounts = Partial<Record<DropReason, number>>

/** Counts of one destination of a signal. `created + replayed = delivered + dropped + queued` holds at any time. */
export interface DestinationHealth {
  /** Scheme, host and port. */
  readonly label: string
  readonly state: 'idle' | 'delivering' | 'failing'
  readonly delivered: number
  readonly dropped: DropCounts
  readonly queued: number
  /** Items an earlier process had left in the spool. They come on top of those created here. */
  readonly replayed: number
  /** Those of the queued items which the spool holds. */
  readonly spooled: number
  /** What went wrong last, without credentials. */
  readonly lastError: string | undefined
}

/** Counts of one signal: spans, log records or metric data points. The totals are those of its first destination. */
export interface SignalHealth extends Omit<DestinationHealth, 'label' | 'state'> {
  readonly created: number
  readonly destinations: readonly DestinationHealth[]
}

export interface DeliveryHealth {
  readonly signals: Partial<Record<Signal, SignalHealth>>
  /** Bytes that wait in memory now. */
  readonly bufferedBytes: number
  readonly bufferLimitBytes: number
  /** Files of the spool that were skipped: torn, foreign or too old. */
  readonly spoolSkipped: number
}

export interface FlushOptions {
  /** 0 means: begin to send, and do not wait. */
  timeoutMillis?: number
}

/** What came of a flush: counts over all signals, of the first destination, as in `health()`. */
export interface FlushResult {
  /** Spans, log records and metric data points that the back end has acknowledged during the call, whoever made them. */
  readonly delivered: number
  /** Those that were dropped during the call; `health()` says why. */
  readonly dropped: number
  /** Whether the time was over before all was settled: what is left is still being sent, unless this was `shutdown`. */
  readonly timedOut: boolean
}

export interface Delivery {
  /** Whether another thread sends, of whose back end nothing is known here. */
  readonly handsOver: boolean
  /** Undefined when no destination takes traces; so are the two below. */
  readonly spanProcessor: SpanProcessor | undefined
  readonly logRecordProcessor: LogRecordProcessor | undefined
  readonly metricExporter: PushMetricExporter | undefined
  /** For what others than these print or serve; undefined where nothing is masked. */
  readonly mask: MaskValue | undefined
  /** Where `otel.sdk.*` metrics of delivery go; its last values are collected when the process ends. */
  setMeterProvider(provider: MeterProvider): void
  /** Are flushed when the process ends, with all their processors and exporters, those of the user's included. */
  setProviders(providers: readonly object[]): void
  /** Whatever `run` flushes at once through the seams above waits no longer than this; with 0 not at all. */
  limited<T>(timeoutMillis: number, run: () => T): T
  /** Resolves when all that was created before is acknowledged, refused or dropped, or at the deadline. */
  forceFlush(options?: FlushOptions): Promise<FlushResult>
  /** Sends or counts everything, then stops. Idempotent; never rejects. A second call waits no longer than it says itself. */
  shutdown(options?: FlushOptions): Promise<FlushResult>
  /** Flushes that begin before the returned function is called do not keep the process alive: the caller sees to that. */
  letProcessEnd(): () => void
  health(): DeliveryHealth
}
