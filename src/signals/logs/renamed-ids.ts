/** Lines of winston and bunyan carry ids under the names of `logs.keys`; their records have the ids of their own, and so leave out what was added to the line. */
import { context, type Logger, type LogRecord, type Span, type SpanContext, trace } from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../../config/options.ts'

type Keys = NonNullable<LogCorrelationOptions['keys']>

/** Whose instrumentations leave out the standard names only. */
const SCOPES: ReadonlySet<string> = new Set([
  '@opentelemetry/winston-transport',
  '@opentelemetry/instrumentation-bunyan',
])

export function leaveOutIds(name: string, logger: Logger, keys: Keys): void {
  if (!SCOPES.has(name)) return
  const emit = logger.emit.bind(logger)
  logger.emit = (record) => emit(withoutIds(record, keys))
}

/** A field of the application under such a name stays, as its value is another. */
function withoutIds(record: LogRecord, { traceId, spanId, traceFlags, parentSpanId }: Keys): LogRecord {
  const { attributes } = record
  const span = trace.getSpan(record.context ?? context.active())
  if (attributes === undefined || span === undefined) return record
  const ids = span.spanContext()
  const added = [
    [traceId, ids.traceId],
    [spanId, ids.spanId],
    [traceFlags, `0${ids.traceFlags.toString(16)}`],
    [parentSpanId, (span as Span & { parentSpanContext?: SpanContext }).parentSpanContext?.spanId],
  ].filter(([key, value]) => key !== undefined && value !== undefined && attributes[key] === value)
  if (added.length === 0) return record
  const rest = { ...attributes }
  for (const [key] of added) delete rest[key!]
  return { ...record, attributes: rest }
}
