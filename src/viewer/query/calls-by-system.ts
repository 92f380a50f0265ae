/** Counts the calls that traces made of others, by what was called: databases, caches, other services. */
import type { SpanSystem } from '../api.ts'
import { KINDS, SYSTEMS } from '../store/semantics.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'

const OUTGOING = [KINDS.indexOf('client'), KINDS.indexOf('producer')]

/** By number of the trace. */
export function callsBySystem(
  { store }: Pick<Engine, 'store'>,
  traces: readonly Pick<TraceRow, 'no'>[],
): Map<number, Partial<Record<SpanSystem, number>>> {
  const counts = new Map<number, Partial<Record<SpanSystem, number>>>()
  if (traces.length === 0) return counts
  const rows = store.database
    .prepare(
      `SELECT trace_no, sys, count(*) AS n FROM span INDEXED BY span_trace
        WHERE trace_no IN (${traces.map(({ no }) => no).join(',')}) AND kind IN (${OUTGOING.join(',')}) GROUP BY trace_no, sys`,
    )
    .all() as { trace_no: number; sys: number; n: number }[]
  for (const { trace_no, sys, n } of rows) {
    const ofTrace = counts.get(trace_no) ?? {}
    counts.set(trace_no, ofTrace)
    ofTrace[SYSTEMS[sys] ?? 'internal'] = n
  }
  return counts
}
