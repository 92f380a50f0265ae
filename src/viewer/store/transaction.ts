/** All of a change, or nothing of it. */
import type { DatabaseSync } from 'node:sqlite'

export function transaction<T>(database: DatabaseSync, onFailure: (error: Error) => void, work: () => T): T {
  database.exec('BEGIN')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    onFailure(error as Error)
    throw error
  }
}

export function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK')
  } catch {
    // nothing is open, or SQLite has rolled back already, as it does when the disk is full
  }
}
