/**
 * Puts records of winston and bunyan right, whose instrumentations are OpenTelemetry's: ids under the names of `logs.keys` are on the line only, as the record
 * has its own; and a text that winston is to put into a message is no exception.
 */
import { context, type Logger, type LogRecord, type Span, type SpanContext, trace } from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../../config/options.ts'

type Keys = NonNullable<LogCorrelationOptions['keys']>

const WINSTON = '@opentelemetry/winston-transport'
const SCOPES: ReadonlySet<string> = new Set([WINSTON, '@opentelemetry/instrumentation-bunyan'])
const ERROR = 17

export function mendRecords(name: string, logger: Logger, keys: Keys | undefined): void {
  if (!SCOPES.has(name)) return
  const emit = logger.emit.bind(logger)
  logger.emit = (given) => {
    const record = name === WINSTON ? withoutText(given) : given
    emit(keys ? withoutIds(record, keys) : record)
  }
}

/** Of `logger.info('user %s', 'ann')` the transport takes `ann` for what was thrown. */
function withoutText(record: LogRecord): LogRecord {
  const { exception, severityNumber = 0, body, ...rest } = record as LogRecord & { exception?: unknown }
  if ((typeof exception !== 'string' && typeof exception !== 'number') || severityNumber >= ERROR) return record
  const isInBody = String(body).includes(String(exception))
  return {
    ...rest,
    severityNumber,
    body,
    ...(!isInBody && { attributes: { ...rest.attributes, error: exception } }),
  } as LogRecord
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
