/** Text anywhere in an item: in its values, not in the names of its attributes. */
import { anyCase, escapeLike, like, likePattern, type Sql, sql } from '../sql.ts'

/** Text in a value of attributes, which are JSON: in one of its names it does not count. */
export function inValues(json: string, args: readonly string[], value: string): Sql {
  const found = textPattern("CASE a.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE a.value END", value)
  return sql(`EXISTS (SELECT 1 FROM json_each(${json}) a WHERE ${found.text})`, ...args, ...found.args)
}

/** Text in a column; `*` stands for anything. */
export const textPattern = (column: string, value: string): Sql => like(column, `%${likePattern(value)}%`)

/** Whether a column of JSON may hold the text at all: read as text, which is quick. */
export function mayHold(column: string, value: string): Sql {
  const pattern = value.includes('*') ? likePattern(value) : escapeLike(JSON.stringify(value).slice(1, -1))
  return sql(`${column} LIKE ? ESCAPE '\\'`, `%${anyCase(pattern)}%`)
}
