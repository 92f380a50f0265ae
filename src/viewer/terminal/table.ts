/** A table from rows: aligned columns for a terminal, or Markdown. */
import { clean, cutTo, padEnd, padStart, widthOf } from './clean.ts'
import type { Colour, Screen } from './screen.ts'

export interface Column<Row> {
  readonly title: string
  /** Cleaned before it is shown. */
  of(row: Row): string
  /** Numbers are aligned right. */
  readonly right?: boolean
  /** Shortened when the terminal is too narrow; at most one column. */
  readonly grows?: boolean
  /** Left out when the terminal is too narrow for all. */
  readonly optional?: boolean
  colour?(row: Row): Colour | undefined
}

const GAP = 2
const LEAST_COLUMNS = 12

export function tableLines<Row>(all: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string[] {
  const columns = withinWidth(all, rows, screen.columns)
  const cells = rows.map((row) => columns.map((column) => clean(column.of(row))))
  const widths = columns.map((column) => columnWidth(column, rows))
  const overhang = widths.reduce((sum, width) => sum + width + GAP, -GAP) - screen.columns
  const growing = columns.findIndex(({ grows }) => grows)
  if (overhang > 0 && growing >= 0) widths[growing] = Math.max(widths[growing]! - overhang, LEAST_COLUMNS)
  const line = (texts: readonly string[], colours: readonly (Colour | undefined)[]) =>
    columns
      .map(({ right }, index) => {
        const text = cutTo(texts[index]!, widths[index]!)
        const padded = right ? padStart(text, widths[index]!) : padEnd(text, widths[index]!)
        const colour = colours[index]
        return colour ? screen.paint(colour, padded) : padded
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const head = line(
    columns.map(({ title }) => title),
    columns.map(() => 'dim'),
  )
  return [
    head,
    ...rows.map((row, index) =>
      line(
        cells[index]!,
        columns.map(({ colour }) => colour?.(row)),
      ),
    ),
  ]
}

/** Without optional columns, the last first, until the rest has room with the growing one at its least. */
function withinWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[], room: number): readonly Column<Row>[] {
  const needed = columns.reduce((sum, column) => {
    const width = columnWidth(column, rows)
    return sum + GAP + (column.grows ? Math.min(width, LEAST_COLUMNS) : width)
  }, -GAP)
  const dropped = columns.findLastIndex(({ optional }) => optional)
  return needed <= room || dropped < 0 ? columns : withinWidth(columns.toSpliced(dropped, 1), rows, room)
}

function columnWidth<Row>({ title, of }: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((most, row) => Math.max(most, widthOf(clean(of(row)))), widthOf(title))
}

export function markdownTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(columns.map(({ title }) => title)),
    line(columns.map(({ right }) => (right ? '---:' : '---'))),
    ...rows.map((row) => line(columns.map(({ of }) => inlineMarkdown(of(row))))),
  ]
}

/** Text of a program within Markdown: no markup, no line break, no HTML. */
export function inlineMarkdown(text: string): string {
  return clean(text).replace(/[\\`*_[\]<>#|~&]/g, '\\$&')
}

/** Text of a program as code within a line. */
export function codeMarkdown(text: string): string {
  const cleaned = clean(text)
  const longest = Math.max(0, ...[...cleaned.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest === 0 ? `${fence}${cleaned}${fence}` : `${fence} ${cleaned} ${fence}`
}
