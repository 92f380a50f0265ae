/** Looks at each trace once it has been quiet for a second, never for more than a small share of the time. */

import { logThrottled } from '../../log.ts'
import type { OperationStatistics } from '../query/operation-statistics.ts'
import { placeTrace } from '../query/place-trace.ts'
import { buildTree } from '../query/tree.ts'
import type { LiveSpans } from '../receive/live-spans.ts'
import { badgeBits } from '../store/badges.ts'
import type { Store } from '../store/store.ts'
import type { TraceRow } from '../store/traces.ts'
import { transaction } from '../store/transaction.ts'
import { analyzeTrace } from './detectors.ts'
import type { Finding } from './finding.ts'

/** What is kept of a finding with its trace; the texts are kept once for all traces, by key. */
export interface KeptFinding {
  readonly k: string
  readonly c: number
  readonly s: number | null
  readonly e: readonly string[]
  /** Title and detail, where those of this trace differ. */
  readonly t?: readonly [title: string, detail: string]
}

export interface Analyzer {
  /** Looks at a trace now; gives what was found. */
  analyze(row: TraceRow): readonly Finding[]
  close(): void
}

export interface AnalyzerOptions {
  readonly store: Store
  readonly live: LiveSpans
  readonly statistics: OperationStatistics
  readonly keepTexts: (finding: Finding) => void
  /** Called after traces were looked at. */
  readonly onAnalyzed: () => void
}

const QUIET_MILLIS = 1000
const TICK_MILLIS = 250
/** Of a tick: 8 % of the time at most, and 2 % while so much arrives that storing it comes first. */
const BUDGET_MILLIS = 20
const BUSY_BUDGET_MILLIS = 5
const BUSY_SPANS = 5000
const MAX_PENDING = 20_000
/** A trace larger than this is judged by its first spans. */
const MAX_SPANS = 20_000

export function createAnalyzer({ store, live, statistics, keepTexts, onAnalyzed }: AnalyzerOptions): Analyzer {
  /** Traces by id with the time of their last change, in that order. */
  const pending = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let arrived = 0
  const byId = store.database.prepare('SELECT * FROM trace WHERE id = ?')
  const keep = store.database.prepare('UPDATE trace SET badges = ?, findings = ? WHERE no = ?')

  const align = store.database.prepare('UPDATE trace SET dur_ns = ? WHERE no = ?')
  const unseen = store.database.prepare(
    'SELECT id FROM trace WHERE findings IS NULL AND spans > 0 ORDER BY no DESC LIMIT ?',
  )
  for (const { id } of unseen.all(MAX_PENDING) as { id: string }[]) pending.set(id, 0)
  const stopListening = store.onChange(({ traces, result, isNews }) => {
    if (result.spans === 0 && !isNews) return
    arrived += result.spans
    const now = performance.now()
    for (const { id } of traces) {
      pending.delete(id)
      pending.set(id, now)
    }
    // what falls out is looked at when it is opened
    for (const id of pending.keys()) {
      if (pending.size <= MAX_PENDING) break
      pending.delete(id)
    }
    schedule()
  })
  store.onDeleted(() => {
    if (store.retention.totals.spans === 0) pending.clear()
  })
  if (pending.size > 0) schedule()

  return {
    analyze,
    close() {
      stopListening()
      clearTimeout(timer)
      pending.clear()
    },
  }

  function schedule(): void {
    if (timer) return
    timer = setTimeout(tick, TICK_MILLIS)
    timer.unref()
  }

  function tick(): void {
    timer = undefined
    const started = performance.now()
    const budgetMillis = arrived > BUSY_SPANS ? BUSY_BUDGET_MILLIS : BUDGET_MILLIS
    arrived = 0
    let analyzed: string[] = []
    try {
      analyzed = transaction(store.database, () => analyzePending(started, budgetMillis))
    } catch (error) {
      // the disk is full, say; what was looked at now has no findings until it changes
      logThrottled('warn', 'viewer:insights', `viewer: findings can't be stored: ${(error as Error).message}`)
    }
    if (analyzed.length > 0) {
      onAnalyzed()
      store.bump(analyzed)
    }
    if (pending.size > 0) schedule()
  }

  function analyzePending(started: number, budgetMillis: number): string[] {
    const analyzed: string[] = []
    for (const [id, changedAt] of pending) {
      const now = performance.now()
      if (now - changedAt < QUIET_MILLIS || now - started > budgetMillis) break
      pending.delete(id)
      const row = byId.get(id) as TraceRow | undefined
      if (!row || row.spans === 0) continue
      try {
        analyze(row)
      } catch {
        keep.run(0, '[]', row.no) // a trace that cannot be read must not end the program, nor come again
      }
      analyzed.push(id)
    }
    return analyzed
  }

  function analyze(row: TraceRow): readonly Finding[] {
    const placed = placeTrace({ store, live }, row, { maxSpans: MAX_SPANS })
    const trace = { traceId: row.id, startUs: placed.startUs, spans: placed.spans, tree: buildTree(placed.spans) }
    const usualNs = statistics.p50Of(row.head_svc, row.head_name, row.head_kind)
    const { findings, badges } = analyzeTrace(store, trace, usualNs)
    const kept = findings.map(
      ({ key, count, savingNs, spanIds, title, detail, isTold }): KeptFinding => ({
        k: key,
        c: count,
        s: savingNs,
        e: spanIds,
        ...(isTold && { t: [title, detail] }),
      }),
    )
    for (const finding of findings) keepTexts(finding)
    // lists, filters and the page of the trace tell one duration: that of aligned clocks
    if (placed.skewed && placed.truncated === 0) align.run(placed.durationNs, row.no)
    keep.run(badgeBits(badges), JSON.stringify(kept), row.no)
    return findings
  }
}
