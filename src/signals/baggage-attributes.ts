/** Copies allowed baggage entries to spans and log records as attributes. */
import { type Context, propagation } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace'

/** A processor for both signals; only the named keys are copied, since baggage is what callers send. */
export function createBaggageProcessor(keys: readonly string[]): SpanProcessor & LogRecordProcessor {
  const copy = (context: Context, set: (key: string, value: string) => void): void => {
    const baggage = propagation.getBaggage(context)
    if (!baggage) return
    for (const key of keys) {
      const entry = baggage.getEntry(key)
      if (entry) set(key, entry.value)
    }
  }
  return {
    onStart: (span: Span, context: Context) => copy(context, (key, value) => span.setAttribute(key, value)),
    onEnd() {},
    onEmit: (record: ReadWriteLogRecord, context?: Context) =>
      context && copy(context, (key, value) => record.setAttribute(key, value)),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
