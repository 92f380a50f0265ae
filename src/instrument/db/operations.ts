/** Operations of a database client by instrumentations of our own: a span and a duration each. */
import { type Attributes, context, type MeterProvider, type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import type { DurationMetrics } from '../../signals/metrics/duration-metrics.ts'
import { performance } from '../../timers.ts'
import type { Scope, Settings, Tracing } from '../define.ts'
import { DB_DURATION, findSeriesIn } from '../durations.ts'
import { describeError } from '../error-text.ts'
import { type Target, Targets } from './target.ts'

export interface Operation {
  readonly span: Span
  /** Of the statement, such as SELECT. */
  readonly verb: string | undefined
  readonly startMillis: number
  target: Target
  isDone: boolean
}

/** Starts and ends the operations of one client library. */
export interface Operations<Connection extends object> {
  /** As `onMeters` of a definition. */
  useMeters(provider: MeterProvider, scope: Scope, settings: Settings): void
  /** Undefined where nothing is traced. */
  start(tracing: Tracing, connection: Connection, text: string | (() => string)): Operation | undefined
  /** The operation is found to run on another connection than it was begun with. */
  move(operation: Operation, connection: Connection): void
  end(operation: Operation, error: unknown): void
}

export function createOperations<Connection extends object>(
  attributesOf: (connection: Connection) => Attributes,
): Operations<Connection> {
  let targets: Targets<Connection> | undefined
  return {
    useMeters(provider, scope, settings) {
      const metrics = settings['durationMetrics'] as DurationMetrics | undefined
      targets = new Targets(findSeriesIn(DB_DURATION, scope, metrics, provider), attributesOf)
    },
    start(tracing, connection, text) {
      if (targets === undefined || !tracing.isEnabled()) return undefined
      try {
        const target = targets.of(connection)
        const { name, operation: verb, attributes } = target.statementOf(typeof text === 'string' ? text : text())
        const startMillis = performance.now()
        const span = tracing.startSpan(name, { kind: SpanKind.CLIENT, attributes }, context.active())
        return { span, verb, startMillis, target, isDone: false }
      } catch (error) {
        log.debug(`a query could not be traced: ${messageOf(error)}`)
        return undefined
      }
    },
    move(operation, connection) {
      if (targets === undefined || operation.isDone) return
      operation.target = targets.of(connection)
      operation.span.setAttributes(operation.target.attributes)
    },
    end(operation, error) {
      if (operation.isDone) return
      operation.isDone = true
      const { span, target, verb, startMillis } = operation
      const errorType = error ? failSpan(span, error) : undefined
      span.end()
      target.record((performance.now() - startMillis) / 1_000, verb, errorType, span)
    },
  }
}

/** What a database answers with: five characters of SQL, a name or a number of SQLite. */
const STATUS_CODE = /^(?:[0-9A-Z]{5}|SQLITE_\w+|\d+)$/

/** @returns what the duration is counted under */
function failSpan(span: Span, error: unknown): string {
  const { type, message } = describeError(error)
  const { code, errcode } = Object(error) as { code?: unknown; errcode?: unknown }
  // node:sqlite has one code for all, and the number of SQLite beside it
  const status =
    typeof errcode === 'number' ? String(errcode) : typeof code === 'string' && code !== '' ? code : undefined
  const errorType = typeof code === 'string' && code !== '' ? code : type
  span.setAttribute('error.type', errorType)
  if (status !== undefined && STATUS_CODE.test(status)) span.setAttribute('db.response.status_code', status)
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  return errorType
}
