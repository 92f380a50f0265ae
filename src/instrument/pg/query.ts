/** `query` of a client, in all shapes: its span ends when the result is there, and callbacks run where they were given. */
import { type Context, context, type Span } from '@opentelemetry/api'
import { addSqlCommenterComment } from '@opentelemetry/sql-common'
import { messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { performance } from '../../timers.ts'
import { callIn } from '../call-in.ts'
import { noteQuery, takeCaller } from './pool-query.ts'
import { endQuery, type QueryCall } from './query-call.ts'
import { followSubmittable, isSubmittable } from './submittable.ts'
import { type Client, failSpan, type Tracing } from './tracing.ts'

type Callback = (error: unknown, result: unknown) => unknown
export type Query = (this: Client, ...args: unknown[]) => unknown

interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly callback?: unknown
  /** That of pg-query-stream, which has no text itself. */
  readonly cursor?: { readonly text?: unknown }
}

export function wrapQuery(original: Query, tracing: Tracing): Query {
  return noteQuery(function query(config, values, callback, ...rest) {
    const caller = takeCaller()
    // biome-ignore lint/complexity/noArguments: pg looks at how many there are
    const given = arguments as unknown as unknown[]
    const call = tracing.isEnabled() ? tryStart(tracing, this, config, caller) : undefined
    if (call === undefined) return Reflect.apply(original, this, given)
    const isObject = typeof config === 'object' && config !== null
    try {
      if (isObject && isSubmittable(config)) {
        followSubmittable(config, call)
        return Reflect.apply(original, this, given)
      }
      const asked = tracing.sqlComments ? withComment(config, call.span) : config
      if (typeof callback === 'function' && caller !== undefined)
        return original.call(this, asked, values, endingBefore(call, callback as Callback))
      if (typeof callback === 'function')
        return original.call(this, asked, values, following(call, callback as Callback), ...rest)
      if (typeof values === 'function') return original.call(this, asked, following(call, values as Callback), callback)
      const own = isObject && !callback ? (config as QueryConfig).callback : undefined
      if (typeof own === 'function')
        return original.call(this, copyWith(asked as object, 'callback', following(call, own as Callback)), values)
      const result =
        asked === config ? Reflect.apply(original, this, given) : original.call(this, asked, values, callback)
      return followPromise(call, result)
    } catch (error) {
      if (!call.isDone) {
        call.isDone = true
        failSpan(call.span, error)
        call.span.end()
      }
      throw error
    }
  })
}

function tryStart(tracing: Tracing, client: Client, config: unknown, caller?: Context): QueryCall | undefined {
  try {
    return start(tracing, client, config, caller ?? context.active())
  } catch (error) {
    log.debug(`a query could not be traced: ${messageOf(error)}`)
    return undefined
  }
}

function start(tracing: Tracing, client: Client, config: unknown, active: Context): QueryCall | undefined {
  const target = tracing.targets.of(client)
  const given: QueryConfig = typeof config === 'string' ? { text: config } : Object(config)
  const { name, cursor, text = cursor?.text } = given
  const statement = typeof text === 'string' ? target.statementOf(text) : undefined
  const startMillis = performance.now()
  const span = tracing.startSpan(statement?.name ?? 'pg.query', statement?.attributes ?? target.attributes, active)
  if (statement !== undefined && typeof name === 'string') span.setAttribute('db.postgresql.plan', name)
  return { span, context: active, target, operation: statement?.operation, startMillis, isDone: false }
}

function following(call: QueryCall, callback: Callback): Callback {
  return function (this: unknown, error, result) {
    endQuery(call, error)
    return callIn(call.context, callback, this, error, result)
  }
}

/** For a callback that only settles a promise, in whichever context. */
function endingBefore(call: QueryCall, callback: Callback): Callback {
  return function (this: unknown, error, result) {
    endQuery(call, error)
    return callback.call(this, error, result)
  }
}

/** A promise of the same kind: to watch the one that there is would hide that nobody handles its rejection. */
function followPromise(call: QueryCall, result: unknown): unknown {
  const { then } = Object(result) as PromiseLike<unknown>
  if (typeof then !== 'function') {
    endQuery(call, undefined)
    return result
  }
  return (result as PromiseLike<unknown>).then(
    (value) => {
      endQuery(call, undefined)
      return value
    },
    (error: unknown) => {
      endQuery(call, error)
      throw error
    },
  )
}

/** A prepared statement is known to the server by its text. */
function withComment(config: unknown, span: Span): unknown {
  if (typeof config === 'string') return addSqlCommenterComment(span, config)
  const { text, name } = Object(config) as QueryConfig
  if (typeof text !== 'string' || name !== undefined) return config
  return copyWith(config as object, 'text', addSqlCommenterComment(span, text))
}

/** As pg itself copies a configuration, before it writes into it; one that is frozen as well. */
function copyWith(config: object, key: string, value: unknown): object {
  const descriptors = Object.getOwnPropertyDescriptors(config) as Record<string, PropertyDescriptor>
  descriptors[key] = { value, writable: true, enumerable: true, configurable: true }
  return Object.create(Object.getPrototypeOf(config), descriptors) as object
}
