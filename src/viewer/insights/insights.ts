/** Insights: what is wrong in the telemetry that is stored, grouped by cause, with evidence. */
import { createHash } from 'node:crypto'
import type { Insight, InsightKind, SpanRef } from '../api.ts'
import type { Insights } from '../query/engine.ts'
import type { OperationStatistics } from '../query/operation-statistics.ts'
import { programsOf } from '../query/programs.ts'
import type { Rollups } from '../query/rollups.ts'
import { createSpanRefs, spanRefs } from '../query/span-refs.ts'
import { and, isIn, sql } from '../query/sql.ts'
import { exceptionOf } from '../query/stack-trace.ts'
import { closeWindow, readWindow } from '../query/window.ts'
import type { LiveSpans } from '../receive/live-spans.ts'
import type { Store } from '../store/store.ts'
import type { TraceRow } from '../store/traces.ts'
import { createAnalyzer, type KeptFinding } from './analyzer.ts'
import { addTo, type Cause, causeOf } from './cause.ts'
import type { Finding } from './finding.ts'
import { findHighCardinality } from './high-cardinality.ts'
import { findNameless } from './hygiene.ts'
import { findSlow } from './slow.ts'
import { mergeChains } from './slow-chains.ts'
import { createFindingTexts } from './texts.ts'
import { findUnclosed } from './unclosed.ts'

export interface InsightSources {
  readonly store: Store
  readonly live: LiveSpans
  readonly operations: Rollups
  readonly statistics: OperationStatistics
}

/** A trace that was looked at. */
type Looked = Pick<TraceRow, 'id' | 'start_us' | 'findings'>

const ANALYSE_MILLIS = 500
const MAX_INSIGHTS = 500
const MAX_EVIDENCE = 5
const SUM_EVERY_MILLIS = 1000
const SEVERITIES: readonly Insight['severity'][] = ['error', 'warning', 'info']

export function createInsights({ store, live, operations, statistics }: InsightSources): Insights {
  const { database } = store
  const texts = createFindingTexts(database)
  const byId = database.prepare('SELECT * FROM trace WHERE id = ?')
  let causes: Map<string, Cause> | undefined
  const spans = createSpanRefs(store)
  /** Findings about operations are made anew with each sum. */
  const examplesBy = new WeakMap<Finding, SpanRef[]>()
  let summedRev = -1
  let summedAt = 0
  let summingMillis = 0
  const dismissed = new Set(
    (database.prepare('SELECT id FROM dismissed').all() as { id: string }[]).map(({ id }) => id),
  )
  const analyzer = createAnalyzer({ store, live, statistics, keepTexts: texts.keep, onAnalyzed: forget })
  store.onDeleted(() => {
    if (store.retention.totals.spans === 0) texts.clear()
    spans.clear()
    forget()
  })

  return {
    ofTrace(row, refOf) {
      if (row.spans === 0) return []
      if (row.findings === null) {
        const found = analyzer.analyze(row)
        return found.map((finding) => toInsight(causeOf(finding, row.start_us, [row.id, finding.spanIds]), refOf))
      }
      return (JSON.parse(row.findings) as KeptFinding[]).flatMap((kept) => {
        const finding = texts.of(kept.k)
        if (!finding) return []
        const [title, detail] = kept.t ?? [finding.title, finding.detail]
        const own = { ...finding, title, detail, count: kept.c, savingNs: kept.s }
        return toInsight(causeOf(own, row.start_us, [row.id, kept.e]), refOf)
      })
    },
    ofTraces(rows) {
      const deadline = performance.now() + ANALYSE_MILLIS
      const looked = rows.flatMap((row) => {
        if (row.findings !== null) return row
        if (row.spans === 0 || performance.now() > deadline) return []
        analyzer.analyze(row)
        return (byId.get(row.id) as TraceRow | undefined) ?? []
      })
      return [...sum(looked).values()].map((cause) => toInsight(cause))
    },
    list(includeDismissed) {
      const counts: Partial<Record<InsightKind, number>> = {}
      const insights: Insight[] = []
      for (const cause of ranked()) {
        const isDismissed = dismissed.has(idOf(cause.finding.key))
        if (!isDismissed) counts[cause.finding.kind] = (counts[cause.finding.kind] ?? 0) + 1
        if ((includeDismissed || !isDismissed) && insights.length < MAX_INSIGHTS) insights.push(toInsight(cause))
      }
      return { insights, counts }
    },
    count() {
      let count = 0
      for (const key of sums().keys()) if (!dismissed.has(idOf(key))) count++
      return count
    },
    setDismissed(id, isDismissed) {
      const change = isDismissed ? 'INSERT OR IGNORE INTO dismissed VALUES (?)' : 'DELETE FROM dismissed WHERE id = ?'
      database.prepare(change).run(id)
      if (isDismissed) dismissed.add(id)
      else dismissed.delete(id)
      store.bump()
    },
    close: () => analyzer.close(),
  }

  function forget(): void {
    summedRev = -1
  }

  function ranked(): Cause[] {
    return [...sums().values()].sort(
      (a, b) =>
        SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity) ||
        b.count - a.count ||
        b.lastUs - a.lastUs,
    )
  }

  /** Summed again when something changed, the less often the longer it takes. */
  function sums(): Map<string, Cause> {
    const now = performance.now()
    const isFresh =
      causes && (store.rev === summedRev || now - summedAt < Math.max(SUM_EVERY_MILLIS, summingMillis * 20))
    if (isFresh && summedRev !== -1) return causes!
    causes = sumTraces()
    for (const cause of ofAllTraces()) causes.set(cause.finding.key, cause)
    summedRev = store.rev
    summedAt = performance.now()
    summingMillis = summedAt - now
    return causes
  }

  function sumTraces(): Map<string, Cause> {
    const rows = database.prepare(
      'SELECT id, start_us, findings FROM trace WHERE findings IS NOT NULL AND length(findings) > 2 ORDER BY no DESC',
    )
    const named = new Set<string>()
    const found = sum(rows.iterate() as Iterable<Looked>, named)
    texts.retain(named)
    return found
  }

  /** Rows newest first. @param named takes the keys of all findings */
  function sum(rows: Iterable<Looked>, named = new Set<string>()): Map<string, Cause> {
    const found = new Map<string, Cause>()
    for (const row of rows) {
      for (const kept of JSON.parse(row.findings ?? '[]') as KeptFinding[]) {
        named.add(kept.k)
        const cause = found.get(kept.k)
        if (cause) addTo(cause, row, kept)
        else {
          const finding = texts.of(kept.k)
          const own = finding && { ...finding, count: kept.c, savingNs: kept.s }
          if (own) found.set(kept.k, causeOf(own, row.start_us, [row.id, kept.e]))
        }
      }
    }
    return found
  }

  /** What is seen of many traces together only. */
  function ofAllTraces(): Cause[] {
    const nowMillis = Date.now()
    const { fromUs: firstUs, toUs: lastUs } = closeWindow(store, readWindow(new URLSearchParams()))
    const seen = database.prepare('SELECT seen_us FROM trace WHERE id = ?')
    const seenMillisOf = (traceId: string) =>
      ((seen.get(traceId) as { seen_us: number } | undefined)?.seen_us ?? 0) / 1000
    const unclosed = findUnclosed(live.all(), nowMillis, seenMillisOf).map((finding) => ({
      ...causeOf(finding, lastUs),
      firstUs,
      evidence: finding.traceIds.map((traceId, index) => [traceId, [finding.spanIds[index]!]] as const),
    }))
    // slower than in the run before, and slow now and then, may have different causes
    const slow = Map.groupBy(findSlow(operations, store.texts, programsOf(store)), ({ key }) => key.split('|', 2)[1])
    const rest = [
      ...[...slow.values()].flatMap((findings) => mergeChains(store, findings)),
      ...findHighCardinality(operations, store.texts),
      ...findNameless(store.resources.all()),
    ]
    return [...unclosed, ...rest.map((finding) => ({ ...causeOf(finding, lastUs), firstUs }))]
  }

  function toInsight(
    { finding, count, firstUs, lastUs, savingNs, evidence }: Cause,
    refOf?: (spanId: string) => SpanRef | undefined,
  ): Insight {
    const id = idOf(finding.key)
    const find = (traceId: string, spanId: string) => (refOf ? refOf(spanId) : spans.find(traceId, spanId))
    const refs = evidence.flatMap(([traceId, [spanId]]) => (spanId ? (find(traceId, spanId) ?? []) : []))
    return {
      id,
      kind: finding.kind,
      severity: finding.severity,
      title: finding.title,
      detail: finding.detail,
      advice: finding.advice,
      service: finding.service,
      operation: finding.operation,
      count,
      firstUs,
      lastUs,
      savingNs,
      evidence: refs.length > 0 ? refs : examples(finding),
      query: finding.query,
      exception: finding.exception ? exceptionOf(finding.exception.attributes, finding.exception.timeUs) : null,
      dismissed: dismissed.has(id),
    }
  }

  function examples(finding: Finding): SpanRef[] {
    const known = examplesBy.get(finding) ?? examplesOf(finding)
    examplesBy.set(finding, known)
    return known
  }

  /** Of findings about operations: their slowest calls, or any. */
  function examplesOf({ kind, service, operation, weight }: Finding): SpanRef[] {
    const svc = store.texts.find(service)
    const name = operation === null ? undefined : store.texts.find(operation)
    if (svc === undefined) return []
    const conditions = [isIn('s.svc', [svc])]
    if (name !== undefined) conditions.push(isIn('s.name', [name]))
    else if (kind === 'high-cardinality' && operation !== null) {
      const pattern = operation.replace(/[[?]/g, '[$&]')
      conditions.push(sql('s.name IN (SELECT id FROM str WHERE v GLOB ?)', pattern))
    }
    if (kind === 'slow') conditions.push(sql('s.dur_ns >= ?', weight), isIn('s.kind', [2, 3, 5]))
    return spanRefs(store, and(conditions), `ORDER BY s.start_us DESC LIMIT ${MAX_EVIDENCE}`)
  }
}

function idOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16)
}
