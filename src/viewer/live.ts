/** Spans that have started and not ended, as the distribution reports them; a span leaves when it arrives finished. */
import type { Attributes, LiveReport, LiveSpan } from './api.ts'
import { HttpError } from './body.ts'
import type { Store } from './store/store.ts'

export interface OpenSpan extends LiveSpan {
  readonly service: string
  readonly run: string
  readonly resource: Attributes
  readonly reportedMillis: number
  /** The process has ended: it will never close. */
  readonly isAbandoned: boolean
}

export interface LiveSpans {
  report(report: LiveReport): void
  ofTrace(traceId: string): readonly OpenSpan[]
  all(): Iterable<OpenSpan>
  clear(): void
}

const MAX_OPEN = 10_000
const MAX_STARTED = 2000

export function createLiveSpans(store: Store): LiveSpans {
  const byTrace = new Map<string, Map<string, OpenSpan>>()
  let count = 0
  store.observeSpans({
    onSpan({ traceId, spanId }) {
      if (count > 0) remove(traceId, spanId)
    },
  })
  return {
    report(report) {
      const resource = report.resource ?? {}
      const service = String(resource['service.name'] ?? 'unknown_service')
      const run = String(resource['service.instance.id'] ?? service)
      const started = Array.isArray(report.started) ? report.started.slice(0, MAX_STARTED) : []
      for (const span of started) {
        if (!isValid(span))
          throw new HttpError(400, 'bad_request', 'A started span needs traceId, spanId, name and startUs.')
        if (count >= MAX_OPEN) dropOldest()
        add({ ...span, service, run, resource, reportedMillis: Date.now(), isAbandoned: false })
      }
      if (report.exited === true) abandon(run)
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

  function abandon(run: string): void {
    for (const spans of byTrace.values())
      for (const span of spans.values()) if (span.run === run) spans.set(span.spanId, { ...span, isAbandoned: true })
  }

  function dropOldest(): void {
    const [traceId, spans] = byTrace.entries().next().value!
    byTrace.delete(traceId)
    count -= spans.size
  }
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
