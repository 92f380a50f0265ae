/** Finds in the traces of a run what `uptrace-node check` fails on. */
import type { Insight, SpanRow, TraceDetail } from '../api.ts'
import { appFrameOf, parseStack } from '../query/stack-trace.ts'
import type { CheckFinding, CheckKind } from './finding.ts'

/** Recorded errors of spans that did not fail are warnings, and let pass. */
function kindOf({ kind, severity }: Insight): CheckKind | undefined {
  if (kind === 'n+1') return 'n-plus-one'
  if (kind === 'errors' && severity === 'error') return 'error'
  return kind === 'unclosed' ? 'unclosed' : undefined
}

/**
 * One finding a cause, worst first.
 * @param insights of the viewer, for spans that have never ended: of those no trace tells
 */
export function findingsOf(traces: readonly TraceDetail[], insights: readonly Insight[]): CheckFinding[] {
  const found = new Map<string, CheckFinding>()
  const add = (insight: Insight, trace: TraceDetail | undefined): void => {
    const kind = kindOf(insight)
    if (kind === undefined) return
    const known = found.get(insight.id)
    const count = (known?.count ?? 0) + insight.count
    found.set(insight.id, known ? { ...known, count } : toFinding(kind, insight, trace))
  }
  for (const trace of traces) for (const insight of trace.insights) add(insight, trace)
  const services = new Set(traces.flatMap((trace) => trace.services.map(({ service }) => service)))
  for (const insight of insights)
    if (insight.kind === 'unclosed' && services.has(insight.service) && !found.has(insight.id)) add(insight, undefined)
  return [...found.values()].sort((a, b) => a.kind.localeCompare(b.kind) || b.count - a.count)
}

function toFinding(kind: CheckKind, insight: Insight, trace: TraceDetail | undefined): CheckFinding {
  const { id, title, detail, service, operation, count } = insight
  const place = placeOf(insight, trace)
  return {
    kind,
    key: id,
    title,
    detail,
    service,
    operation,
    count,
    file: place?.file ?? null,
    line: place?.line ?? null,
    traceId: trace?.traceId ?? insight.evidence[0]?.traceId ?? null,
  }
}

interface Place {
  readonly file: string
  readonly line: number | null
}

/** Where the exception came from, or the line of the application that made the call. */
function placeOf(insight: Insight, trace: TraceDetail | undefined): Place | undefined {
  const { exception, detail } = insight
  const frame = exception ? appFrameOf(exception.frames) : appFrameOf(parseStack(detail))
  if (frame?.file) return { file: frame.file, line: frame.line }
  const spans = trace?.spans ?? []
  return repeatsOf(insight, spans)
    .map((span) => calledAt(span, spans))
    .find((place) => place !== undefined)
}

/** The calls that an N+1 is about: the finding names the request, and the statement in its title. */
function repeatsOf({ kind, title }: Insight, spans: readonly SpanRow[]): readonly SpanRow[] {
  if (kind !== 'n+1') return []
  const calls = spans.filter((span) => span.kind === 'client')
  const groups = [...Map.groupBy(calls, ({ groupKey }) => groupKey)].sort(([, a], [, b]) => b.length - a.length)
  const named = groups.find(([groupKey]) => title.includes(groupKey.slice(0, TOLD)))
  return (named ?? groups[0])?.[1] ?? []
}

/** So much of a statement is in the title at least. */
const TOLD = 40

/** A pool hands a statement on later, when the line that asked is gone; then the span before it, of getting a connection, tells. */
function calledAt(span: SpanRow, spans: readonly SpanRow[]): Place | undefined {
  const own = codeOf(span)
  if (own) return own
  const before = spans.filter(
    (other) => other.parentIndex === span.parentIndex && other.index < span.index && codeOf(other) !== undefined,
  )
  return before.length > 0 ? codeOf(before.at(-1)!) : undefined
}

function codeOf({ attributes = {} }: SpanRow): Place | undefined {
  const file = attributes['code.file.path']
  const line = attributes['code.line.number']
  return typeof file === 'string' ? { file, line: typeof line === 'number' ? line : null } : undefined
}
