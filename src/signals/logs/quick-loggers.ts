/**
 * Loggers whose plain records go to delivery without the SDK's record class, which checks and copies each attribute. Records that need more than that
 * go through the SDK.
 */
import { context, isSpanContextValid, type LogRecord, trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { LoggerProvider, LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { parts, setFromMillis } from '../traces/span-time.ts'
import { hasBigInts } from './big-ints.ts'

export interface QuickLogsOptions {
  readonly resource: Resource
  readonly minSeverity: number
  readonly attributeCountLimit: number
  readonly attributeValueLengthLimit: number
  /** The only processor there is; it reads a record before it returns, and keeps none. */
  readonly delivery: LogRecordProcessor
}

type SdkLogger = ReturnType<LoggerProvider['getLogger']>

/** Smaller numbers count from the start of the process. */
const LEAST_MILLIS = 1e11

export function quickenLoggers(provider: LoggerProvider, options: QuickLogsOptions): void {
  const getLogger = provider.getLogger.bind(provider)
  const shutdown = provider.shutdown.bind(provider)
  const seen = new WeakSet<SdkLogger>()
  let isOver = false
  provider.getLogger = (name, version, more) => {
    const logger = getLogger(name, version, more)
    if (isOver || seen.has(logger) || !name || more?.attributes) return logger
    seen.add(logger)
    quicken(logger, { name, version, schemaUrl: more?.schemaUrl } as Scope, options, () => isOver)
    return logger
  }
  provider.shutdown = (...args) => {
    isOver = true
    return shutdown(...args)
  }
}

type Scope = ReadableLogRecord['instrumentationScope']

function quicken(logger: SdkLogger, scope: Scope, options: QuickLogsOptions, isOver: () => boolean): void {
  const emitBySdk = logger.emit.bind(logger)
  const { delivery, minSeverity } = options
  const isWanted = (severity: number | undefined): boolean =>
    !isOver() && (typeof severity !== 'number' || severity === 0 || severity >= minSeverity)
  logger.enabled = (given) => isWanted(given?.severityNumber)
  logger.emit = (given) => {
    if (!isWanted(given.severityNumber)) return
    if (hasBigInts() || !isPlain(given, options)) {
      emitBySdk(given)
      return
    }
    const active = given.context ?? context.active()
    delivery.onEmit(recordOf(given, scope, options.resource) as Parameters<LogRecordProcessor['onEmit']>[0], active)
  }
}

function recordOf(given: LogRecord, instrumentationScope: Scope, resource: Resource): ReadableLogRecord {
  const { timestamp, severityNumber, severityText, body, attributes, eventName } = given
  const now = Date.now()
  const hrTimeObserved = hrTimeOf(now)
  const hrTime = timestamp === undefined || timestamp === now ? hrTimeObserved : hrTimeOf(timestamp as number)
  const spanContext = trace.getSpanContext(given.context ?? context.active())
  return {
    hrTime,
    hrTimeObserved,
    spanContext: spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext : undefined,
    severityText,
    severityNumber,
    body,
    eventName,
    resource,
    instrumentationScope,
    attributes: attributes ?? {},
    droppedAttributesCount: 0,
  } as ReadableLogRecord
}

function hrTimeOf(millis: number): [number, number] {
  setFromMillis(millis)
  return [parts.seconds, parts.nanos]
}

/** Whether the SDK would change nothing. */
function isPlain(given: LogRecord, { attributeCountLimit, attributeValueLengthLimit }: QuickLogsOptions): boolean {
  const { timestamp, observedTimestamp, exception, attributes } = given
  if (exception !== undefined || observedTimestamp !== undefined) return false
  if (timestamp !== undefined && !(typeof timestamp === 'number' && timestamp > LEAST_MILLIS)) return false
  let count = 0
  for (const key in attributes) {
    const value = attributes[key]
    const type = typeof value
    const isKept = type === 'string' ? (value as string).length <= attributeValueLengthLimit : isFlat(type)
    if (!isKept || key === '' || ++count > attributeCountLimit) return false
  }
  return true
}

const isFlat = (type: string): boolean => type === 'number' || type === 'boolean'
