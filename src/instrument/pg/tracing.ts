/** What the patches of pg have in common: the instrumentation as it is now, and how its spans fail. */
import { type Attributes, type Context, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { Targets } from '../db/target.ts'
import { describeError } from '../error-text.ts'

/** A patch outlives many configurations. */
export interface Tracing {
  isEnabled(): boolean
  /** Of a client. */
  startSpan(name: string, attributes: Attributes, parent: Context): Span
  readonly targets: Targets<Client>
  readonly sqlComments: boolean
}

export interface Client {
  readonly connectionParameters: { readonly host?: unknown; readonly port?: unknown; readonly database?: unknown }
  readonly database?: unknown
}

export type Connect<Self> = (this: Self, ...args: unknown[]) => unknown

export interface Pool {
  readonly options: Readonly<Record<string, unknown>>
  readonly idleCount: number
  readonly totalCount: number
  readonly waitingCount: number
  readonly ending?: boolean
  listenerCount?(event: string): number
}

/** What the server answers with is a state of five characters. */
const SQL_STATE = /^[0-9A-Z]{5}$/

export function attributesOfClient({ connectionParameters: { host, port, database } }: Client): Attributes {
  return attributesOf(database, host, port)
}

export function attributesOf(database: unknown, host: unknown, port: unknown): Attributes {
  const attributes: Attributes = { 'db.system.name': 'postgresql' }
  if (typeof database === 'string') attributes['db.namespace'] = database
  if (typeof host === 'string') attributes['server.address'] = host
  if (Number.isInteger(port)) attributes['server.port'] = port as number
  return attributes
}

/** @returns what the duration is counted under */
export function failSpan(span: Span, error: unknown): string {
  const { type, message } = describeError(error)
  const { code } = Object(error) as { code?: unknown }
  const hasCode = typeof code === 'string' && code !== ''
  const errorType = hasCode ? code : type
  span.setAttribute('error.type', errorType)
  if (hasCode && SQL_STATE.test(code)) span.setAttribute('db.response.status_code', code)
  if (error instanceof Error) span.recordException(summaryOf(error, code))
  span.setStatus({ code: SpanStatusCode.ERROR, message })
  return errorType
}

/** Without the message of the server, which may quote values. */
function summaryOf({ name }: Error, code: unknown): string {
  return `PostgreSQL error of type '${name ?? 'PostgreSQLError'}' occurred (code: ${code ?? 'UNKNOWN'})`
}
