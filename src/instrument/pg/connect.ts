/** `connect` of a client and of a pool. A connection outlives who asked for it: what arrives on it runs in no request's context. */
import { type Attributes, type Context, context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import { applyIn } from '../call-in.ts'
import { callFor, isPartOfQuery, takesCaller } from './pool-query.ts'
import { attributesOf, type Client, type Connect, failSpan, type Pool, type Tracing } from './tracing.ts'

export function wrapConnect(original: Connect<Client>, tracing: Tracing): Connect<Client> {
  return function connect(...args) {
    const span = tracing.isEnabled()
      ? tryStart(tracing, 'pg.connect', () => tracing.targets.of(this).attributes)
      : undefined
    if (span === undefined) return Reflect.apply(original, this, args)
    return follow(span, args, (rest) => context.with(ROOT_CONTEXT, () => Reflect.apply(original, this, rest)))
  }
}

export function wrapPoolConnect(original: Connect<Pool>, tracing: Tracing, see: (pool: Pool) => void): Connect<Pool> {
  return function connect(...args) {
    const isPart = isPartOfQuery(this)
    if (!tracing.isEnabled()) return Reflect.apply(original, this, args)
    const span = tryStart(tracing, 'pg-pool.connect', () => {
      see(this)
      return attributesOfPool(this)
    })
    if (span === undefined) return Reflect.apply(original, this, args)
    const run = (rest: unknown[]): unknown =>
      // a client at hand, or one to come free, is not connected by this call
      this.idleCount > this.waitingCount || this.totalCount >= Number(this.options['max'])
        ? Reflect.apply(original, this, rest)
        : context.with(trace.setSpan(context.active(), span), () => Reflect.apply(original, this, rest))
    return follow(span, args, run, isPart)
  }
}

function tryStart(tracing: Tracing, name: string, attributes: () => Attributes): Span | undefined {
  try {
    return tracing.startSpan(name, attributes(), context.active())
  } catch {
    return undefined
  }
}

/** With a callback, which runs in the context of the caller, or with a promise. */
function follow(span: Span, args: unknown[], run: (args: unknown[]) => unknown, isPart = false): unknown {
  const [callback, ...rest] = args
  if (typeof callback === 'function')
    return run([endingBefore(span, callback as Connect<unknown>, context.active(), isPart), ...rest])
  const result = run(args) as PromiseLike<unknown> | undefined
  if (typeof result?.then !== 'function') {
    end(span, undefined)
    return result
  }
  return result.then(
    (value) => {
      end(span, undefined)
      return value
    },
    (error: unknown) => {
      end(span, error)
      throw error
    },
  )
}

/** Holds nothing that holds it: a waiting pool makes such a circle outlive its request, and all that hangs on it. */
function endingBefore(span: Span, callback: Connect<unknown>, caller: Context, isPart: boolean): Connect<unknown> {
  return function (this: unknown, ...results) {
    end(span, results[0])
    if (isPart && takesCaller(results[1])) return callFor(caller, callback, this, results)
    return applyIn(caller, callback, this, results)
  }
}

function end(span: Span, error: unknown): void {
  if (error) failSpan(span, error)
  span.end()
}

const poolAttributes = new WeakMap<object, Attributes>()

function attributesOfPool({ options }: Pool): Attributes {
  const known = poolAttributes.get(options)
  if (known !== undefined) return known
  const { idleTimeoutMillis, maxClient, connectionString, database, host, port } = options
  const url =
    typeof connectionString === 'string' && URL.canParse(connectionString) ? new URL(connectionString) : undefined
  const attributes: Attributes = attributesOf(
    url?.pathname.slice(1) ?? database,
    url?.hostname ?? host,
    Number(url?.port) || port,
  )
  if (typeof idleTimeoutMillis === 'number') attributes['db.postgresql.idle.timeout.millis'] = idleTimeoutMillis
  if (typeof maxClient === 'number') attributes['db.postgresql.max.client'] = maxClient
  poolAttributes.set(options, attributes)
  return attributes
}
