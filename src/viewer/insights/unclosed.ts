/** Finds spans that the distribution reported as started and that will not end: their process is gone, or nothing has happened for long. */
import type { OpenSpan } from '../receive/live-spans.ts'
import { type Finding, queryFor } from './finding.ts'

export const IDLE_MILLIS = 60_000

export interface UnclosedFinding extends Finding {
  readonly traceIds: readonly string[]
}

/** @param seenMillisOf when a trace last received anything, or 0 */
export function findUnclosed(
  open: Iterable<OpenSpan>,
  nowMillis: number,
  seenMillisOf: (traceId: string) => number,
): UnclosedFinding[] {
  const groups = Map.groupBy(
    [...open].filter((span) => isUnclosed(span, nowMillis, seenMillisOf)),
    ({ service, name }) => `${service}|${name}`,
  )
  return [...groups].map(([key, spans]) => {
    const { service, name, isAbandoned, startStack } = spans[0]!
    const why = isAbandoned
      ? 'The process ended while it was open.'
      : 'Nothing has come of its trace for more than a minute.'
    return {
      key: `unclosed|${key}`,
      kind: 'unclosed',
      severity: 'warning',
      title: `${name} was started and never ended`,
      detail: `${why}${startStack ? ` It was started at ${startStack.split('\n', 1)[0]!.trim()}.` : ''}`,
      advice:
        'Call `span.end()` on every path, best in a `finally`; await what a request starts before the process exits.',
      service,
      operation: name,
      count: spans.length,
      weight: spans.length,
      savingNs: null,
      spanIds: spans.slice(0, 3).map(({ spanId }) => spanId),
      traceIds: spans.slice(0, 3).map(({ traceId }) => traceId),
      query: queryFor(service, name, 'badge:unclosed'),
      badge: 'unclosed',
    }
  })
}

export function isUnclosed(span: OpenSpan, nowMillis: number, seenMillisOf: (traceId: string) => number): boolean {
  if (span.endedMillis !== null) return span.isAbandoned
  const lastMillis = Math.max(span.startUs / 1000, span.reportedMillis, seenMillisOf(span.traceId))
  return nowMillis - lastMillis > IDLE_MILLIS
}
