/** Gives each repeated text a small number: a table of texts with a bounded map in front. */
import type { DatabaseSync } from 'node:sqlite'

const MAX_CACHED = 50_000

export interface Interner {
  idOf(text: string): number
  textOf(id: number): string
  /** Ids of all known texts that meet a condition. */
  idsWhere(condition: (text: string) => boolean): number[]
  /** The id if the text is known. */
  find(text: string): number | undefined
  clear(): void
}

export function createInterner(database: DatabaseSync, table: 'str' | 'scope'): Interner {
  const insert = database.prepare(`INSERT INTO ${table} (v) VALUES (?)`)
  const byText = database.prepare(`SELECT id FROM ${table} WHERE v = ?`)
  const byId = database.prepare(`SELECT v FROM ${table} WHERE id = ?`)
  const all = database.prepare(`SELECT id, v FROM ${table}`)
  let ids = new Map<string, number>()
  let texts = new Map<number, string>()

  const remember = (text: string, id: number): number => {
    if (ids.size >= MAX_CACHED) {
      ids = new Map()
      texts = new Map()
    }
    ids.set(text, id)
    texts.set(id, text)
    return id
  }
  const find = (text: string): number | undefined => {
    const cached = ids.get(text)
    if (cached !== undefined) return cached
    const row = byText.get(text) as { id: number } | undefined
    return row && remember(text, row.id)
  }
  return {
    idOf: (text) => find(text) ?? remember(text, Number(insert.run(text).lastInsertRowid)),
    find,
    textOf(id) {
      const cached = texts.get(id)
      if (cached !== undefined) return cached
      const row = byId.get(id) as { v: string } | undefined
      if (row) remember(row.v, id)
      return row?.v ?? ''
    },
    idsWhere(condition) {
      const found: number[] = []
      for (const row of all.iterate() as Iterable<{ id: number; v: string }>) if (condition(row.v)) found.push(row.id)
      return found
    },
    clear() {
      ids = new Map()
      texts = new Map()
    },
  }
}
