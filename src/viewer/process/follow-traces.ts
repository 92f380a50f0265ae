/** Prints a line with the address of each new trace of one run, as soon as its root has arrived. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROUTES, type TraceList, type TraceSummary } from '../api.ts'
import type { LocalViewer } from './locate.ts'

/** Resource attribute by which the traces of a run are found again. */
export const RUN_ATTRIBUTE = 'uptrace.dev.run'

export interface Follower {
  /** Prints what still comes after the program has ended. */
  finish(): Promise<void>
  stop(): void
}

const RETRY_MILLIS = 500
/** After the program has ended its last data may still come: until none has come for this long ... */
const QUIET_MILLIS = 300
/** ... but no longer than this. */
const LAST_MILLIS = 2000
const LOOK_EVERY_MILLIS = 50
const PAGE = 200

export function newRunId(): string {
  return randomBytes(6).toString('hex')
}

export function followTraces({ url, dsn }: LocalViewer, runId: string, say: (line: string) => void): Follower {
  const headers = { authorization: `Bearer ${new URL(dsn).username}` }
  const abort = new AbortController()
  const startUs = Date.now() * 1000 - 60_000_000
  const printed = new Set<string>()
  /** What of the run is stored, as a text that differs once more has come. */
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
        const response = await fetch(url + ROUTES.events, { headers, signal: abort.signal })
        for await (const _ of response.body ?? []) await readSoon()
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
    const query = new URLSearchParams({ q: `${RUN_ATTRIBUTE}=${runId}`, from: String(startUs), limit: String(PAGE) })
    try {
      const response = await fetch(`${url}${ROUTES.traces}?${query}`, { headers, signal: abort.signal })
      if (!response.ok) return
      const { traces } = (await response.json()) as TraceList
      stored = traces.map(({ traceId, spans, logs }) => `${traceId} ${spans} ${logs}`).join()
      for (const trace of traces.toReversed()) print(trace)
    } catch {
      // as above
    }
  }

  function print(trace: TraceSummary): void {
    const { traceId, rootSpanId, name } = trace
    if (rootSpanId === null || printed.has(traceId)) return
    printed.add(traceId)
    const failed = trace.errors > 0 ? '  error' : ''
    say(`${oneLine(name)}${failed}  ${formatMillis(trace.durationNs)}  ${url}/traces/${traceId}?span_id=${rootSpanId}`)
  }
}

/** Names come from programs: no control characters to the terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{C}+/gu, ' ').slice(0, 200)
}

function formatMillis(ns: number): string {
  const millis = ns / 1e6
  return `${millis >= 10 ? Math.round(millis) : Number(millis.toPrecision(2))} ms`
}
