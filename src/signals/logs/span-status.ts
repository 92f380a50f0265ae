/** Sets the status of the active span when an error is logged: option `logs.spanStatus`. */
import { type Context, SeverityNumber, SpanStatusCode, trace } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs'

const MAX_MESSAGE_LENGTH = 1_000

/** A status that the application has set to Ok stays, as the specification asks. */
export function createStatusProcessor(): LogRecordProcessor {
  return {
    onEmit(record: ReadWriteLogRecord, context?: Context) {
      if ((record.severityNumber ?? 0) < SeverityNumber.ERROR) return
      const span = context && trace.getSpan(context)
      if (!span?.isRecording()) return
      const text = record.body ?? record.attributes['exception.message']
      const message = typeof text === 'string' && text !== '' ? text.slice(0, MAX_MESSAGE_LENGTH) : undefined
      span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) })
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}
