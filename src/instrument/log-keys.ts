/** `logs.keys` for winston and bunyan, whose instrumentations know one set of names only: their hook gives the ids the names that were asked for. */
import type { Span, SpanContext } from '@opentelemetry/api'
import type { LogCorrelationOptions } from '../config/options.ts'
import { log } from '../log.ts'

type Fields = Record<string, unknown>

/** The names that the instrumentations of OpenTelemetry use. */
const THEIRS = { traceId: 'trace_id', spanId: 'span_id', traceFlags: 'trace_flags' } as const

/** What both instrumentations are configured with. */
export function loggerConfig({ correlation, sending, keys }: LogCorrelationOptions = {}): Readonly<Fields> {
  return {
    ...(correlation === false && { disableLogCorrelation: true }),
    ...(sending === false && { disableLogSending: true }),
    ...(keys && { logHook: createKeyHook(keys) }),
  }
}

/** What OpenTelemetry's instrumentation of pino is configured with, in the words of our own bridge. */
export function readPinoConfig(given: Readonly<Fields>): LogCorrelationOptions {
  const { disableLogCorrelation, disableLogSending, logKeys, logHook } = given
  if (typeof logHook === 'function')
    log.warn('instrumentations.pino.logHook has no effect: a mixin of pino adds fields to lines and to log records')
  return {
    ...(typeof disableLogCorrelation === 'boolean' && { correlation: !disableLogCorrelation }),
    ...(typeof disableLogSending === 'boolean' && { sending: !disableLogSending }),
    ...(typeof logKeys === 'object' && logKeys !== null && { keys: logKeys }),
  }
}

/** Called when the ids are in the record. A field of the application under one of the new names stays. */
function createKeyHook(keys: NonNullable<LogCorrelationOptions['keys']>): (span: Span, record: Fields) => void {
  const renamed = Object.entries(THEIRS).flatMap(([key, theirs]) => {
    const name = keys[key as keyof typeof THEIRS]
    return name === undefined || name === theirs ? [] : [{ theirs, name }]
  })
  const { parentSpanId } = keys
  return (span, record) => {
    for (const { theirs, name } of renamed) {
      const value = record[theirs]
      delete record[theirs]
      record[name] ??= value
    }
    const parent = (span as Span & { parentSpanContext?: SpanContext }).parentSpanContext?.spanId
    if (parentSpanId !== undefined && parent !== undefined) record[parentSpanId] ??= parent
  }
}
