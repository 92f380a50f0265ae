/** Counts the spans of this process that have started and not ended, by trace, so that a test can wait for the last one. */
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace'

export interface OpenSpans {
  readonly processor: SpanProcessor
  /** Resolves when no span is open, of one trace or of all. It never rejects, and waits for ever if a span never ends. */
  untilNone(traceId?: string): Promise<void>
}

export function createOpenSpans(): OpenSpans {
  const byTrace = new Map<string, Set<string>>()
  let waiting: { readonly traceId: string | undefined; readonly resolve: () => void }[] = []
  const isNone = (traceId: string | undefined): boolean =>
    traceId === undefined ? byTrace.size === 0 : !byTrace.has(traceId)
  return {
    processor: {
      onStart(span: Span) {
        const { traceId, spanId } = span.spanContext()
        const open = byTrace.get(traceId)
        if (open) open.add(spanId)
        else byTrace.set(traceId, new Set([spanId]))
      },
      onEnd(span: ReadableSpan) {
        const { traceId, spanId } = span.spanContext()
        const open = byTrace.get(traceId)
        if (!open?.delete(spanId) || open.size > 0) return
        byTrace.delete(traceId)
        const done = waiting.filter((one) => isNone(one.traceId))
        waiting = waiting.filter((one) => !done.includes(one))
        for (const { resolve } of done) resolve()
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    },
    untilNone: (traceId) =>
      isNone(traceId) ? Promise.resolve() : new Promise((resolve) => waiting.push({ traceId, resolve })),
  }
}
