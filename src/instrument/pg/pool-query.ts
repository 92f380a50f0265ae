/**
 * `query` of a pool without a callback: nobody but pg-pool itself runs between the connection, the query and the promise, so its parts are told who asked
 * instead of being run in that context. Each change of context would cost two maps.
 */
import type { Context } from '@opentelemetry/api'
import type { Connect, Pool } from './tracing.ts'

/** While pg-pool asks itself for a connection. */
let isAsking = false
/** Who asked for the query that pg-pool is about to make on the connection it was given. */
let caller: Context | undefined
/** Ours: around whichever nobody has put another one. */
const queries = new WeakSet<object>()

export function wrapPoolQuery(original: Connect<Pool>): Connect<Pool> {
  return function query(...args) {
    if (args.some((arg) => typeof arg === 'function')) return Reflect.apply(original, this, args)
    isAsking = true
    try {
      return Reflect.apply(original, this, args)
    } finally {
      isAsking = false
    }
  }
}

/** Whether this `connect` is a part of such a query; listeners of the application would run in its context. */
export function isPartOfQuery(pool: Pool): boolean {
  const isPart = isAsking
  isAsking = false
  return isPart && pool.listenerCount?.('release') === 0 && pool.listenerCount('remove') === 0
}

export function noteQuery<Query extends object>(query: Query): Query {
  queries.add(query)
  return query
}

/** Whether the connection's query is one that looks for `takeCaller`. */
export const takesCaller = (client: unknown): boolean =>
  queries.has(Object((Object(client) as { query?: unknown }).query) as object)

/** Runs pg-pool's callback, which makes the query. */
export function callFor(asking: Context, callback: Connect<unknown>, self: unknown, results: unknown[]): unknown {
  caller = asking
  try {
    return Reflect.apply(callback, self, results)
  } finally {
    caller = undefined
  }
}

/** Of the query that is being made; `undefined` for one that pg-pool does not make. */
export function takeCaller(): Context | undefined {
  const asking = caller
  caller = undefined
  return asking
}
