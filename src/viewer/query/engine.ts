/** What query functions work on: the store and all that is derived from it. */
import type { Insight, InsightList, SpanRef } from '../api.ts'
import type { LiveSpans } from '../receive/live-spans.ts'
import type { Store } from '../store/store.ts'
import type { TraceRow } from '../store/traces.ts'
import type { OperationStatistics } from './operation-statistics.ts'
import type { Rollups } from './rollups.ts'

export interface Engine {
  readonly store: Store
  /** By operation. */
  readonly operations: Rollups
  /** By database statement. */
  readonly statements: Rollups
  readonly statistics: OperationStatistics
  readonly insights: Insights
  readonly live: LiveSpans
  close(): void
}

/** What is wrong in the telemetry that is stored. */
export interface Insights {
  /** Findings of one trace, computed now if they are not known yet. @param refOf finds spans of it without asking the store */
  ofTrace(row: TraceRow, refOf: (spanId: string) => SpanRef | undefined): readonly Insight[]
  /** The same summed over traces; of those not looked at yet, for a moment of time only. */
  ofTraces(rows: readonly TraceRow[]): readonly Insight[]
  list(includeDismissed: boolean): InsightList
  /** How many are not dismissed. */
  count(): number
  setDismissed(id: string, dismissed: boolean): void
  close(): void
}
