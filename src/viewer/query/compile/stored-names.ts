/** Names of the attributes that are stored: by a sample of the newest, and by a closer look for one that the sample missed. */
import type { StoreContext } from '../../store/context.ts'
import { readObject } from '../../store/read-json.ts'

export type Table = 'span' | 'log'

const SAMPLE = 2000
const LOOKED_AT = 50_000
const KEPT_MILLIS = 3000

interface Known {
  readonly names: ReadonlySet<string>
  /** What the closer look said. */
  readonly looked: Map<string, boolean>
  readonly until: number
}
const known = new WeakMap<StoreContext, Partial<Record<Table, Known>>>()

export const namesIn = (context: StoreContext, table: Table): ReadonlySet<string> => knownIn(context, table).names

export function isStored(context: StoreContext, table: Table, field: string): boolean {
  const { names, looked } = knownIn(context, table)
  if (names.has(field)) return true
  const before = looked.get(field)
  if (before !== undefined) return before
  const isFound = look(context, table, field)
  looked.set(field, isFound)
  return isFound
}

/** Whether an attribute of this name holds a map. */
export function isMap(context: StoreContext, table: Table, name: string): boolean {
  const { looked } = knownIn(context, table)
  const key = `${name}:{`
  const before = looked.get(key)
  if (before !== undefined) return before
  const newest = `SELECT attrs FROM ${table} ORDER BY id DESC LIMIT ${LOOKED_AT}`
  const text = `${JSON.stringify(name)}:{`
  const isFound =
    context.database.prepare(`SELECT 1 FROM (${newest}) WHERE instr(attrs, ?) > 0 LIMIT 1`).get(text) !== undefined
  looked.set(key, isFound)
  return isFound
}

function look({ database }: StoreContext, table: Table, field: string): boolean {
  const text = `${JSON.stringify(field)}:`
  const condition =
    table === 'span' ? 'instr(attrs, ?) > 0 OR instr(extra, ?) > 0' : 'instr(attrs, ?) > 0 OR 0 = length(?)'
  const newest = `SELECT * FROM ${table} ORDER BY id DESC LIMIT ${LOOKED_AT}`
  return database.prepare(`SELECT 1 FROM (${newest}) WHERE ${condition} LIMIT 1`).get(text, text) !== undefined
}

function knownIn(context: StoreContext, table: Table): Known {
  const kept = known.get(context)?.[table]
  if (kept && kept.until > performance.now()) return kept
  const fresh: Known = { names: sample(context, table), looked: new Map(), until: performance.now() + KEPT_MILLIS }
  known.set(context, { ...known.get(context), [table]: fresh })
  return fresh
}

function sample(context: StoreContext, table: Table): ReadonlySet<string> {
  const names = new Set<string>()
  const rows = context.database
    .prepare(
      `SELECT attrs, ${table === 'span' ? 'extra' : 'NULL AS extra'} FROM ${table} ORDER BY id DESC LIMIT ${SAMPLE}`,
    )
    .all() as { attrs: string; extra: string | null }[]
  for (const { attrs, extra } of rows) {
    for (const key in readObject(attrs)) names.add(key)
    const { e = [] } = (extra === null ? {} : readObject(extra)) as { e?: [string, number, number, object][] }
    for (const [, , , attributes] of e) for (const key in attributes) names.add(key)
  }
  for (const { attributes } of context.resources.all()) for (const key in attributes) names.add(key)
  return names
}
