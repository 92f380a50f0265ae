/** What query functions work on: the store and all that is derived from it. */

import type { Insights } from '../insights/insights.ts'
import type { LiveSpans } from '../live.ts'
import type { Rollups } from '../rollups.ts'
import type { Store } from '../store/store.ts'
import type { OperationStatistics } from './operation-statistics.ts'

export interface Engine {
  readonly store: Store
  /** By operation. */
  readonly operations: Rollups
  /** By database statement. */
  readonly statements: Rollups
  readonly statistics: OperationStatistics
  readonly insights: Insights
  readonly live: LiveSpans
}
