/** Hands each sampled span to an exporter at its end: for what is printed at once. */
import { context, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api'
import { type ExportResult, suppressTracing } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace'

export function createSimpleProcessor(exporter: SpanExporter): SpanProcessor {
  const untraced = suppressTracing(ROOT_CONTEXT)
  const pending = new Set<Promise<void>>()
  let isShutDown = false
  return {
    onStart() {},
    onEnd(span) {
      if (isShutDown || (span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      const run = exportOne(span)
      pending.add(run)
      void run.finally(() => pending.delete(run))
    },
    async forceFlush() {
      await Promise.all(pending)
      await exporter.forceFlush?.()
    },
    async shutdown() {
      isShutDown = true
      await Promise.all(pending)
      await exporter.shutdown()
    },
  }

  function exportOne(span: ReadableSpan): Promise<void> {
    return new Promise((resolve) => {
      const done = (_result: ExportResult): void => resolve()
      try {
        context.with(untraced, () => exporter.export([span], done))
      } catch {
        resolve()
      }
    })
  }
}
