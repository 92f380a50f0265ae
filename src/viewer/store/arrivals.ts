/** How far the rows went at which time: age is counted from arrival, so that an old file that is imported today is not deleted as old. */
import type { DatabaseSync } from 'node:sqlite'

/** Highest ids of what had arrived at a time. */
export interface Arrived {
  readonly trace: number
  readonly log: number
  readonly point: number
}

export interface Arrivals {
  /** Marks what is there now, and tells what was there at an earlier time. */
  before(us: number): Arrived
  /** Ids of deleted rows may be given again. */
  forgetDeleted(): void
}

const NOTHING: Arrived = { trace: 0, log: 0, point: 0 }
const NOW = `(SELECT coalesce(max(no), 0) FROM trace) AS trace, (SELECT coalesce(max(id), 0) FROM log) AS log,
  (SELECT coalesce(max(id), 0) FROM point) AS point`

/** At most an hour passes between two marks: so much later is deleted what is too old. */
export function createArrivals(database: DatabaseSync, markEveryMillis: number): Arrivals {
  const everyUs = Math.min(markEveryMillis, 60 * 60_000) * 1000
  // not in the schema: a store of the same version that has none gets one
  const columns = '(us INTEGER PRIMARY KEY, trace INTEGER NOT NULL, log INTEGER NOT NULL, point INTEGER NOT NULL)'
  const isMade = attempt(() => database.exec(`CREATE TABLE IF NOT EXISTS arrival ${columns}`))
  if (!isMade) database.exec(`CREATE TEMP TABLE arrival ${columns}`)
  return {
    before(us) {
      attempt(mark)
      const found = database.prepare('SELECT * FROM arrival WHERE us <= ? ORDER BY us DESC LIMIT 1').get(us) as
        | (Arrived & { us: number })
        | undefined
      if (!found) return NOTHING
      database.prepare('DELETE FROM arrival WHERE us < ?').run(found.us)
      return found
    },
    forgetDeleted() {
      database.exec(
        `UPDATE arrival SET trace = min(arrival.trace, now.trace), log = min(arrival.log, now.log),
          point = min(arrival.point, now.point) FROM (SELECT ${NOW}) now`,
      )
    },
  }

  function mark(): void {
    const nowUs = Date.now() * 1000
    const last = database.prepare('SELECT * FROM arrival ORDER BY us DESC LIMIT 1').get() as
      | (Arrived & { us: number })
      | undefined
    if (last && last.us > nowUs - everyUs) return
    const now = database.prepare(`SELECT ${NOW}`).get() as unknown as Arrived
    const isSame = (['trace', 'log', 'point'] as const).every((table) => now[table] === (last ?? NOTHING)[table])
    if (!isSame) database.prepare('INSERT INTO arrival VALUES (?, ?, ?, ?)').run(nowUs, now.trace, now.log, now.point)
  }
}

/** A full disk must not keep the store from opening, nor from deleting. */
function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
