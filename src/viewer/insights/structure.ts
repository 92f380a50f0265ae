/** Finds spans that hang in the air: parents that never came, and spans that were started and never ended. */
import { type Finding, queryFor, type TraceView } from './finding.ts'

const EVIDENCE = 3

/** Children of a parent that never arrived; those whose process is another only make the trace partial. */
export function findOrphans({ spans, tree }: TraceView): Finding[] {
  const own = tree.orphans.filter((index) => {
    const { kind } = spans[index]!.stored
    return kind === 'internal' || kind === 'client' || kind === 'producer'
  })
  return [...Map.groupBy(own, (index) => spans[index]!.stored.service)].map(([service, orphans]) => {
    const { stored } = spans[orphans[0]!]!
    return {
      key: `broken-context|orphan|${service}|${stored.name}`,
      kind: 'broken-context',
      severity: 'warning',
      title: `Spans such as ${stored.name} name a parent that never arrived`,
      detail: `${orphans.length} spans of ${service} in one trace: their parent was not ended, not sampled, dropped, or is sent elsewhere.`,
      advice:
        'End every span in a `finally`, flush before the process exits, and give all parts of a trace the same sampler.',
      service,
      operation: stored.name,
      count: 1,
      weight: orphans.length,
      savingNs: null,
      spanIds: orphans.slice(0, EVIDENCE).map((index) => spans[index]!.spanId),
      query: queryFor(service, stored.name, 'badge:partial'),
      badge: 'partial',
    }
  })
}

/** Spans that were sent without an end. */
export function findSentOpen({ spans }: TraceView): Finding[] {
  const open = spans.filter(({ stored }) => stored.extra.open === 1)
  return [...Map.groupBy(open, ({ stored }) => `${stored.service}|${stored.name}`)].map(([key, group]) => {
    const { stored } = group[0]!
    return {
      key: `unclosed|${key}`,
      kind: 'unclosed',
      severity: 'warning',
      title: `${stored.name} was sent without an end`,
      detail: `${group.length} spans of ${stored.service} have a start but no end time.`,
      advice: 'Call `span.end()` on every path, best in a `finally`.',
      service: stored.service,
      operation: stored.name,
      count: group.length,
      weight: group.length,
      savingNs: null,
      spanIds: group.slice(0, EVIDENCE).map(({ spanId }) => spanId),
      query: queryFor(stored.service, stored.name, 'badge:unclosed'),
      badge: 'unclosed',
    }
  })
}
