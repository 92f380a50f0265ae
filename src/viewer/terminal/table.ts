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
  colour?(row: Row): Colour | undefined
}

const GAP = 2
const LEAST_COLUMNS = 12

export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string[] {
  const cells = rows.map((row) => columns.map((column) => clean(column.of(row))))
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...cells.map((row) => widthOf(row[index]!)), 0),
  )
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
