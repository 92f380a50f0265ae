/** Insights: what is wrong in the traces that are stored, grouped by cause, with evidence. */
import type { Insight, InsightList } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'

export interface Insights {
  /** Findings of one trace, computed now if they are not known yet. */
  ofTrace(row: TraceRow): readonly Insight[]
  list(includeDismissed: boolean): InsightList
  /** How many are not dismissed. */
  count(): number
  setDismissed(id: string, dismissed: boolean): void
  clear(): void
  close(): void
}
