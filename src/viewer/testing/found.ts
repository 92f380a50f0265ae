/** What a test suite gets of the telemetry that the viewer received. */
import type { Attributes, Severity, SpanKind, SpanStatus } from '../api.ts'

/** A received span. */
export interface ViewerSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly statusMessage: string | null
  readonly service: string
  /** Microseconds since the epoch. */
  readonly startUs: number
  readonly durationNs: number
  readonly attributes: Attributes
  readonly events: readonly { readonly name: string; readonly timeUs: number; readonly attributes: Attributes }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }[]
  readonly resource: Attributes
  readonly scope: { readonly name: string; readonly version: string }
}

export interface ViewerTrace {
  readonly traceId: string
  /** The span without a parent, when it has arrived. */
  readonly root: ViewerSpan | undefined
  /** In order of start. */
  readonly spans: readonly ViewerSpan[]
}

export interface ViewerLog {
  readonly timeUs: number
  readonly severity: Severity
  readonly severityText: string | null
  readonly body: string
  readonly attributes: Attributes
  readonly service: string
  readonly scope: string
  readonly eventName: string | null
  readonly traceId: string | null
  readonly spanId: string | null
  readonly resource: Attributes
}

export interface ViewerMetric {
  readonly name: string
  readonly service: string
  readonly unit: string
  readonly type: string
  readonly temporality: 'unspecified' | 'delta' | 'cumulative'
  readonly monotonic: boolean
  readonly scope: string
  /** In order of time. */
  readonly points: readonly {
    readonly attributes: Attributes
    readonly timeUs: number
    readonly startUs: number
    /** Of gauges and sums. */
    readonly value: number | null
    /** Of histograms and summaries. */
    readonly count: number | null
    readonly sum: number | null
    readonly bounds: readonly number[] | null
    readonly counts: readonly number[] | null
  }[]
}
