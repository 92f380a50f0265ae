/** One trace as rows of a waterfall, with its critical path, warnings and numbers. */
import type { CriticalSegment, Severity, SpanRow, TraceDetail, TraceWarning } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import type { OpenSpan } from '../receive/live-spans.ts'
import { readSpans, type StoredSpan } from '../store/read-spans.ts'
import { httpStatusOf, summaryOf } from '../store/semantics.ts'
import { severityOf } from '../store/severity.ts'
import type { TraceRow } from '../store/traces.ts'
import { criticalPath } from './critical-path.ts'
import type { Engine } from './engine.ts'
import { badgesOfTrace } from './traces.ts'
import { buildTree, selfTimes, type Tree, type TreeInput } from './tree.ts'

const WITH_ATTRIBUTES_UP_TO = 5000
const MAX_SPANS = 300_000
const MAX_LOGS = 10_000

/** A stored or still running span, placed in its trace. */
export interface PlacedSpan extends TreeInput {
  readonly stored: StoredSpan
  readonly running: boolean
}

export interface PlacedTrace {
  readonly row: TraceRow
  readonly startUs: number
  readonly startRemainderNs: number
  readonly durationNs: number
  readonly spans: readonly PlacedSpan[]
  /** Identical copies that were left out. */
  readonly copies: number
  readonly truncated: number
}

export function findTrace({ store }: Engine, traceId: string): TraceRow | undefined {
  return store.database.prepare('SELECT * FROM trace WHERE id = ?').get(traceId.toLowerCase()) as TraceRow | undefined
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

export function placeTrace(engine: Pick<Engine, 'store' | 'live'>, row: TraceRow, maxSpans = MAX_SPANS): PlacedTrace {
  const { store } = engine
  const stored = readSpans(
    store,
    `WHERE s.trace_no = ? ORDER BY s.start_us, s.start_rem, s.id LIMIT ${maxSpans}`,
    row.no,
  )
  const live = engine.live.ofTrace(row.id)
  const open = live.map((span) => fromOpenSpan(engine, span))
  const running = new Set(open.filter((_, index) => live[index]!.endedMillis === null))
  const all = [...stored, ...open]
  const first = all.reduce((earliest, span) => (compareTimes(span, earliest) < 0 ? span : earliest), all[0]!)
  const { startUs, startRemainderNs } = first
  const seen = new Set<string>()
  const spans: PlacedSpan[] = []
  let durationNs = 0
  for (const span of all) {
    const offsetNs = (span.startUs - startUs) * 1000 + (span.startRemainderNs - startRemainderNs)
    const key = `${span.spanId}|${offsetNs}|${span.durationNs}|${span.name}|${span.parentSpanId}|${span.service}`
    if (seen.has(key)) continue
    seen.add(key)
    spans.push({
      stored: span,
      running: running.has(span),
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      offsetNs,
      durationNs: span.durationNs,
    })
    durationNs = Math.max(durationNs, offsetNs + span.durationNs)
  }
  return {
    row,
    startUs,
    startRemainderNs,
    durationNs,
    spans,
    copies: all.length - spans.length,
    truncated: Math.max(row.spans - stored.length, 0),
  }
}

function compareTimes(a: StoredSpan, b: StoredSpan): number {
  return a.startUs - b.startUs || a.startRemainderNs - b.startRemainderNs
}

function fromOpenSpan({ store }: Pick<Engine, 'store'>, span: OpenSpan): StoredSpan {
  const known = store.resources.ofRun(span.run)[0]
  const resource =
    known === undefined
      ? { id: 0, svc: 0, service: span.service, run: span.run, attributes: {} }
      : store.resources.byId(known)
  return {
    id: 0,
    traceNo: 0,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? null,
    resource,
    scope: { name: '', version: '', attributes: {} },
    service: span.service,
    name: span.name,
    kind: span.kind,
    status: 'unset',
    system: 'internal',
    groupKey: span.name,
    startUs: span.startUs,
    startRemainderNs: 0,
    durationNs: Math.max(0, (span.endedMillis ?? Date.now()) * 1000 - span.startUs) * 1000,
    attributes: (span.attributes ?? {}) as StoredSpan['attributes'],
    extra: {},
  }
}

export function traceDetail(engine: Engine, row: TraceRow, wantAttributes: boolean | undefined): TraceDetail {
  engine.store.retention.pin(row.id)
  const placed = placeTrace(engine, row)
  const tree = buildTree(placed.spans)
  const self = selfTimes(placed.spans, tree)
  const withAttributes = wantAttributes ?? placed.spans.length <= WITH_ATTRIBUTES_UP_TO
  const logs = logsBySpan(engine, placed)
  const position = new Int32Array(placed.spans.length)
  for (const [at, index] of tree.order.entries()) position[index] = at
  const orphans = new Set(tree.orphans)
  const rows = tree.order.map((index, at): SpanRow => {
    const span = placed.spans[index]!
    const { stored } = span
    const parent = tree.parents[index]!
    return {
      index: at,
      parentIndex: parent < 0 ? -1 : position[parent]!,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      depth: tree.depths[index]!,
      children: tree.childCounts[index]!,
      descendants: tree.descendants[index]!,
      service: stored.service,
      name: stored.name,
      kind: stored.kind,
      status: stored.status,
      statusMessage: stored.extra.m ?? null,
      system: stored.system,
      summary: summaryOf(stored.name, stored.system, stored.attributes),
      groupKey: stored.groupKey,
      offsetNs: span.offsetNs,
      durationNs: span.durationNs,
      selfNs: self[index]!,
      resourceId: stored.resource.id,
      scope: stored.scope.name,
      events: eventsOf(placed, stored),
      logs: logs.get(span.spanId) ?? [],
      links: stored.extra.l?.length ?? 0,
      error: stored.status === 'error',
      running: span.running,
      orphan: orphans.has(index),
      ...(withAttributes ? { attributes: stored.attributes } : {}),
    }
  })
  const root = rootIndex(placed, tree)
  return {
    traceId: row.id,
    startUs: placed.startUs,
    startRemainderNs: placed.startRemainderNs,
    durationNs: placed.durationNs,
    rootSpanId: row.root,
    spans: rows,
    services: serviceShares(rows),
    resources: [...new Map(placed.spans.map(({ stored }) => [stored.resource.id, stored.resource])).values()].map(
      ({ id, attributes }) => ({ id, attributes }),
    ),
    depth: rows.reduce((deepest, { depth }) => Math.max(deepest, depth + 1), 0),
    errors: rows.filter(({ error }) => error).length,
    logs: row.logs,
    httpStatuses: httpStatuses(placed),
    badges: badgesOfTrace(engine, row),
    percentile: row.root === null ? null : rankOfRoot(engine, row, placed),
    warnings: warningsOf(placed, tree, row),
    criticalPath:
      root === undefined
        ? []
        : criticalPath(placed.spans, tree, root).map(
            ({ span, fromNs, toNs }): CriticalSegment => ({
              index: position[span]!,
              spanId: placed.spans[span]!.spanId,
              fromNs,
              toNs,
            }),
          ),
    insights: engine.insights.ofTrace(row),
    running: placed.spans.filter(({ running }) => running).length,
    withAttributes,
    previousTraceId: neighbour(engine, row, '<', 'DESC'),
    nextTraceId: neighbour(engine, row, '>', 'ASC'),
  }
}

/** The root, or failing that the longest top-level span. */
function rootIndex({ spans, row }: PlacedTrace, tree: Tree): number | undefined {
  const tops = tree.childrenOf(-1)
  return (
    tops.find((index) => spans[index]!.spanId === row.root) ??
    [...tops].sort((a, b) => spans[b]!.durationNs - spans[a]!.durationNs)[0]
  )
}

function rankOfRoot(engine: Engine, row: TraceRow, { spans }: PlacedTrace): number | null {
  const root = spans.find(({ spanId }) => spanId === row.root)
  return root ? engine.statistics.rankOf(row.head_svc, row.head_name, row.head_kind, root.durationNs) : null
}

function eventsOf(placed: PlacedTrace, { extra }: StoredSpan): SpanRow['events'] {
  return (extra.e ?? []).map(([name, us, rem]) => ({ name, offsetNs: offsetOf(placed, us, rem) }))
}

export function offsetOf(placed: Pick<PlacedTrace, 'startUs' | 'startRemainderNs'>, us: number, rem: number): number {
  return (us - placed.startUs) * 1000 + (rem - placed.startRemainderNs)
}

type RowLog = { offsetNs: number; severity: Severity; logId: number }

function logsBySpan({ store }: Engine, placed: PlacedTrace): Map<string, RowLog[]> {
  const bySpan = new Map<string, RowLog[]>()
  if (placed.row.logs === 0) return bySpan
  const rows = store.database
    .prepare(
      `SELECT id, span_id, time_us, time_rem, sev FROM log WHERE trace_id = ? AND span_id IS NOT NULL ORDER BY time_us, time_rem, id LIMIT ${MAX_LOGS}`,
    )
    .all(placed.row.id) as { id: number; span_id: string; time_us: number; time_rem: number; sev: number }[]
  for (const row of rows) {
    const entry = {
      offsetNs: offsetOf(placed, row.time_us, row.time_rem),
      severity: severityOf(row.sev),
      logId: row.id,
    }
    const entries = bySpan.get(row.span_id)
    if (entries) entries.push(entry)
    else bySpan.set(row.span_id, [entry])
  }
  return bySpan
}

function serviceShares(rows: readonly SpanRow[]): TraceDetail['services'] {
  const shares = new Map<string, { service: string; spans: number; errors: number; selfNs: number }>()
  for (const row of rows) {
    const share = shares.get(row.service) ?? { service: row.service, spans: 0, errors: 0, selfNs: 0 }
    shares.set(row.service, share)
    share.spans++
    share.selfNs += row.selfNs
    if (row.error) share.errors++
  }
  return [...shares.values()].sort((a, b) => b.spans - a.spans)
}

function httpStatuses({ spans }: PlacedTrace): TraceDetail['httpStatuses'] {
  const counts = new Map<number, number>()
  for (const { stored } of spans) {
    const status = stored.system === 'http' ? httpStatusOf(stored.attributes) : null
    if (status !== null) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  return [...counts].map(([status, count]) => ({ status, count })).sort((a, b) => a.status - b.status)
}

function neighbour({ store }: Engine, row: TraceRow, operator: '<' | '>', direction: 'ASC' | 'DESC'): string | null {
  const found = store.database
    .prepare(
      `SELECT id FROM trace WHERE (start_us, no) ${operator} (?, ?) AND spans > 0 ORDER BY start_us ${direction}, no ${direction} LIMIT 1`,
    )
    .get(row.start_us, row.no) as { id: string } | undefined
  return found?.id ?? null
}

const MAX_NAMED = 50

function warningsOf(placed: PlacedTrace, tree: Tree, row: TraceRow): TraceWarning[] {
  const { spans } = placed
  const warnings: TraceWarning[] = []
  const warn = (code: TraceWarning['code'], message: string, indexes: readonly number[], count = indexes.length) => {
    if (count > 0)
      warnings.push({ code, message, count, spanIds: indexes.slice(0, MAX_NAMED).map((index) => spans[index]!.spanId) })
  }
  const where = (accept: (span: PlacedSpan, index: number) => boolean): number[] =>
    spans.flatMap((span, index) => (accept(span, index) ? [index] : []))

  if (row.root === null)
    warn(
      'missing-root',
      'The root span has not arrived: it is still running, was not sampled, or is sent elsewhere.',
      [],
      1,
    )
  warn('missing-parents', 'Spans name a parent that has not arrived.', tree.orphans)
  warn(
    'duplicate-span-ids',
    'Spans share an id: the sender sent them twice, or its ids are not random.',
    tree.duplicates,
    tree.duplicates.length + placed.copies,
  )
  warn('parent-cycle', 'Spans name each other as parent; the cycle is cut at its earliest span.', tree.cyclic)
  warn(
    'clock-skew',
    'Spans start before their parent or end before they start: the clocks of the machines differ.',
    where((span, index) => isSkewed(spans, tree, span, index)),
  )
  warn(
    'dropped-attributes',
    'The sender dropped attributes, events or links because of its limits.',
    where(({ stored }) => stored.extra.d !== undefined),
  )
  warn(
    'still-running',
    'Spans have started and not ended yet.',
    where((span) => span.running || span.stored.extra.open === 1),
  )
  warn('truncated', `Only the first ${MAX_SPANS} spans are shown.`, [], placed.truncated)
  return warnings
}

/** A child of another resource that begins clearly before its parent. */
export function isSkewed(spans: readonly PlacedSpan[], tree: Tree, span: PlacedSpan, index: number): boolean {
  if (span.stored.extra.skew === 1) return true
  const parent = tree.parents[index]! < 0 ? undefined : spans[tree.parents[index]!]
  return (
    parent !== undefined &&
    parent.stored.resource.id !== span.stored.resource.id &&
    span.offsetNs + 1_000_000 < parent.offsetNs
  )
}
