/** The calls from service to service, and to what is not a service of ours. */
import type { ServiceEdge } from '../api.ts'
import type { SpanColumns } from '../store/read-spans.ts'
import { peerOf, SYSTEMS } from '../store/semantics.ts'
import { type Aggregate, bucketOf, emptyAggregate } from './aggregate.ts'
import { type Range, SAMPLE, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { and } from './sql.ts'
import { ofWindow, readWindow, timeWithin } from './window.ts'

type EdgeRow = Pick<
  SpanColumns,
  'trace_no' | 'span_id' | 'parent_id' | 'svc' | 'sys' | 'status' | 'dur_ns' | 'kind' | 'start_us'
> & { readonly attrs: string | null }

/** A call is a span whose parent is of another service, or a client span that nobody answered here. */
export function edgesOf({ store }: Engine, query: URLSearchParams, range: Range): ServiceEdge[] {
  const window = readWindow(query)
  const where = and([timeWithin('s.start_us', window), ofWindow(store, window, 's')])
  const rows = store.database
    .prepare(
      `SELECT s.trace_no, s.span_id, s.parent_id, s.svc, s.sys, s.status, s.dur_ns, s.kind, s.start_us,
        CASE WHEN s.kind IN (3, 4) THEN s.attrs END AS attrs FROM span s WHERE ${where.text} ORDER BY s.id DESC LIMIT ${SAMPLE}`,
    )
    .all(...where.args) as unknown as EdgeRow[]
  // joined here: within SQL a trace of 100 000 spans would be read again for each of its spans
  const byId = new Map(rows.map((row) => [`${row.trace_no}|${row.span_id}`, row]))
  const answered = new Set<EdgeRow>()
  const edges = new Map<string, { sum: Aggregate; from: string; to: string; system: number; external: boolean }>()
  const add = (from: string, to: string, row: EdgeRow, external: boolean): void => {
    const key = `${from}\n${to}`
    const edge = edges.get(key) ?? { sum: emptyAggregate(), from, to, system: row.sys, external }
    edges.set(key, edge)
    addSpan(edge.sum, row)
  }
  for (const row of rows) {
    const parent = row.parent_id === null ? undefined : byId.get(`${row.trace_no}|${row.parent_id}`)
    if (!parent || parent.svc === row.svc) continue
    answered.add(parent)
    add(store.texts.textOf(parent.svc), store.texts.textOf(row.svc), row, false)
  }
  for (const row of rows) {
    if (row.attrs === null || answered.has(row)) continue
    const peer = peerOf(SYSTEMS[row.sys]!, JSON.parse(row.attrs) as Record<string, string>)
    if (peer !== null) add(store.texts.textOf(row.svc), peer, row, true)
  }
  return [...edges.values()].map(({ sum, from, to, system, external }) => ({
    from,
    to,
    system: SYSTEMS[system]!,
    external,
    ...statsOf(sum, range),
  }))
}

function addSpan(sum: Aggregate, row: EdgeRow): void {
  sum.calls++
  if (row.status === 2) sum.errors++
  sum.totalNs += row.dur_ns
  sum.maxNs = Math.max(sum.maxNs, row.dur_ns)
  sum.lastUs = Math.max(sum.lastUs, row.start_us)
  sum.buckets[bucketOf(row.dur_ns)]!++
}
