/** Tells of each new trace that meets a query, as soon as its root has arrived. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceSummary } from '../api.ts'
import type { Parameters, ViewerClient } from './client.ts'

export interface Follower {
  /** Tells of what still comes after the program has ended. */
  finish(): Promise<void>
  stop(): void
}

/** Told of traces that have come together, oldest first, each once; awaited before it is told of the next. */
export type OnTraces = (traces: readonly TraceSummary[]) => Promise<void> | void

const RETRY_MILLIS = 500
/** After the program has ended its last data may still come: until none has come for this long ... */
const QUIET_MILLIS = 300
/** ... but no longer than this. */
const LAST_MILLIS = 2000
const LOOK_EVERY_MILLIS = 50
const PAGE = 200

/** @param before traces that were told of already */
export function followTraces(
  client: ViewerClient,
  filter: Parameters,
  onTraces: OnTraces,
  before: readonly TraceSummary[] = [],
): Follower {
  const abort = new AbortController()
  const startUs = Date.now() * 1000 - 60_000_000
  const told = new Set(before.map(({ traceId }) => traceId))
  /** What is stored, as a text that differs once more has come. */
  let stored = ''
  let reading: Promise<void> = Promise.resolve()
  void listen()
  return {
    async finish() {
      await Promise.race([untilQuiet(), sleep(LAST_MILLIS, undefined, { signal: abort.signal }).catch(() => {})])
      abort.abort()
    },
    stop: () => abort.abort(),
  }

  async function untilQuiet(): Promise<void> {
    let before: string | undefined
    let quietSince = 0
    do {
      await readSoon()
      if (stored !== before) quietSince = performance.now()
      before = stored
      await sleep(LOOK_EVERY_MILLIS)
    } while (!abort.signal.aborted && performance.now() < quietSince + QUIET_MILLIS)
  }

  /** Ticks say that something came; what it is is asked for. */
  async function listen(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        for await (const _ of client.ticks(abort.signal)) await readSoon()
      } catch {
        // the viewer may be replaced by another version, or ended: it is asked again
      }
      await sleep(RETRY_MILLIS, undefined, { signal: abort.signal }).catch(() => {})
    }
  }

  function readSoon(): Promise<void> {
    reading = reading.then(read, read)
    return reading
  }

  async function read(): Promise<void> {
    const query = { ...filter, from: startUs, limit: PAGE, systems: 1 }
    try {
      const { traces } = await client.get('traces', query, abort.signal)
      stored = traces.map(({ traceId, spans, logs }) => `${traceId} ${spans} ${logs}`).join()
      const fresh = traces.filter(({ traceId, rootSpanId }) => rootSpanId !== null && !told.has(traceId)).reverse()
      for (const { traceId } of fresh) told.add(traceId)
      if (fresh.length > 0) await onTraces(fresh)
    } catch {
      // as above
    }
  }
}
