/** docs/libraries.md: its table, read and written. */
import path from 'node:path'

export const FILE = path.join(import.meta.dirname, '../../docs/libraries.md')
const [BEGIN, END] = ['<!-- wild -->', '<!-- /wild -->']

/** What each program traces: ES modules before, after, preloaded, then CommonJS. */
export type Cell = 'yes' | 'part' | 'warned' | 'no' | '-'

export interface Row {
  readonly name: string
  readonly version: string
  readonly cells: readonly Cell[]
  /** Of a preloaded program. */
  readonly spans: string
}

export function renderPage(document: string, rows: readonly Row[]): string {
  const [head, rest = ''] = document.split(BEGIN)
  const tail = rest.split(END)[1]
  if (tail === undefined) throw new Error(`no ${BEGIN} … ${END} in ${FILE}`)
  const lines = rows.map(({ name, version, cells, spans }) => `| ${[name, version, ...cells, spans].join(' | ')} |`)
  const titles = [
    'library',
    'version',
    ...['ESM', 'CJS'].flatMap((of) => ['before', 'after', 'preload'].map((when) => `${of} ${when}`)),
    'spans',
  ]
  return `${head}${BEGIN}\n\n| ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length)}\n${lines.join('\n')}\n\n${END}${tail}`
}

export function readRows(document: string): Map<string, Row> {
  const table = document.split(BEGIN)[1]?.split(END)[0] ?? ''
  const lines = table.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:library|---)/.test(line))
  return new Map(
    lines.map((line) => {
      const [name = '', version = '', ...rest] = line.slice(2, -2).split(' | ')
      return [name, { name, version, cells: rest.slice(0, 6) as Cell[], spans: rest[6] ?? '' }]
    }),
  )
}
