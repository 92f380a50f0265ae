/** What detectors give and get: findings of one trace, and the trace they look at. Pure data. */
import type { Badge, Insight, InsightKind } from '../api.ts'
import { termOf } from '../query/facets.ts'
import type { PlacedSpan } from '../query/place-trace.ts'
import type { Tree } from '../query/tree.ts'
import type { StoredSpan } from '../store/read-spans.ts'

/** A trace with its tree, as detectors look at it. Indexes are those of `spans`. */
export interface TraceView {
  readonly traceId: string
  readonly startUs: number
  readonly spans: readonly PlacedSpan[]
  readonly tree: Tree
}

/** Something found in one trace. Findings of equal `key` are one insight. */
export interface Finding {
  /** Stable across restarts and the same for the same cause. */
  readonly key: string
  readonly kind: InsightKind
  readonly severity: Insight['severity']
  readonly title: string
  readonly detail: string
  readonly advice: string
  readonly service: string
  readonly operation: string | null
  /** How often it happened in this trace. */
  readonly count: number
  /** The text of the finding with the largest weight is shown. */
  readonly weight: number
  readonly savingNs: number | null
  /** Span ids, most telling first. */
  readonly spanIds: readonly string[]
  readonly query: string | null
  readonly badge: Badge | null
  /** Title and detail are kept with each trace, as they differ. */
  readonly isTold?: true
  /** Attributes of an exception event, and its time. */
  readonly exception?: { readonly attributes: StoredSpan['attributes']; readonly timeUs: number }
}

export type TraceDetector = (trace: TraceView) => Finding[]

export function millis(ns: number): string {
  const value = ns / 1e6
  return `${value >= 100 ? Math.round(value) : value.toPrecision(2)} ms`
}

export function shorten(text: string, length = 120): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

/** Terms that show the traces in which an operation did something. */
export function queryFor(service: string, name: string, term: string): string {
  return `${termOf('service', service)} ${termOf('name', name)} ${term}`
}
