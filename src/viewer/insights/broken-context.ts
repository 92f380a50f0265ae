/** Finds traces that should have been part of another: begun within a process while it served a request of another trace. */
import type { Store } from '../store/store.ts'
import { type Finding, queryFor, type TraceView } from './finding.ts'

/** A request longer than this is not looked for. */
const MOST_SECONDS = 60
const MOST_CANDIDATES = 2000

/** A root of kind internal or client that lies within a server span of the same process. */
export function findLostContext(store: Store, { traceId, spans }: TraceView): Finding[] {
  const root = spans.find(({ parentSpanId }) => parentSpanId === null)
  if (!root || root.running || (root.stored.kind !== 'internal' && root.stored.kind !== 'client')) return []
  const { stored } = root
  const endUs = stored.startUs + stored.durationNs / 1000
  // the inner select stays within the index; resource and trace are looked up for the few that remain
  const around = store.database
    .prepare(
      `SELECT s.name, t.id FROM (SELECT id, trace_no, name FROM (SELECT id, trace_no, name, kind, start_us, dur_ns FROM span
          WHERE svc = ? AND start_us BETWEEN ? AND ? ORDER BY start_us DESC LIMIT ${MOST_CANDIDATES})
        WHERE kind = 2 AND start_us + dur_ns / 1000 >= ? LIMIT 20) c
      JOIN span s ON s.id = c.id JOIN trace t ON t.no = s.trace_no WHERE s.resource_id = ? AND t.id <> ? LIMIT 1`,
    )
    .get(
      stored.resource.svc,
      stored.startUs - MOST_SECONDS * 1_000_000,
      stored.startUs,
      Math.floor(endUs),
      stored.resource.id,
      traceId,
    ) as { name: number; id: string } | undefined
  if (!around) return []
  const request = store.texts.textOf(around.name)
  return [
    {
      key: `broken-context|lost|${stored.service}|${stored.name}`,
      kind: 'broken-context',
      severity: 'warning',
      title: `${stored.name} starts a trace of its own while ${request} is served`,
      detail: `It lies within ${request} of trace ${around.id} in the same process, but has no parent: the context was probably lost on the way.`,
      advice:
        'Callbacks of queues, pools and event emitters lose the context: wrap them with `context.bind(context.active(), callback)`. Work that is meant to be on its own is fine: dismiss this.',
      service: stored.service,
      operation: stored.name,
      count: 1,
      weight: 1,
      savingNs: null,
      spanIds: [root.spanId],
      query: queryFor(stored.service, stored.name, 'parent!=*'),
      badge: null,
    },
  ]
}
