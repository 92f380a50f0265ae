/** A log record of what was handed to `console`. */
import { formatWithOptions } from 'node:util'
import { type LogRecord, SeverityNumber } from '@opentelemetry/api'
import { exceptionAttributes } from '../../signals/report.ts'

export const SEVERITIES = {
  debug: SeverityNumber.DEBUG,
  log: SeverityNumber.INFO,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const

export type Method = keyof typeof SEVERITIES

/** `console.trace` calls `console.error` with this one text. */
const TRACE = /^Trace(?:: ([\s\S]*?))?\n((?: {4}at .+(?:\n|$))+)$/

/** The body is the text that is printed; the first error among the arguments becomes `exception.*`. */
export function createConsoleRecord(method: Method, args: readonly unknown[]): LogRecord {
  const [first] = args
  const trace = method === 'error' && args.length === 1 && typeof first === 'string' ? TRACE.exec(first) : null
  if (trace) {
    const attributes = { 'code.stacktrace': trace[2]!.trimEnd() }
    return { severityNumber: SeverityNumber.TRACE, severityText: 'trace', body: trace[1] ?? 'Trace', attributes }
  }
  const error = args.find((argument) => argument instanceof Error)
  const isErrorAlone = error !== undefined && args.length === 1
  return {
    severityNumber: SEVERITIES[method],
    severityText: method,
    // the stack is an attribute already
    body: isErrorAlone ? `${error.name}: ${error.message}` : formatWithOptions({ colors: false }, ...args),
    ...(error !== undefined && { attributes: exceptionAttributes(error) }),
  }
}
