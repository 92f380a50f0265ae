/** Keeps the texts of findings once for all traces, on disk, so that insights outlive a restart. */
import type { DatabaseSync } from 'node:sqlite'
import type { Finding } from './finding.ts'

export interface FindingTexts {
  keep(finding: Finding): void
  of(key: string): Finding | undefined
  /** Deletes what no trace names any more. */
  retain(keys: ReadonlySet<string>): void
  clear(): void
}

export function createFindingTexts(database: DatabaseSync): FindingTexts {
  const write = database.prepare('INSERT OR REPLACE INTO finding (key, weight, v) VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM finding WHERE key = ?')
  const known = new Map<string, Finding>()
  for (const { v } of database.prepare('SELECT v FROM finding').all() as { v: string }[]) {
    const finding = JSON.parse(v) as Finding
    known.set(finding.key, finding)
  }
  return {
    keep(finding) {
      const before = known.get(finding.key)
      if (before && before.weight >= finding.weight) return
      known.set(finding.key, finding)
      write.run(finding.key, finding.weight, JSON.stringify(finding))
    },
    of: (key) => known.get(key),
    retain(keys) {
      for (const key of known.keys()) {
        if (keys.has(key)) continue
        known.delete(key)
        remove.run(key)
      }
    },
    clear: () => known.clear(),
  }
}
