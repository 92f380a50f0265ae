/** The store: one transaction a request, counters, and the bus that tells others what changed. */
import type { Decoded } from '../../wire/decode-types.ts'
import type { ProfileReport } from '../api.ts'
import { createResources, type StoreContext } from './context.ts'
import { closeDatabase, type OpenedDatabase, openDatabase } from './database.ts'
import { createInterner } from './intern.ts'
import type { Limits } from './limits.ts'
import { createLogWriter } from './logs.ts'
import { createMetricWriter } from './metrics.ts'
import { tracesWithin, writeProfile } from './profiles.ts'
import { createRetention, type Retention } from './retention.ts'
import { createSpanWriter, type SpanObserver } from './spans.ts'
import { createTraceSummaries, type TraceState } from './traces.ts'
import { transaction } from './transaction.ts'

export interface StoreOptions {
  /** Without a file all is kept in memory. */
  readonly file?: string | undefined
  readonly limits?: Partial<Limits>
}

export interface Counters {
  spans: number
  logs: number
  metricPoints: number
  rejected: number
  lastUs: number | null
}

export interface AddResult {
  readonly spans: number
  readonly logs: number
  readonly metricPoints: number
  readonly rejected: number
  readonly reason: string
}

/** What one request changed. */
export interface Change {
  readonly traces: readonly Pick<TraceState, 'id'>[]
  readonly result: AddResult
  /** Something else is known of these traces now: they are to be looked at again. */
  readonly isNews?: boolean
}

export interface Store extends StoreContext {
  readonly kind: 'disk' | 'memory'
  readonly path: string | null
  readonly counters: Counters
  readonly limits: Limits
  readonly retention: Retention
  /** Grows with every change. */
  readonly rev: number
  /** Why the last data could not be stored; null when it could. */
  readonly problem: string | null
  add(decoded: Decoded): AddResult
  /** Stores samples of a process. */
  addProfile(run: string, report: ProfileReport): void
  /** Called after each transaction that stored something, and after `clear`. */
  onChange(listener: (change: Change) => void): () => void
  /** Called for each span while it is stored. */
  observeSpans(observer: SpanObserver): void
  /** Called after spans were deleted because of a limit, and after `clear`. */
  onDeleted(listener: () => void): void
  /** Says that something other than spans, logs and points changed, such as what is known of these traces. */
  bump(traceIds?: readonly string[]): void
  clear(): void
  close(): void
}

export function createStore(options: StoreOptions = {}): Store {
  const opened = openDatabase(options.file)
  try {
    return storeOf(opened, options.limits)
  } catch (error) {
    opened.database.close()
    throw error
  }
}

function storeOf({ database, kind, path }: OpenedDatabase, limits: Partial<Limits> = {}): Store {
  const texts = createInterner(database, 'str')
  const scopes = createInterner(database, 'scope')
  const context: StoreContext = { database, texts, scopes, resources: createResources(database, texts) }
  const observers: SpanObserver[] = []
  const listeners = new Set<(change: Change) => void>()
  const deletionListeners: (() => void)[] = []
  const traces = createTraceSummaries(context)
  const spans = createSpanWriter(context, traces, {
    onSpan: (span, facts) => {
      for (const observer of observers) observer.onSpan(span, facts)
    },
  })
  const logs = createLogWriter(context, traces)
  const metrics = createMetricWriter(context)
  const retention = createRetention(context, limits, forgetDeleted)
  const counters: Counters = { spans: 0, logs: 0, metricPoints: 0, rejected: 0, lastUs: null }
  let rev = 1
  let problem: string | null = null

  const store: Store = {
    ...context,
    kind,
    path,
    counters,
    limits: retention.limits,
    retention,
    get rev() {
      return rev
    },
    get problem() {
      return problem
    },
    add(decoded) {
      const nowUs = Date.now() * 1000
      let change: Change
      try {
        change = transaction(database, () => write(decoded, nowUs))
      } catch (error) {
        problem = (error as Error).message
        rev++
        forgetCaches()
        throw error
      }
      const { result } = change
      problem = null
      counters.spans += result.spans
      counters.logs += result.logs
      counters.metricPoints += result.metricPoints
      counters.rejected += result.rejected
      counters.lastUs = nowUs
      rev++
      retention.added(result.spans, result.logs, result.metricPoints)
      for (const listener of listeners) listener(change)
      return result
    },
    addProfile(run, report) {
      retention.addedProfile(transaction(database, () => writeProfile(database, run, report)))
      rev++
      const waiting = report.blocks.flatMap(({ startUs, endUs }) => tracesWithin(database, startUs, endUs))
      const own = report.blocks.flatMap(({ span }) => report.spans[span]?.traceId ?? [])
      const traceIds = [...new Set([...waiting, ...own])]
      if (traceIds.length === 0) return
      for (const listener of listeners)
        listener({ traces: traceIds.map((id) => ({ id })), result: NOTHING_ADDED, isNews: true })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    observeSpans: (observer) => {
      observers.push(observer)
    },
    onDeleted: (listener) => {
      deletionListeners.push(listener)
    },
    bump(traceIds = []) {
      rev++
      for (const listener of listeners) listener({ traces: traceIds.map((id) => ({ id })), result: NOTHING_ADDED })
    },
    clear() {
      retention.clear()
      forgetDeleted()
      store.bump()
    },
    close() {
      retention.stop()
      listeners.clear()
      closeDatabase(database)
    },
  }
  return store

  function write(decoded: Decoded, nowUs: number): Change {
    const written = spans.write(decoded.traces, nowUs)
    const logCount = logs.write(decoded.logs, nowUs)
    const pointCount = metrics.write(decoded.metrics, nowUs)
    const result: AddResult = {
      spans: written.stored,
      logs: logCount,
      metricPoints: pointCount,
      rejected: written.rejected,
      reason: written.reason,
    }
    return { traces: traces.flush(), result }
  }

  /** After a rollback or a deletion, ids in memory may name rows that are gone. */
  function forgetCaches(): void {
    for (const cache of [spans, logs, metrics]) cache.reset()
    texts.clear()
    scopes.clear()
    context.resources.reload()
    traces.forget()
  }

  function forgetDeleted(): void {
    forgetCaches()
    for (const listener of deletionListeners) listener()
  }
}

const NOTHING_ADDED: AddResult = { spans: 0, logs: 0, metricPoints: 0, rejected: 0, reason: '' }
