/** Tables that sort by a click on a heading; the order is in the address. */
import type { ComponentChildren } from 'preact'
import { param, setParams } from '../../lib/location.tsx'

export interface Column<T> {
  readonly id: string
  readonly label: string
  /** Texts sort upwards first, numbers downwards. */
  readonly value: (row: T) => string | number
  readonly cell: (row: T) => ComponentChildren
  readonly class?: string
}

export function sorted<T>(rows: readonly T[], columns: readonly Column<T>[], standard: string): T[] {
  const { column, isDown } = order(columns, standard)
  const sign = isDown ? -1 : 1
  return rows.toSorted((a, b) => {
    const [x, y] = [column.value(a), column.value(b)]
    return (typeof x === 'string' ? x.localeCompare(String(y)) : x - Number(y)) * sign
  })
}

export function Headings<T>({
  columns,
  standard,
}: {
  readonly columns: readonly Column<T>[]
  readonly standard: string
}) {
  const { column, isDown } = order(columns, standard)
  return (
    <thead>
      <tr>
        {columns.map((one) => (
          <th
            key={one.id}
            class={one.class}
            aria-sort={one.id === column.id ? (isDown ? 'descending' : 'ascending') : undefined}
          >
            <button
              type="button"
              class="sort"
              onClick={() =>
                setParams({ sort: one.id, dir: one.id === column.id && isDown === startsDown(one) ? 'turned' : null })
              }
            >
              {one.label}
              <span aria-hidden="true">{one.id === column.id ? (isDown ? ' ↓' : ' ↑') : ''}</span>
            </button>
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function Cells<T>({ columns, row }: { readonly columns: readonly Column<T>[]; readonly row: T }) {
  return (
    <>
      {columns.map((column) => (
        <td key={column.id} class={column.class}>
          {column.cell(row)}
        </td>
      ))}
    </>
  )
}

function order<T>(columns: readonly Column<T>[], standard: string): { column: Column<T>; isDown: boolean } {
  const column =
    columns.find(({ id }) => id === param('sort')) ?? columns.find(({ id }) => id === standard) ?? columns[0]!
  return { column, isDown: startsDown(column) !== (param('dir') === 'turned') }
}

const startsDown = <T,>({ class: className }: Column<T>): boolean => className === 'num'
