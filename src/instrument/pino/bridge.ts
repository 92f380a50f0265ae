/** Joins pino to traces and log records: each line gets the ids of the active span and is emitted as a record holding what the line holds. */
import {
  type AnyValue,
  isSpanContextValid,
  type Logger,
  logs,
  type SeverityNumber,
  type Span,
  trace,
} from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../../config/options.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'

type AnyValueMap = Record<string, AnyValue>
type AsJson = (this: PinoInstance, object: unknown, message: unknown, level: number, time: string) => string
/** The part of a pino logger that is used here. */
interface PinoInstance {
  readonly levels?: { readonly labels: Readonly<Record<number, string>> }
  readonly [key: symbol]: unknown
}

const DEFAULT_KEYS = { traceId: 'trace_id', spanId: 'span_id', traceFlags: 'trace_flags' }
const patched = new WeakSet<object>()

let settings: { correlation: boolean; sending: boolean; keys: NonNullable<LogCorrelationOptions['keys']> } = {
  correlation: true,
  sending: true,
  keys: DEFAULT_KEYS,
}
let isOn = true
let logger: Logger | undefined

/** Sets what lines carry and whether they are sent; the last configuration counts for every logger. */
export function configurePino(options: LogCorrelationOptions = {}): void {
  settings = {
    correlation: options.correlation ?? true,
    sending: options.sending ?? true,
    keys: { ...DEFAULT_KEYS, ...options.keys },
  }
  isOn = true
}

/** Makes patched loggers plain again. */
export function disablePino(): void {
  isOn = false
}

/**
 * Patches the prototype that all loggers of one copy of pino share, so that loggers made before are joined too. Once per copy.
 * @returns whether this logger could be joined
 */
export function attachPino(instance: PinoInstance): boolean {
  for (let owner: object | null = instance; owner; owner = Object.getPrototypeOf(owner)) {
    const symbol = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'pino.asJson')
    if (symbol === undefined) continue
    if (patched.has(owner)) return true
    const asJson = (owner as Record<symbol, unknown>)[symbol]
    if (typeof asJson !== 'function') return false
    patched.add(owner)
    ;(owner as Record<symbol, unknown>)[symbol] = function (
      this: PinoInstance,
      object: unknown,
      message: unknown,
      level: number,
      time: string,
    ): string {
      const line = (asJson as AsJson).call(this, object, message, level, time)
      return isOn ? join(this, line, level) : line
    } satisfies AsJson
    return true
  }
  return false
}

/** Never throws: whatever is odd about a line, the line is written as pino made it. */
function join(instance: PinoInstance, line: string, level: number): string {
  try {
    if (settings.sending) emit(instance, line, level)
    return settings.correlation ? withIds(line) : line
  } catch {
    return line
  }
}

/** The line with the ids added at its end, where neither formatters nor nesting can lose them. A line that has ids keeps its own. */
function withIds(line: string): string {
  const span = trace.getActiveSpan()
  const context = span?.spanContext()
  if (!span || !context || !isSpanContextValid(context)) return line
  const { traceId, spanId, traceFlags, parentSpanId } = settings.keys
  const parent =
    parentSpanId === undefined
      ? undefined
      : (span as Span & { parentSpanContext?: { spanId: string } }).parentSpanContext?.spanId
  const end = line.lastIndexOf('}')
  if (end < 0 || line.includes(`"${traceId}":`)) return line
  const separator = line.slice(0, end).trimEnd().endsWith('{') ? '' : ','
  const ids =
    `${separator}${JSON.stringify(traceId)}:"${context.traceId}",${JSON.stringify(spanId)}:"${context.spanId}"` +
    `,${JSON.stringify(traceFlags)}:"${context.traceFlags.toString(16).padStart(2, '0')}"` +
    (parent === undefined ? '' : `,${JSON.stringify(parentSpanId)}:"${parent}"`)
  return line.slice(0, end) + ids + line.slice(end)
}

function emit(instance: PinoInstance, line: string, level: number): void {
  logger ??= logs.getLogger(`${DISTRO_NAME}/pino`, VERSION)
  const severityNumber = severityOf(level)
  if (!logger.enabled({ severityNumber })) return
  const fields = JSON.parse(line) as AnyValueMap
  const messageKey = textOf(instance, 'pino.messageKey') ?? 'msg'
  const errorKey = textOf(instance, 'pino.errorKey') ?? 'err'
  const {
    [messageKey]: body,
    time,
    level: _level,
    pid: _pid,
    hostname: _hostname,
    [errorKey]: error,
    ...attributes
  } = fields
  for (const key of Object.values(settings.keys)) if (key !== undefined) delete attributes[key]
  const timestamp = timeOf(time)
  logger.emit({
    severityNumber,
    severityText: instance.levels?.labels[level] ?? String(level),
    ...(body !== undefined && { body }),
    ...(timestamp !== undefined && { timestamp }),
    attributes: { ...attributes, ...exceptionAttributes(errorKey, error) },
  })
}

/** An error in pino's standard form becomes `exception.*`; what else it holds, and any other value, stays under its key. */
function exceptionAttributes(key: string, error: AnyValue): AnyValueMap {
  if (error === undefined) return {}
  if (typeof error !== 'object' || error === null || Array.isArray(error) || error instanceof Uint8Array)
    return { [key]: error }
  const { type, message, stack, ...rest } = error as AnyValueMap
  if (typeof message !== 'string' && typeof stack !== 'string') return { [key]: error }
  return {
    ...(type !== undefined && { 'exception.type': type }),
    ...(message !== undefined && { 'exception.message': message }),
    ...(stack !== undefined && { 'exception.stacktrace': stack }),
    ...(Object.keys(rest).length > 0 && { [key]: rest }),
  }
}

/** pino's six levels are the six ranges of OpenTelemetry; levels between them take the higher numbers of a range. */
export function severityOf(level: number): SeverityNumber {
  const range = Math.min(6, Math.max(1, Math.floor(level / 10)))
  const within = level > 60 ? Math.min(3, Math.ceil((level - 60) / 10)) : level < 10 ? 0 : Math.ceil((level % 10) / 3)
  return (range - 1) * 4 + 1 + within
}

function textOf(instance: PinoInstance, description: string): string | undefined {
  for (let owner: object | null = instance; owner; owner = Object.getPrototypeOf(owner)) {
    const symbol = Object.getOwnPropertySymbols(owner).find((candidate) => candidate.description === description)
    if (symbol !== undefined) return instance[symbol] as string | undefined
  }
  return undefined
}

/** The line's time where it is one; otherwise the record takes the time of now. */
function timeOf(time: AnyValue): number | undefined {
  if (typeof time === 'number' && time > 1e11) return time
  const parsed = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(parsed) ? undefined : parsed
}
