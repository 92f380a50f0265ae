/** Reads rows as arrays of their columns, in a third of the time of objects. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'

export function readArrays<Row>(database: DatabaseSync, select: string, args: readonly SQLInputValue[]): Row[] {
  const statement = database.prepare(select)
  // Node 22 before 22.16 has objects only
  if (typeof statement.setReturnArrays !== 'function')
    return statement.all(...args).map(Object.values) as unknown as Row[]
  statement.setReturnArrays(true)
  return statement.all(...args) as unknown as Row[]
}
