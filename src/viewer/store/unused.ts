/** Deletes what no item names any more: exemplars, series, instruments, resources, scopes, texts. */
import type { DatabaseSync } from 'node:sqlite'
import { transaction } from './transaction.ts'

/** In this order, since each names those below. */
const UNUSED = [
  'DELETE FROM exemplar WHERE series_id NOT IN (SELECT series_id FROM point)',
  'DELETE FROM series WHERE id NOT IN (SELECT series_id FROM point)',
  'DELETE FROM instrument WHERE id NOT IN (SELECT instrument_id FROM series)',
  `DELETE FROM resource WHERE id NOT IN (SELECT resource_id FROM span UNION SELECT resource_id FROM log UNION SELECT resource_id FROM series)
    AND last_us < (SELECT coalesce(max(last_us), 0) FROM resource)`,
  `DELETE FROM scope WHERE id NOT IN (SELECT scope_id FROM span UNION SELECT scope_id FROM log UNION SELECT scope_id FROM instrument)`,
  `DELETE FROM str WHERE id NOT IN (SELECT name FROM span UNION SELECT grp FROM span UNION SELECT svc FROM span UNION SELECT svc FROM log
    UNION SELECT head_name FROM trace UNION SELECT head_svc FROM trace UNION SELECT svc FROM resource UNION SELECT svc FROM instrument)`,
]

/** Those that are older than all points or than the limit of age; not of series whose old points stay, since they arrived after `lastPoint`. */
export function deleteExemplars(database: DatabaseSync, cutoffUs: number, lastPoint: number): void {
  database
    .prepare(
      `DELETE FROM exemplar WHERE (time_us < (SELECT min(time_us) FROM point) OR (time_us < :cutoffUs AND :lastPoint > 0))
        AND NOT EXISTS (SELECT 1 FROM point p WHERE p.series_id = exemplar.series_id AND p.time_us < :cutoffUs AND p.id > :lastPoint)`,
    )
    .run({ cutoffUs, lastPoint })
}

/** @returns how many rows were deleted; ids in memory may name rows that are gone */
export function deleteUnused(database: DatabaseSync): number {
  return transaction(database, () => {
    let deleted = 0
    for (const statement of UNUSED) deleted += Number(database.prepare(statement).run().changes)
    return deleted
  })
}
