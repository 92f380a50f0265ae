/** What `dev` prints while a program runs: a line a trace, a few more for one that failed, is slow, or asks again and again. */
import type { TraceDetail, TraceSummary } from '../api.ts'
import { isSlow } from '../insights/slow.ts'
import type { Screen } from '../terminal/screen.ts'
import { traceLine } from '../terminal/trace-line.ts'
import { waterfall } from '../terminal/waterfall.ts'
import type { ViewerClient } from './client.ts'

/** `usual` explains what stands out, `waterfall` every trace, `json` gives the summaries as the API does; `quiet` is silent. */
export type DevMode = 'usual' | 'waterfall' | 'json' | 'quiet'

export interface DevOutput {
  /** Prints traces in the order they came. */
  print(traces: readonly TraceSummary[]): Promise<void>
}

/** Traces of one read that are looked at closely: a load test must not make the viewer busy with us. */
const MAX_DETAILS = 20
/** A cause that was explained a moment ago gets its line only. */
const EXPLAIN_AGAIN_MILLIS = 10_000
/** Slow without anything to compare with. */
const SLOW_NS = 1_000_000_000
const LEAST_REPEATS = 5

export function createDevOutput(
  client: ViewerClient,
  mode: DevMode,
  screen: Screen,
  say: (line: string) => void,
): DevOutput {
  const explained = new Map<string, number>()

  return {
    async print(traces) {
      if (mode === 'quiet') return
      let details = 0
      for (const trace of traces) {
        if (mode === 'json') {
          say(JSON.stringify({ type: 'trace', ...trace, url: `${client.url}/traces/${trace.traceId}` }))
          continue
        }
        const detail = isCandidate(trace) && details++ < MAX_DETAILS ? await detailOf(trace) : undefined
        const cause = detail && causeOf(trace, detail)
        say(traceLine(withBadges(trace, detail), client.url, screen))
        if (detail && (mode === 'waterfall' || (cause !== undefined && isNews(cause))))
          for (const line of waterfall(detail, screen, { rows: mode === 'waterfall' ? 30 : 8 })) say(line)
      }
    },
  }

  function isCandidate(trace: TraceSummary): boolean {
    return mode === 'waterfall' || trace.errors > 0 || isSlowTrace(trace) || callsOf(trace) >= LEAST_REPEATS
  }

  async function detailOf({ traceId }: TraceSummary): Promise<TraceDetail | undefined> {
    return client.get('trace', { traceId, attributes: 1 }).catch(() => undefined)
  }

  function isNews(cause: string): boolean {
    const now = performance.now()
    const isOld = now - (explained.get(cause) ?? Number.NEGATIVE_INFINITY) < EXPLAIN_AGAIN_MILLIS
    if (!isOld) explained.set(cause, now)
    return !isOld
  }
}

/** Why a trace is explained; undefined when nothing of it stands out. */
function causeOf(trace: TraceSummary, { insights }: TraceDetail): string | undefined {
  const found = insights.filter(({ kind, severity }) => kind === 'n+1' || (kind === 'errors' && severity === 'error'))
  if (found.length > 0) return found.map(({ id }) => id).join()
  if (trace.errors > 0) return `errors ${trace.service} ${trace.name}`
  return isSlowTrace(trace) ? `slow ${trace.service} ${trace.name}` : undefined
}

function withBadges(trace: TraceSummary, detail: TraceDetail | undefined): TraceSummary {
  const badges = new Set([...trace.badges, ...(isSlowTrace(trace) ? (['slow'] as const) : [])])
  if (detail?.insights.some(({ kind }) => kind === 'n+1')) badges.add('n+1')
  return { ...trace, badges: [...badges] }
}

function isSlowTrace({ durationNs, operationP50Ns }: TraceSummary): boolean {
  return operationP50Ns === null ? durationNs >= SLOW_NS : isSlow(durationNs, operationP50Ns)
}

function callsOf({ systems = {} }: TraceSummary): number {
  return Object.values(systems).reduce((sum, calls) => sum + calls, 0)
}
