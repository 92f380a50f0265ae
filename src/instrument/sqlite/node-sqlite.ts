/** node:sqlite: a span for each statement that is run, and for `exec`. */
import type { Instrumentation } from '@opentelemetry/instrumentation'
import { isUntraced } from '../../untraced.ts'
import { defineInstrumentation, type Settings, type Tracing } from '../define.ts'
import { withPristineRequire } from '../hooks/module-require.ts'
import { wrapMethod } from '../wrap-method.ts'
import { createSqliteOperations, type Database, finish, wrapStatements } from './statements.ts'

type Sqlite = typeof import('node:sqlite')

const operations = createSqliteOperations()
const databases = new WeakMap<object, Database>()
/** Statements do not tell whose they are. */
const owners = new WeakMap<object, Database>()

export function createNodeSqlite(settings: Settings): Instrumentation {
  return defineInstrumentation(
    {
      name: 'node-sqlite',
      targets: [],
      onMeters: operations.useMeters,
      onEnable: patch,
    },
    settings,
  )
}

/** Its classes are patched where they are, so that it does not matter when or how it was loaded. */
function patch(tracing: Tracing): void {
  // our own load of it must not be taken for the application's
  const sqlite = withPristineRequire(() => process.getBuiltinModule?.('node:sqlite')) as Sqlite | undefined
  // another runtime, which has it under this name only
  if (typeof sqlite?.DatabaseSync !== 'function' || typeof sqlite.StatementSync !== 'function') return
  const { DatabaseSync, StatementSync } = sqlite
  wrapMethod(DatabaseSync.prototype, 'exec', (original) => {
    return function (this: object, ...args: unknown[]) {
      const [text] = args
      const isTraced = typeof text === 'string' && !isUntraced(this)
      const operation = isTraced ? operations.start(tracing, databaseOf(this), text) : undefined
      return finish(operations, operation, () => original.apply(this, args))
    }
  })
  wrapMethod(DatabaseSync.prototype, 'prepare', (original) => {
    return function (this: object, ...args: unknown[]) {
      const statement = original.apply(this, args) as object
      owners.set(statement, databaseOf(this))
      return statement
    }
  })
  wrapStatements(StatementSync.prototype, operations, tracing, (statement) => {
    const { sourceSQL } = statement as { readonly sourceSQL?: unknown }
    const database = owners.get(statement) ?? UNKNOWN
    return typeof sourceSQL === 'string' && !isUntraced(statement) ? { database, text: sourceSQL } : undefined
  })
}

const UNKNOWN: Database = { name: ':memory:' }

/** One that is closed has no location, and neither has one in memory. */
function databaseOf(found: object): Database {
  const known = databases.get(found)
  if (known !== undefined) return known
  let name: unknown
  try {
    name = (found as { location?(): unknown }).location?.()
  } catch {
    return UNKNOWN
  }
  const database = typeof name === 'string' && name !== '' ? { name } : UNKNOWN
  databases.set(found, database)
  return database
}
