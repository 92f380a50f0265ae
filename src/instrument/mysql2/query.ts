/** `query` and `execute` of a connection: their spans end with the result, and callbacks run where they were given. */
import { type EventEmitter, errorMonitor } from 'node:events'
import { type Attributes, type Context, context, type Span, SpanStatusCode } from '@opentelemetry/api'
import { addSqlCommenterComment } from '@opentelemetry/sql-common'
import { applyIn } from '../call-in.ts'
import { describeError } from '../error-text.ts'
import { attributesOf, summaryOf } from '../sql/name-spans.ts'

/** A patch outlives many configurations. */
export interface Tracing {
  isEnabled(): boolean
  startSpan(name: string, attributes: Attributes, parent: Context): Span
  readonly sqlComments: boolean
}

export interface Connection {
  readonly config?: Config & { readonly connectionConfig?: Config }
}
interface Config {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
}
export type Method = (this: Connection, ...args: unknown[]) => unknown
type Callback = (...results: unknown[]) => unknown
/** What the application gives, or a command that the library has made of it. */
interface Statement {
  sql?: unknown
  onResult?: unknown
}

export function wrapMethod(original: Method, tracing: Tracing, isPrepared: boolean): Method {
  return function query(...args) {
    const active = context.active()
    const span = tracing.isEnabled() ? tryStart(tracing, this, args, active) : undefined
    if (span === undefined) return Reflect.apply(original, this, args)
    if (tracing.sqlComments && !isPrepared) args[0] = withComment(args[0], span)
    const end = (error: unknown): void => endSpan(span, error)
    const at = typeof args[1] === 'function' ? 1 : typeof args[2] === 'function' ? 2 : undefined
    if (at !== undefined) args[at] = following(args[at] as Callback, active, end)
    const isAlone = args.length === 1
    if (isAlone) followCommand(args[0], active, end)
    try {
      const result = Reflect.apply(original, this, args)
      if (isAlone) followEvents(result, end)
      return result
    } catch (error) {
      end(error)
      throw error
    }
  }
}

function tryStart(
  tracing: Tracing,
  connection: Connection,
  args: readonly unknown[],
  parent: Context,
): Span | undefined {
  try {
    const [statement] = args
    const sql = typeof statement === 'string' ? statement : (statement as Statement).sql
    const attributes: Attributes = { 'db.system.name': 'mysql' }
    addServer(attributes, connection)
    if (typeof sql !== 'string') return undefined
    // without values, as the server gets it
    attributes['db.query.text'] = sql
    const summary = summaryOf(sql)
    Object.assign(attributes, attributesOf(summary))
    return tracing.startSpan(summary?.text ?? 'SQL', attributes, parent)
  } catch {
    // what the library will refuse
    return undefined
  }
}

function addServer(attributes: Attributes, { config }: Connection): void {
  const { host, port, database } = config?.connectionConfig ?? config ?? {}
  const number = Number.parseInt(String(port), 10)
  if (typeof database === 'string') attributes['db.namespace'] = database
  if (typeof host === 'string') attributes['server.address'] = host
  if (!Number.isNaN(number)) attributes['server.port'] = number
}

function following(callback: Callback, own: Context, end: (error: unknown) => void): Callback {
  return function (this: unknown, ...results) {
    end(results[0])
    return applyIn(own, callback, this, results)
  }
}

/** A command of the library has its callback in it. */
function followCommand(command: unknown, own: Context, end: (error: unknown) => void): void {
  const { onResult } = Object(command) as Statement
  if (typeof onResult === 'function') (command as Statement).onResult = following(onResult as Callback, own, end)
}

/** Without a listener for errors, so that one which nobody waits for is still thrown. */
function followEvents(result: unknown, end: (error: unknown) => void): void {
  const { once } = Object(result) as Partial<EventEmitter>
  if (typeof once === 'function') (result as EventEmitter).once(errorMonitor, end).once('end', () => end(undefined))
  else end(undefined)
}

const ended = new WeakSet<Span>()

function endSpan(span: Span, error: unknown): void {
  if (ended.has(span)) return
  ended.add(span)
  if (error) {
    const { type, message } = describeError(error)
    const { code, errno } = Object(error) as { code?: unknown; errno?: unknown }
    span.setAttribute('error.type', typeof code === 'string' && code !== '' ? code : type)
    // numbers below 0 are those of the operating system
    if (typeof errno === 'number' && errno > 0) span.setAttribute('db.response.status_code', String(errno))
    span.setStatus({ code: SpanStatusCode.ERROR, message })
  }
  span.end()
}

/** An object of the application is copied; a command of the library is what its callers wait for. */
function withComment(statement: unknown, span: Span): unknown {
  if (typeof statement === 'string') return addSqlCommenterComment(span, statement)
  const given = statement as Statement
  if (typeof given?.sql !== 'string') return statement
  const sql = addSqlCommenterComment(span, given.sql)
  if (typeof (given as Partial<EventEmitter>).emit !== 'function')
    return Object.assign(Object.create(Object.getPrototypeOf(given)), given, { sql })
  given.sql = sql
  return given
}
