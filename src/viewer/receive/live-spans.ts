/** Spans that have started and not ended, as the distribution reports them; a span leaves when it arrives finished. */
import type { ServerResponse } from 'node:http'
import type { ValueMap } from '../../wire/decode-types.ts'
import type { Attributes, LiveReport, LiveSpan } from '../api.ts'
import { runOf } from '../store/context.ts'
import type { Store } from '../store/store.ts'
import { HttpError } from './body.ts'

export interface OpenSpan extends LiveSpan {
  readonly service: string
  readonly run: string
  readonly resource: Attributes
  readonly reportedMillis: number
  /** When it ended, or its process did; null while it runs. */
  readonly endedMillis: number | null
  /** The process has ended: it will never close. */
  readonly isAbandoned: boolean
}

export interface LiveSpans {
  /** @param response kept open if the report says `stay` */
  report(report: LiveReport, response: ServerResponse): void
  ofTrace(traceId: string): readonly OpenSpan[]
  all(): Iterable<OpenSpan>
  clear(): void
}

const MAX_OPEN = 10_000
const MAX_STARTED = 2000

export function createLiveSpans(store: Store): LiveSpans {
  const byTrace = new Map<string, Map<string, OpenSpan>>()
  const connections = new Map<string, number>()
  let count = 0
  store.observeSpans({
    onSpan({ traceId, spanId }) {
      if (count > 0) remove(traceId, spanId)
    },
  })
  return {
    report(report, response) {
      const resource = report.resource ?? {}
      const service = String(resource['service.name'] ?? 'unknown_service')
      const run = runOf(resource as ValueMap)
      const started = listOf(report.started)
      for (const span of started) {
        if (!isValid(span))
          throw new HttpError(400, 'bad_request', 'A started span needs traceId, spanId, name and startUs.')
        if (count >= MAX_OPEN) dropOldest()
        add({ ...span, service, run, resource, reportedMillis: Date.now(), endedMillis: null, isAbandoned: false })
      }
      for (const { traceId, spanId } of listOf(report.ended)) markEnded(traceId, spanId)
      if (report.exited === true) abandon(run)
      if (report.stay === true) keepOpen(run, response)
      store.bump([...new Set(started.map(({ traceId }) => traceId))])
    },
    ofTrace: (traceId) => [...(byTrace.get(traceId)?.values() ?? [])],
    *all() {
      for (const spans of byTrace.values()) yield* spans.values()
    },
    clear() {
      byTrace.clear()
      count = 0
    },
  }

  function add(span: OpenSpan): void {
    const spans = byTrace.get(span.traceId) ?? new Map<string, OpenSpan>()
    byTrace.set(span.traceId, spans)
    if (!spans.has(span.spanId)) count++
    spans.set(span.spanId, span)
  }

  function remove(traceId: string, spanId: string): void {
    const spans = byTrace.get(traceId)
    if (!spans?.delete(spanId)) return
    count--
    if (spans.size === 0) byTrace.delete(traceId)
  }

  /** It is shown until it arrives; should it have been lost, it goes with its process. */
  function markEnded(traceId: string, spanId: string): void {
    const spans = byTrace.get(traceId)
    const span = spans?.get(spanId)
    if (span) spans!.set(spanId, { ...span, endedMillis: span.endedMillis ?? Date.now() })
  }

  /** A process may have several connections: worker threads have one each. */
  function keepOpen(run: string, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' }).flushHeaders()
    connections.set(run, (connections.get(run) ?? 0) + 1)
    response.once('close', () => {
      const left = connections.get(run)! - 1
      if (left > 0) {
        connections.set(run, left)
        return
      }
      connections.delete(run)
      store.bump(abandon(run))
    })
  }

  function abandon(run: string): string[] {
    const changed: string[] = []
    for (const [traceId, spans] of byTrace) {
      for (const span of spans.values()) {
        if (span.run !== run || span.isAbandoned) continue
        if (span.endedMillis !== null) remove(traceId, span.spanId)
        else spans.set(span.spanId, { ...span, endedMillis: Date.now(), isAbandoned: true })
        changed.push(traceId)
      }
    }
    return [...new Set(changed)]
  }

  function dropOldest(): void {
    const [traceId, spans] = byTrace.entries().next().value!
    byTrace.delete(traceId)
    count -= spans.size
  }
}

function listOf<Item>(items: readonly Item[] | undefined): readonly Item[] {
  return Array.isArray(items) ? items.slice(0, MAX_STARTED) : []
}

function isValid(span: LiveSpan): boolean {
  return (
    typeof span === 'object' &&
    span !== null &&
    /^[0-9a-f]{32}$/.test(span.traceId) &&
    /^[0-9a-f]{16}$/.test(span.spanId) &&
    typeof span.name === 'string' &&
    Number.isSafeInteger(span.startUs)
  )
}
