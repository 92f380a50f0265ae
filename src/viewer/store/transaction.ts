/** All of a change, or nothing of it. */
import type { DatabaseSync } from 'node:sqlite'

export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // nothing is open, or SQLite has rolled back already, as it does when the disk is full
  }
}
