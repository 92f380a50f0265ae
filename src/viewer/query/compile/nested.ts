/** Where a dotted name leads into a map: `cart.color` into the attribute `cart`, `body.user.id` into a structured body. */
import type { StoreContext } from '../../store/context.ts'
import { isMap, namesIn, type Table } from './stored-names.ts'

export interface NestedPlace {
  /** In SQL, JSON or NULL. */
  readonly json: string
  /** Text that the column holds where the place is in it: quick to tell. */
  readonly column: string
  readonly mark: string
  readonly path: string
}

export function nestedPlaces(context: StoreContext, alias: 's' | 'l', field: string): NestedPlace[] {
  if (/["\\]/.test(field)) return []
  const table: Table = alias === 's' ? 'span' : 'log'
  const ofAttributes = mapsAbove(context, table, field).flatMap((name) =>
    pathsIn(field.slice(name.length + 1)).map((path) => ({
      json: `${alias}.attrs`,
      column: `${alias}.attrs`,
      mark: `${JSON.stringify(name)}:{`,
      path: `$.${JSON.stringify(name)}${path}`,
    })),
  )
  if (!isOfBody(table, field)) return ofAttributes
  const inBody = field.slice('body.'.length)
  return pathsIn(inBody).map((path) => ({
    json: 'CASE WHEN json_valid(l.body) THEN l.body END',
    column: 'l.body',
    mark: `${JSON.stringify(inBody.slice(inBody.lastIndexOf('.') + 1)).slice(1)}`,
    path: `$${path}`,
  }))
}

/** Whether a name that nothing stored has leads into something. */
export const isNested = (context: StoreContext, table: Table, field: string): boolean =>
  isOfBody(table, field) || mapsAbove(context, table, field).length > 0

const isOfBody = (table: Table, field: string): boolean => table === 'log' && /^body\../.test(field)

function mapsAbove(context: StoreContext, table: Table, field: string): string[] {
  return [...namesIn(context, table)].filter((name) => field.startsWith(`${name}.`) && isMap(context, table, name))
}

/** A name with dots may be one key or several. */
function pathsIn(rest: string): string[] {
  const steps = rest
    .split('.')
    .map((step) => `.${JSON.stringify(step)}`)
    .join('')
  return [...new Set([`.${JSON.stringify(rest)}`, steps])]
}
