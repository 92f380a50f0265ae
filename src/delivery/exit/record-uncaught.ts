/** Records an error that nobody caught, so that the telemetry sent at the end says why the process ended. */
import { context, logs, SeverityNumber, SpanStatusCode, trace } from '@opentelemetry/api'
import { VERSION } from '../../version.ts'

const SCOPE = 'uptrace-node'

/** As a log record where logs are sent, otherwise as a span. The active span, which will never end by itself, gets the error and ends. */
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
    if (isFatal || span !== active) span.end()
  } catch {
    // an error object that cannot be read must not hide itself from the application
  }
}
