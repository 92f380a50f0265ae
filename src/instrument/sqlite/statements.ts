/** What better-sqlite3 and node:sqlite have in common: statements that are run at once, and databases that are a file. */
import path from 'node:path'
import { createOperations, type Operation } from '../db/operations.ts'
import type { Tracing } from '../define.ts'
import { tryStart } from '../run-in-span.ts'
import { wrapMethod } from '../wrap-method.ts'

export interface Database {
  /** Of the file. */
  readonly name: string
}

const METHODS = ['run', 'get', 'all'] as const
/** Prototypes of statements and of what iterates over them. */
const wrapped = new WeakSet<object>()
const iterations = new WeakMap<object, Operation>()

export function createSqliteOperations() {
  return createOperations<Database>(({ name }) => ({
    'db.system.name': 'sqlite',
    // where the file is says more of the machine than of the database
    'db.namespace': name.startsWith(':') ? name : path.basename(name) || ':memory:',
  }))
}

type Operations = ReturnType<typeof createSqliteOperations>

/** Finds the database and the text of a statement; undefined where it is unknown. */
export type Describe = (statement: object) => { readonly database: Database; readonly text: string } | undefined

/** Of all statements of this class. */
export function wrapStatements(prototype: object, operations: Operations, tracing: Tracing, describe: Describe): void {
  if (wrapped.has(prototype)) return
  wrapped.add(prototype)
  const start = (statement: object): Operation | undefined =>
    tryStart(() => {
      const known = tracing.isEnabled() ? describe(statement) : undefined
      return known === undefined ? undefined : operations.start(tracing, known.database, known.text)
    })
  for (const name of METHODS)
    wrapMethod(prototype, name, (original) => {
      return function (this: object, ...args: unknown[]) {
        return finish(operations, start(this), () => original.apply(this, args))
      }
    })
  wrapMethod(prototype, 'iterate', (original) => {
    return function (this: object, ...args: unknown[]) {
      const operation = start(this)
      if (operation === undefined) return original.apply(this, args)
      const iterator = attempt(operations, operation, () => original.apply(this, args) as object)
      iterations.set(iterator, operation)
      wrapIterator(Object.getPrototypeOf(iterator) as object, operations)
      return iterator
    }
  })
}

/** Runs what the operation stands for, which is over when it returns. */
export function finish<T>(operations: Operations, operation: Operation | undefined, run: () => T): T {
  if (operation === undefined) return run()
  const result = attempt(operations, operation, run)
  operations.end(operation, undefined)
  return result
}

function attempt<T>(operations: Operations, operation: Operation, run: () => T): T {
  try {
    return run()
  } catch (error) {
    operations.end(operation, error ?? new Error('thrown without a reason'))
    throw error
  }
}

/** The last row ends a statement, and so does a loop that is left. */
function wrapIterator(prototype: object, operations: Operations): void {
  if (wrapped.has(prototype)) return
  wrapped.add(prototype)
  for (const name of ['next', 'return'])
    wrapMethod(prototype, name, (original) => {
      return function (this: object, ...args: unknown[]) {
        const operation = iterations.get(this)
        if (operation === undefined) return original.apply(this, args)
        const result = attempt(operations, operation, () => original.apply(this, args) as { readonly done?: unknown })
        if (name === 'return' || result.done) operations.end(operation, undefined)
        return result
      }
    })
}
