/** What configuration decides: the one value that the other stages are built from. */
import type { SeverityNumber } from '@opentelemetry/api'
import type { IdGenerator, Sampler } from '@opentelemetry/sdk-trace'
import type { Destination, Signal } from './destination.ts'
import type { Dsn } from './dsn.ts'
import type { Environment } from './environment.ts'
import type {
  BatchOptions,
  ConfigureOptions,
  HistogramAggregation,
  PropagatorName,
  SamplerName,
  TemporalityPreference,
} from './options.ts'
import type { RedactionOptions } from './redaction-options.ts'
import type { ScrapeOptions } from './resolved-destinations.ts'
import type { VARIABLES } from './variables.ts'

export type DetectorName = (typeof VARIABLES)['OTEL_NODE_RESOURCE_DETECTORS']['values'][number]
export type ExemplarFilter = (typeof VARIABLES)['OTEL_METRICS_EXEMPLAR_FILTER']['values'][number]

/** Ways out that are no destination: `OTEL_{TRACES,METRICS,LOGS}_EXPORTER` or a back end names them. */
export type ExtraExporter = 'console' | 'prometheus'

/** Everything that configuration decides; frozen. */
export interface Config {
  /** What code gave and, where it gave nothing, what the environment or the configuration file says. */
  readonly options: Readonly<ConfigureOptions>
  /** Why telemetry is off, as one line; `undefined` when it is on. */
  readonly disabledReason: string | undefined
  readonly signals: Readonly<Record<Signal, boolean>>
  readonly dsns: readonly Dsn[]
  readonly destinations: readonly Destination[]
  /** The viewer on this machine, when telemetry goes there. */
  readonly localViewer: Dsn | undefined
  /** The program is run by `uptrace-node check`. */
  readonly isChecked: boolean
  /** The program is run by `uptrace-node dev --profile`. */
  readonly isProfiled: boolean
  /** Where the web interface shows traces; empty where no such place is known. */
  readonly siteUrl: string
  readonly extraExporters: Readonly<Record<Signal, readonly ExtraExporter[]>>
  /** Where metrics can be fetched, as far as a back end says it. */
  readonly scrape: ScrapeOptions | undefined
  readonly propagators: readonly PropagatorName[]
  /** Undefined for random ids. */
  readonly idGenerator: IdGenerator | 'xray' | undefined
  readonly detectors: readonly DetectorName[]
  readonly sampler: { readonly name: SamplerName; readonly arg: number | undefined } | Sampler
  readonly spanLimits: SpanLimitValues
  readonly logRecordLimits: {
    readonly attributeCountLimit: number | undefined
    readonly attributeValueLengthLimit: number | undefined
  }
  readonly spanBatch: Required<BatchOptions>
  readonly logBatch: Required<BatchOptions>
  readonly metricIntervalMillis: number
  readonly metricTimeoutMillis: number
  readonly temporalityPreference: TemporalityPreference
  readonly histogramAggregation: HistogramAggregation
  readonly exemplarFilter: ExemplarFilter
  readonly minLogSeverity: SeverityNumber
  /** By name of a logger, with `*`. */
  readonly logSeverities: Readonly<Record<string, SeverityNumber>>
  readonly developmentChecks: boolean
  readonly redaction: RedactionOptions | false
  readonly delivery: {
    readonly bufferLimitBytes: number
    readonly exitFlush: boolean
    readonly exitTimeoutMillis: number
    readonly captureUncaught: boolean
    readonly spoolDirectory: string | undefined
    readonly spoolLimitBytes: number
    readonly spoolMaxAgeMillis: number
  }
  readonly shutdownTimeoutMillis: number
  readonly env: Environment
}

export interface SpanLimitValues {
  readonly attributeCountLimit: number | undefined
  readonly attributeValueLengthLimit: number | undefined
  readonly eventCountLimit: number | undefined
  readonly linkCountLimit: number | undefined
  readonly attributePerEventCountLimit: number | undefined
  readonly attributePerLinkCountLimit: number | undefined
}
