/** The traces that one start of a program began. */
import type { ProgramRun } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'

export interface RunTraces {
  /** Newest first. */
  readonly rows: readonly TraceRow[]
  /** There were more. */
  readonly isSample: boolean
}

const MAX_TRACES = 5000

export function tracesOfRun({ store }: Engine, { runs, firstUs, lastUs }: ProgramRun): RunTraces {
  const resources = runs.flatMap((run) => store.resources.ofRun(run))
  const found = store.database
    .prepare(
      `SELECT t.* FROM trace t INDEXED BY trace_start WHERE t.start_us BETWEEN ? AND ? AND t.root IS NOT NULL
        AND EXISTS (SELECT 1 FROM span s INDEXED BY span_trace WHERE s.trace_no = t.no AND s.span_id = t.root AND s.resource_id IN (${resources.join(',')}))
        ORDER BY t.start_us DESC LIMIT ${MAX_TRACES + 1}`,
    )
    .all(firstUs, lastUs) as unknown as TraceRow[]
  return { rows: found.slice(0, MAX_TRACES), isSample: found.length > MAX_TRACES }
}
