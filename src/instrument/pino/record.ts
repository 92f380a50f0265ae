/** A log record of the fields of a line. */
import type { AnyValue, LogRecord, SeverityNumber } from '@opentelemetry/api'

export type Fields = Record<string, AnyValue>

export interface RecordNames {
  readonly messageKey: string
  readonly errorKey: string
  /** Whether a field was added by this package. */
  isAdded(key: string, value: unknown): boolean
}

const EVENT_NAME = 'otel.event.name'
/** In the resource already. */
const OF_PROCESS: ReadonlySet<string> = new Set(['level', 'pid', 'hostname'])

export const isOfProcess = (key: string): boolean => OF_PROCESS.has(key)

/** Whether a field of this name is no plain attribute of a record, whatever the logger's options are. */
export const isSpecial = (key: string): boolean =>
  key === 'time' || key === EVENT_NAME || key === '__proto__' || OF_PROCESS.has(key)

export function createRecord(
  fields: Fields,
  level: number,
  label: string | undefined,
  { messageKey, errorKey, isAdded }: RecordNames,
): LogRecord {
  const attributes: Fields = {}
  const record: LogRecord = { severityNumber: severityOf(level), severityText: label ?? String(level), attributes }
  for (const key in fields) {
    const value = fields[key]
    if (key === messageKey) record.body = value
    else if (key === errorKey) addError(attributes, key, value)
    else if (key === 'time') addTime(record, attributes, value)
    else if (key === EVENT_NAME && typeof value === 'string') record.eventName = value
    else if (!OF_PROCESS.has(key) && !isAdded(key, value)) attributes[key] = value
  }
  return record
}

/** The line's time where it is one; otherwise the record takes the time of now, and keeps what the field says. */
function addTime(record: LogRecord, attributes: Fields, time: AnyValue): void {
  const millis =
    typeof time === 'number' && time > 1e11 ? time : typeof time === 'string' ? Date.parse(time) : Number.NaN
  if (Number.isNaN(millis)) attributes['time'] = time
  else record.timestamp = millis
}

/** An error in pino's standard form becomes `exception.*`; what else it holds, and any other value, stays under its key. */
function addError(attributes: Fields, key: string, error: AnyValue): void {
  const { type, message, stack, ...rest } = Object(error) as Fields
  const isError = typeof error === 'object' && (typeof message === 'string' || typeof stack === 'string')
  if (!isError) {
    attributes[key] = error
    return
  }
  if (type !== undefined) attributes['exception.type'] = type
  if (message !== undefined) attributes['exception.message'] = message
  if (stack !== undefined) attributes['exception.stacktrace'] = stack
  if (Object.keys(rest).length > 0) attributes[key] = rest
}

/** pino's six levels are the six ranges of OpenTelemetry; levels between them take the higher numbers of a range. */
export function severityOf(level: number): SeverityNumber {
  const range = Math.min(6, Math.max(1, Math.floor(level / 10)))
  const within = level > 60 ? Math.min(3, Math.ceil((level - 60) / 10)) : level < 10 ? 0 : Math.ceil((level % 10) / 3)
  return (range - 1) * 4 + 1 + within
}
