/** Finds a trace by its id, one of which nothing has ended yet included. */
import { HttpError } from '../receive/body.ts'
import type { OpenSpan } from '../receive/live-spans.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'

const LEAST_DIGITS = 6

/** Also by the beginning of an id: the newest of those that begin so. */
export function findTrace({ store }: Engine, traceId: string): TraceRow | undefined {
  const id = traceId.toLowerCase()
  if (id.length >= LEAST_DIGITS && id.length < 32 && /^[0-9a-f]+$/.test(id))
    return store.database
      .prepare('SELECT * FROM trace WHERE id >= ? AND id < ? AND spans > 0 ORDER BY start_us DESC LIMIT 1')
      .get(id, `${id}g`) as TraceRow | undefined
  return store.database.prepare('SELECT * FROM trace WHERE id = ?').get(id) as TraceRow | undefined
}

/** @throws {HttpError} 404 `trace_not_found` that tells what may be the cause */
export function requireTrace(engine: Engine, traceId: string, lastError: string | null): TraceRow {
  const row = findTrace(engine, traceId)
  if (row && row.spans > 0) return row
  const [open] = engine.live.ofTrace(traceId.toLowerCase())
  if (open) return row ?? startedRow(open)
  const { counters, retention } = engine.store
  throw new HttpError(404, 'trace_not_found', 'No span of this trace has arrived.', {
    details: { lastIngestUs: counters.lastUs, lastError, evictedSinceUs: retention.eviction?.sinceUs ?? null },
  })
}

/** Of a trace of which nothing has ended yet. */
function startedRow({ traceId, startUs }: OpenSpan): TraceRow {
  const none = { start_rem: 0, end_rem: 0, dur_ns: 0, spans: 0, errors: 0, logs: 0, clients: 0, badges: 0 }
  const head = { head_us: 0, head_parent: null, head_svc: 0, head_name: 0, head_kind: 0, head_status: 0 }
  const times = { start_us: startUs, end_us: startUs, seen_us: startUs }
  return { no: -1, id: traceId, ...none, ...head, ...times, root: null, http: null, services: '[]', findings: null }
}
