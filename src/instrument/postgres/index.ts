/** postgres (porsager): a span for each query, from when it is asked for to its answer. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { createOperations, type Operation } from '../db/operations.ts'
import { defineInstrumentation, type Settings, type Target, type Tracing } from '../define.ts'
import { wrapMethod } from '../wrap-method.ts'
import { endWith, type Query, textOf } from './query.ts'

interface Options {
  readonly host?: unknown
  readonly port?: unknown
  readonly database?: unknown
}
interface Connection {
  execute(query: unknown): unknown
  connect(query: unknown): unknown
}

const VERSIONS = ['>=3.0.0 <4']
/** The database is known once a connection takes the query. */
const UNKNOWN: Options = {}
const operations = createOperations<Options>(({ host, port, database }) => ({
  'db.system.name': 'postgresql',
  ...(typeof database === 'string' && { 'db.namespace': database }),
  ...onlyOne('server.address', host, 'string'),
  ...onlyOne('server.port', port, 'number'),
}))
const underWay = new WeakMap<object, Operation>()

export function createPostgres(settings: Settings): Instrumentation {
  const targets = ['src', 'cjs/src'].flatMap((folder): Target[] => [
    { module: 'postgres', versions: VERSIONS, file: `${folder}/query.js`, patch: patchQuery },
    { module: 'postgres', versions: VERSIONS, file: `${folder}/connection.js`, patch: patchConnection },
  ])
  return defineInstrumentation({ name: 'postgres', targets, onMeters: operations.useMeters }, settings)
}

/** A query is handled when somebody waits for it, for the first time. */
function patchQuery({ Query }: { readonly Query: { readonly prototype: Query } }, tracing: Tracing): void {
  wrapMethod(Query.prototype, 'handle', (original) => {
    return function (this: Query, ...args: unknown[]) {
      const operation = this.executed ? undefined : operations.start(tracing, UNKNOWN, () => textOf(this))
      if (operation !== undefined) {
        underWay.set(this, operation)
        endWith(this, (error) => operations.end(operation, error))
      }
      return original.apply(this, args)
    }
  })
}

/** The file exports nothing but the function that makes a connection. */
function patchConnection(exported: unknown): unknown {
  const holder = (typeof exported === 'function' ? { default: exported } : exported) as object
  wrapMethod(holder, 'default', (original) => {
    return function (this: unknown, options: Options, ...rest: unknown[]) {
      const connection = original.call(this, options, ...rest) as Connection
      for (const name of ['execute', 'connect'] as const) {
        const own = connection[name]
        connection[name] = (query) => {
          const operation = underWay.get(Object(query))
          if (operation !== undefined) operations.move(operation, options)
          return own.call(connection, query)
        }
      }
      return connection
    }
  })
  return typeof exported === 'function' ? (holder as { default: unknown }).default : exported
}

/** Of several hosts it is not known which one answers. */
function onlyOne(name: string, values: unknown, type: 'string' | 'number'): object {
  const [first, ...others] = Array.isArray(values) ? (values as unknown[]) : [values]
  return typeof first === type && others.every((other) => other === first) ? { [name]: first } : {}
}
