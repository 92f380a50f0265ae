/** What query functions work on: the store and all that is derived from it. */
import { createInsights, type Insights } from '../insights/insights.ts'
import { createLiveSpans, type LiveSpans } from '../live.ts'
import { createRollups, type Rollups } from '../rollups.ts'
import { SYSTEMS } from '../semantics.ts'
import type { SpanColumns } from '../store/read-spans.ts'
import type { Store } from '../store/store.ts'
import { createOperationStatistics, type OperationStatistics } from './operation-statistics.ts'

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

const DATABASES = new Set([SYSTEMS.indexOf('db'), SYSTEMS.indexOf('cache')])
const ERROR = 2

type Counted = Pick<SpanColumns, 'svc' | 'name' | 'kind' | 'status' | 'start_us' | 'dur_ns' | 'sys' | 'grp'>

/** Sums up what is stored, then keeps up with what comes. */
export function createEngine(store: Store): Engine {
  const operations = createRollups()
  const statements = createRollups()
  const count = (span: Counted, run: string): void => {
    const { svc, kind, sys: system } = span
    const isError = span.status === ERROR
    operations.add({ run, svc, name: span.name, kind, system }, span.start_us, span.dur_ns, isError)
    if (DATABASES.has(system))
      statements.add({ run, svc, name: span.grp, kind, system }, span.start_us, span.dur_ns, isError)
  }
  const stored = store.database.prepare(
    'SELECT resource_id, svc, name, kind, status, start_us, dur_ns, sys, grp FROM span',
  )
  for (const row of stored.iterate() as Iterable<unknown>) {
    const span = row as Counted & { readonly resource_id: number }
    count(span, store.resources.byId(span.resource_id).run)
  }
  store.observeSpans({
    onSpan({ startUs }, { resource, svc, name, kind, status, system, group, durationNs }) {
      const span = { svc, name, kind, status, start_us: startUs, dur_ns: durationNs, sys: system, grp: group }
      count(span, resource.run)
    },
  })
  store.onDeleted(() => {
    const oldestUs = store.retention.oldestUs()
    for (const rollups of [operations, statements]) {
      if (oldestUs === null) rollups.clear()
      else rollups.dropBefore(oldestUs)
    }
  })
  const live = createLiveSpans(store)
  const statistics = createOperationStatistics(operations)
  const insights = createInsights({ store, live, operations, statistics })
  return { store, operations, statements, statistics, insights, live, close: () => insights.close() }
}
