/** Refuses fields that nothing stored has when they look like a slip of the pen, and names the one that was meant. */
import { distance } from '../../../edit-distance.ts'
import type { StoreContext } from '../../store/context.ts'
import type { Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { LOG_FIELDS, SPAN_FIELDS, TRACE_FIELDS } from '../language/field-names.ts'
import { conventionalNames, isConventional, namesOf } from './semconv-names.ts'

const SAMPLE = 2000
const KEPT_MILLIS = 3000
const BUILT_IN = { span: [...SPAN_FIELDS, ...TRACE_FIELDS], log: [...LOG_FIELDS] }

interface Known {
  readonly names: ReadonlySet<string>
  readonly until: number
}
const known = new WeakMap<StoreContext, Partial<Record<'span' | 'log', Known>>>()

/** @throws {HttpError} 400 `bad_query` when the field of a term is not known and one with nearly that name is */
export function rejectUnknownField(
  context: StoreContext,
  table: 'span' | 'log',
  { field, position }: Pick<Term, 'field' | 'position'>,
): void {
  const other = table === 'log' ? 'span' : 'log'
  if ((BUILT_IN[other] as readonly string[]).includes(field) && field !== 'message')
    throw badQuery(
      position,
      `${field} is a field of ${other === 'log' ? 'log records' : 'spans'}, not of ${table === 'log' ? 'log records' : 'spans'}.`,
    )
  if (isConventional(field)) return
  const names = namesIn(context, table)
  if (namesOf(field).some((name) => names.has(name))) return
  const meant = nearest(field, [...BUILT_IN[table], 'has', ...names, ...conventionalNames()])
  if (meant !== undefined && !isStored(context, table, field))
    throw badQuery(position, `There is no field ${field}: did you mean ${meant}?`)
}

/** The sample may have missed it. */
function isStored({ database }: StoreContext, table: 'span' | 'log', field: string): boolean {
  const text = `${JSON.stringify(field)}:`
  const condition =
    table === 'span' ? 'instr(attrs, ?) > 0 OR instr(extra, ?) > 0' : 'instr(attrs, ?) > 0 OR 0 = length(?)'
  const newest = `SELECT * FROM ${table} ORDER BY id DESC LIMIT 50000`
  return database.prepare(`SELECT 1 FROM (${newest}) WHERE ${condition} LIMIT 1`).get(text, text) !== undefined
}

function namesIn(context: StoreContext, table: 'span' | 'log'): ReadonlySet<string> {
  const kept = known.get(context)?.[table]
  if (kept && kept.until > performance.now()) return kept.names
  const names = new Set<string>()
  const rows = context.database
    .prepare(
      `SELECT attrs, ${table === 'span' ? 'extra' : 'NULL AS extra'} FROM ${table} ORDER BY id DESC LIMIT ${SAMPLE}`,
    )
    .all() as { attrs: string; extra: string | null }[]
  for (const { attrs, extra } of rows) {
    for (const key in JSON.parse(attrs) as object) names.add(key)
    const { e = [] } = (extra === null ? {} : JSON.parse(extra)) as { e?: [string, number, number, object][] }
    for (const [, , , attributes] of e) for (const key in attributes) names.add(key)
  }
  for (const { attributes } of context.resources.all()) for (const key in attributes) names.add(key)
  known.set(context, { ...known.get(context), [table]: { names, until: performance.now() + KEPT_MILLIS } })
  return names
}

/** The name with the fewest changes, when there are few for its length; a prefix of one name counts as near. */
function nearest(field: string, names: readonly string[]): string | undefined {
  const lower = field.toLowerCase()
  const limit = lower.length <= 4 ? 1 : 2
  let best: string | undefined
  let least = limit + 1
  for (const name of names) {
    const changes = name.toLowerCase() === lower ? 0 : distance(lower, name.toLowerCase(), limit)
    if (changes < least) {
      least = changes
      best = name
    }
  }
  return best ?? names.find((name) => name.endsWith(`.${lower}`))
}
