/** better-sqlite3: a span for each statement that is run, and for `exec`. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { wholeOf, wrapMethod } from '../wrap-method.ts'
import { createSqliteOperations, type Database, finish, wrapStatements } from './statements.ts'

interface Statement {
  readonly source: string
  readonly database: Database
}

const operations = createSqliteOperations()

export function createBetterSqlite3(settings: Settings): Instrumentation {
  return defineInstrumentation(
    {
      name: 'better-sqlite3',
      targets: [{ module: 'better-sqlite3', versions: ['>=7.0.0 <14'], patch }],
      onMeters: operations.useMeters,
    },
    settings,
  )
}

function patch(exported: unknown, tracing: Tracing): void {
  const { prototype } = wholeOf<{ readonly prototype: object }>(exported)
  wrapMethod(prototype, 'exec', (original) => {
    return function (this: Database, ...args: unknown[]) {
      const [text] = args
      const operation = typeof text === 'string' ? operations.start(tracing, this, text) : undefined
      return finish(operations, operation, () => original.apply(this, args))
    }
  })
  wrapMethod(prototype, 'prepare', (original) => {
    return function (this: unknown, ...args: unknown[]) {
      const statement = original.apply(this, args) as object
      // the class of statements is part of the native code, and not exported
      wrapStatements(Object.getPrototypeOf(statement) as object, operations, tracing, (found) => {
        const { source, database } = found as Statement
        return { database, text: source }
      })
      return statement
    }
  })
}
