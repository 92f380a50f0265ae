/** Records an error that nobody caught, so that the telemetry sent at the end says why the process ended. */
import { context, type Exception, logs, SeverityNumber, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { openAncestors } from '../../signals/traces/span.ts'
import { VERSION } from '../../version.ts'

const SCOPE = 'uptrace-node'

export interface UncaughtOptions {
  /** As a log record where logs are sent, otherwise as a span. */
  readonly sendsLogs: boolean
  /** The process ends of it: nobody has a listener for such errors. */
  readonly isFatal: boolean
}

/** The active span, which will never end by itself when the process dies, gets the error and ends. */
export function recordUncaught(error: unknown, { sendsLogs, isFatal }: UncaughtOptions): void {
  try {
    const exception = readException(error)
    const message = typeof exception === 'string' ? exception : (exception.message ?? '')
    const active = trace.getActiveSpan()
    if (sendsLogs) {
      logs.getLogger(SCOPE, VERSION).emit({
        severityNumber: isFatal ? SeverityNumber.FATAL : SeverityNumber.ERROR,
        severityText: isFatal ? 'FATAL' : 'ERROR',
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
    const type = typeof exception === 'string' ? '_OTHER' : (exception.name ?? 'Error')
    span.recordException(exception)
    span.setAttribute('error.type', type)
    span.setStatus({ code: SpanStatusCode.ERROR, message })
    if (isFatal) endAll(span, type, message)
    else if (span !== active) span.end()
  } catch {
    // nothing here may hide the error from the application
  }
}

/** The spans around the one that failed would never end: their trace would have no root. */
function endAll(span: Span, type: string, message: string): void {
  for (const open of openAncestors(span)) {
    open.setAttribute('error.type', type)
    open.setStatus({ code: SpanStatusCode.ERROR, message })
    open.end()
  }
  // of a tracer provider of the application's
  if (span.isRecording()) span.end()
}

/** A copy: reading the stack runs the application's `Error.prepareStackTrace`, and a property may be a getter. Either may throw. */
function readException(error: unknown): Exception {
  if (typeof error !== 'object' || error === null) return read(() => String(error)) ?? typeof error
  const [name, message] = [textOf(error, 'name') ?? 'Error', textOf(error, 'message')]
  const isLikeError = message !== undefined || read(() => error instanceof Error)
  if (!isLikeError) return read(() => String(error)) ?? '[unreadable]'
  const code = read(() => (error as { code?: unknown }).code)
  return {
    name,
    message: message ?? '',
    stack: textOf(error, 'stack') ?? `${name}: ${message ?? ''}`,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
  }
}

function textOf(error: object, key: string): string | undefined {
  const value = read(() => (error as Record<string, unknown>)[key])
  return typeof value === 'string' ? value : undefined
}

function read<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
