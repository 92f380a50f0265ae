/** Slow operations that wait for each other are one finding: that of the innermost, which names those that wait. */
import type { StoreContext } from '../store/context.ts'
import type { Finding } from './finding.ts'

const EXAMPLES = 3
/** Larger traces are no examples: reading them takes too long. */
const MAX_SPANS = 2000
/** Of the time of what waits. */
const LEAST_SHARE = 0.5

/** A finding about one operation, as {@link mergeChains} has to know it. */
export interface SlowFinding extends Finding {
  readonly operationKey: { readonly svc: number; readonly name: number; readonly kind: number }
}

interface Row {
  readonly span_id: string
  readonly parent_id: string | null
  readonly svc: number
  readonly name: number
  readonly kind: number
  readonly dur_ns: number
}

/** @param findings all of one sort, about different operations */
export function mergeChains(context: StoreContext, findings: readonly SlowFinding[]): Finding[] {
  const byOperation = new Map(findings.map((finding) => [idOf(finding.operationKey), finding]))
  const nearest = new Map(findings.map((finding) => [finding, causeOf(context, finding, byOperation)]))
  const causes = new Map(findings.map((finding) => [finding, lastOf(nearest, finding)]))
  const waiting = Map.groupBy(
    findings.filter((finding) => causes.get(finding) !== finding),
    (finding) => causes.get(finding)!,
  )
  return findings.flatMap((finding) => {
    if (causes.get(finding) !== finding) return []
    const names = new Set(waiting.get(finding)?.map(({ service, operation }) => `${operation} (${service})`))
    if (names.size === 0) return finding
    return { ...finding, detail: `${finding.detail} What waits for it is slow too: ${[...names].join(', ')}.` }
  })
}

/** Of causes that have causes; those in a ring are each their own. */
function lastOf(causes: ReadonlyMap<SlowFinding, SlowFinding>, finding: SlowFinding): SlowFinding {
  const seen = new Set<SlowFinding>()
  let last = finding
  for (; !seen.has(last); last = causes.get(last)!) seen.add(last)
  return last
}

/** The innermost slow operation that most examples of this one spent their time in. */
function causeOf(
  { database }: StoreContext,
  finding: SlowFinding,
  byOperation: ReadonlyMap<string, SlowFinding>,
): SlowFinding {
  const { svc, name, kind } = finding.operationKey
  const examples = database
    .prepare(
      `SELECT s.trace_no, s.span_id FROM span s INDEXED BY span_svc JOIN trace t ON t.no = s.trace_no
        WHERE s.svc = ? AND s.name = ? AND s.kind = ? AND s.dur_ns >= ? AND t.spans <= ${MAX_SPANS}
        ORDER BY s.start_us DESC LIMIT ${EXAMPLES}`,
    )
    .all(svc, name, kind, finding.weight / 2) as { trace_no: number; span_id: string }[]
  const spans = database.prepare(
    'SELECT span_id, parent_id, svc, name, kind, dur_ns FROM span INDEXED BY span_trace WHERE trace_no = ?',
  )
  const votes = new Map<SlowFinding, number>()
  for (const { trace_no, span_id } of examples) {
    const cause = innermost(spans.all(trace_no) as unknown as Row[], span_id, byOperation) ?? finding
    votes.set(cause, (votes.get(cause) ?? 0) + 1)
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a)
  return most && most[1] * 2 > examples.length ? most[0] : finding
}

/** Walks down along the longest child for as long as that takes most of the time. */
function innermost(
  rows: readonly Row[],
  spanId: string,
  byOperation: ReadonlyMap<string, SlowFinding>,
): SlowFinding | undefined {
  const children = Map.groupBy(rows, ({ parent_id }) => parent_id)
  const seen = new Set<Row>()
  let span = rows.find(({ span_id }) => span_id === spanId)
  let found: SlowFinding | undefined
  while (span && !seen.has(span)) {
    seen.add(span)
    found = byOperation.get(idOf(span)) ?? found
    const below: Row | undefined = children.get(span.span_id)?.reduce((a, b) => (b.dur_ns > a.dur_ns ? b : a))
    span = below && below.dur_ns >= span.dur_ns * LEAST_SHARE ? below : undefined
  }
  return found
}

const idOf = ({ svc, name, kind }: SlowFinding['operationKey']): string => `${svc}|${name}|${kind}`
