/** Records an error that nobody caught, so that the telemetry sent at the end says why the process ended. */
import { context, logs, SeverityNumber, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { openAncestors } from '../../signals/traces/span.ts'
import { VERSION } from '../../version.ts'

const SCOPE = 'uptrace-node'

/**
 * As a log record where logs are sent, otherwise as a span. The active span gets the error; it and those above it, which will never end by
 * themselves, end.
 */
export function recordUncaught(error: unknown, sendsLogs: boolean): void {
  try {
    const message = error instanceof Error ? error.message : String(error)
    const exception = error instanceof Error ? error : message
    const isFatal = process.listenerCount('uncaughtException') === 0 && !process.hasUncaughtExceptionCaptureCallback()
    const active = trace.getActiveSpan()
    if (sendsLogs) {
      logs.getLogger(SCOPE, VERSION).emit({
        severityNumber: SeverityNumber.FATAL,
        severityText: 'FATAL',
        eventName: 'exception',
        body: message,
        exception,
        context: context.active(),
      })
    }
    const span = active?.isRecording()
      ? active
      : sendsLogs
        ? undefined
        : trace.getTracer(SCOPE, VERSION).startSpan('uncaught exception')
    if (!span) return
    span.recordException(exception)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
    if (isFatal) endAll(span, message)
    else if (span !== active) span.end()
  } catch {
    // an error object that cannot be read must not hide itself from the application
  }
}

/** The spans around the one that failed would never end: their trace would have no root. */
function endAll(span: Span, message: string): void {
  for (const open of openAncestors(span)) {
    open.setStatus({ code: SpanStatusCode.ERROR, message })
    open.end()
  }
  // of a tracer provider of the application's
  if (span.isRecording()) span.end()
}
