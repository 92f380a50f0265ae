/** Waits for a trace. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import { readTrace } from './find.ts'
import type { ViewerTrace } from './found.ts'

export interface WaitOptions {
  /** @default 10_000 */
  readonly timeoutMillis?: number
  /** Wait for this many spans. Without it a trace that is named by id is complete when its root and all parents are there. */
  readonly minSpans?: number
}

/** Resolves with a trace by id once it is complete, or with the first trace a predicate accepts. */
export async function waitForTrace(
  store: Store,
  wanted: string | ((trace: ViewerTrace) => boolean),
  explain: () => string,
  options: WaitOptions = {},
): Promise<ViewerTrace> {
  const { timeoutMillis = 10_000, minSpans } = options
  const isWanted = (trace: ViewerTrace) =>
    trace.spans.length >= (minSpans ?? 1) &&
    (typeof wanted === 'function' ? wanted(trace) : minSpans !== undefined || isComplete(trace))
  const candidates = (): string[] =>
    typeof wanted === 'string'
      ? [wanted.toLowerCase()]
      : (store.database.prepare('SELECT id FROM trace WHERE spans > 0 ORDER BY no').all() as { id: string }[]).map(
          ({ id }) => id,
        )
  const deadline = new AbortController()
  const expiry = sleep(timeoutMillis, undefined, { signal: deadline.signal }).catch(() => {})
  let isExpired = false
  void expiry.then(() => {
    isExpired = true
  })
  try {
    for (let ids = candidates(); ; ) {
      for (const id of ids) {
        const trace = readTrace(store, id)
        if (isWanted(trace)) return trace
      }
      const changed = await Promise.race([nextChange(store, deadline.signal), expiry])
      if (isExpired || !changed) throw timeoutError(store, wanted, timeoutMillis, explain())
      ids = typeof wanted === 'string' ? [wanted.toLowerCase()] : changed
    }
  } finally {
    deadline.abort()
  }
}

function isComplete({ root, spans }: ViewerTrace): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return root !== undefined && spans.every(({ parentSpanId }) => parentSpanId === null || ids.has(parentSpanId))
}

function nextChange(store: Store, signal: AbortSignal): Promise<string[]> {
  return new Promise((resolve) => {
    const stop = store.onChange(({ traces }) => {
      stop()
      resolve(traces.map(({ id }) => id))
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

function timeoutError(store: Store, wanted: unknown, millis: number, explanation: string): Error {
  const { spans, logs, metricPoints } = store.retention.totals
  const what = typeof wanted === 'string' ? `Trace ${wanted}` : 'A trace that the predicate accepts'
  return new Error(
    `${what} did not come within ${millis} ms. Stored: ${spans} spans, ${logs} log records, ${metricPoints} metric points. ${explanation}`,
  )
}
