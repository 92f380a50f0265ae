/** Makes the engine of a store: sums up what is stored, then keeps up with what comes. */
import { createInsights } from '../insights/insights.ts'
import type { Engine } from '../query/engine.ts'
import { createOperationStatistics } from '../query/operation-statistics.ts'
import { createRollups } from '../query/rollups.ts'
import { createLiveSpans } from '../receive/live-spans.ts'
import { SYSTEMS } from '../store/semantics.ts'
import type { SpanFacts } from '../store/spans.ts'
import type { Store } from '../store/store.ts'

const DATABASES = new Set([SYSTEMS.indexOf('db'), SYSTEMS.indexOf('cache')])
const ERROR = 2

/** Columns of the span table that are summed up. */
interface Counted {
  readonly resource_id: number
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly status: number
  readonly start_us: number
  readonly dur_ns: number
  readonly sys: number
  readonly grp: number
}

export function createEngine(store: Store): Engine {
  const operations = createRollups()
  const statements = createRollups()
  const count = (
    startUs: number,
    { resource, svc, name, kind, status, system, group, durationNs }: SpanFacts,
  ): void => {
    const { run } = resource
    const isError = status === ERROR
    operations.add({ run, svc, name, kind, system }, startUs, durationNs, isError)
    if (DATABASES.has(system)) statements.add({ run, svc, name: group, kind, system }, startUs, durationNs, isError)
  }
  const stored = store.database.prepare(
    'SELECT resource_id, svc, name, kind, status, start_us, dur_ns, sys, grp FROM span',
  )
  for (const row of stored.iterate() as Iterable<unknown>) {
    const { resource_id, start_us, dur_ns, sys, grp, ...same } = row as Counted
    const resource = store.resources.byId(resource_id)
    count(start_us, { ...same, resource, system: sys, group: grp, durationNs: dur_ns })
  }
  store.observeSpans({ onSpan: ({ startUs }, facts) => count(startUs, facts) })
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
