/** Small pieces of SQL with their arguments. */
import type { SQLInputValue } from 'node:sqlite'
import type { Operator } from './language/ast.ts'

export interface Sql {
  readonly text: string
  readonly args: readonly SQLInputValue[]
}

export const TRUE: Sql = { text: '1', args: [] }
export const FALSE: Sql = { text: '0', args: [] }

export function sql(text: string, ...args: SQLInputValue[]): Sql {
  return { text, args }
}

export function and(parts: readonly Sql[]): Sql {
  return join(
    parts.filter((part) => part.text !== '1'),
    ' AND ',
    TRUE,
  )
}

export function or(parts: readonly Sql[]): Sql {
  return join(
    parts.filter((part) => part.text !== '0'),
    ' OR ',
    FALSE,
  )
}

/** Unknown counts as false, so that its negation is true. */
export function not(part: Sql): Sql {
  return { text: `NOT coalesce((${part.text}), 0)`, args: part.args }
}

/** Numbers only, written into the text: lists may be longer than SQLite takes arguments. */
export function isIn(column: string, ids: readonly number[]): Sql {
  if (ids.length === 0) return FALSE
  return ids.length === 1 ? sql(`${column} = ?`, ids[0]!) : sql(`${column} IN (${ids.join(',')})`)
}

/** Compares text: `:` without regard to case, `=` and `!=` exactly; `*` matches any text, with `:` `?` one character, `~` any part, `=~` a regular expression. */
export function textMatch(column: string, operator: Operator, value: string, args: readonly string[] = []): Sql {
  switch (operator) {
    case ':':
      return like(column, likePattern(value).replaceAll('?', '_'), args)
    case '~':
    case 'text':
      return like(column, `%${escapeLike(value)}%`, args)
    case '=':
    case '!=':
      return value.includes('*')
        ? sql(`${column} GLOB ?`, ...args, value.replace(/[[?]/g, '[$&]'))
        : sql(`${column} = ?`, ...args, value)
    case 'regex':
      return sql(`${column} REGEXP ?`, ...args, value)
    default:
      return sql(`${column} ${operator} ?`, ...args, value)
  }
}

/** LIKE knows upper and lower case of A to Z only: with other letters it is asked of the text in lower case. */
export function like(column: string, pattern: string, args: readonly string[] = []): Sql {
  const rough = anyCase(pattern)
  const condition = sql(`${column} LIKE ? ESCAPE '\\'`, ...args, rough)
  if (rough === pattern) return condition
  return and([condition, sql(`in_lower_case(${column}) LIKE ? ESCAPE '\\'`, ...args, pattern.toLowerCase())])
}

/** The same pattern with `_` for each letter whose case LIKE does not know. */
export const anyCase = (pattern: string): string =>
  pattern.replace(/[^\0-\x7f]/gu, (letter) => (letter.toLowerCase() === letter.toUpperCase() ? letter : '_'))

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}

export function likePattern(value: string): string {
  return escapeLike(value).replaceAll('*', '%')
}

function join(parts: readonly Sql[], by: string, none: Sql): Sql {
  if (parts.length === 0) return none
  if (parts.length === 1) return parts[0]!
  return { text: parts.map(({ text }) => `(${text})`).join(by), args: parts.flatMap(({ args }) => args) }
}
