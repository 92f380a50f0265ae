/** Masks secrets that SQL lets stand without quotes or in double quotes: passwords of users, keys of databases, settings of the application. */

const HINT = /identified|pragma|attach|stdin|\sformat\s|^\s{0,9}set\s/i
/** A word, or a text in double quotes. `?` is what a literal has become. */
const VALUE = '("[^"]*"?|[^\\s"?;,()]+)'
const CLAUSES: ReadonlyArray<readonly [pattern: RegExp, replacement: string]> = [
  // Oracle
  [new RegExp(`\\b(identified\\s{1,9}by\\s{1,9})(?!values\\s|password\\s|random\\s)${VALUE}`, 'gi'), '$1?'],
  [new RegExp(`\\b(identified\\s{1,9}by\\s{1,9}\\?\\s{1,9}replace\\s{1,9})${VALUE}`, 'gi'), '$1?'],
  // SQLCipher
  [new RegExp(`\\b(pragma\\s{1,9}(?:\\w{1,64}\\.)?(?:hex|text)?(?:re)?key\\s{0,9}[=(]\\s{0,9})${VALUE}`, 'gi'), '$1?'],
  [new RegExp(`\\b(attach\\s[^;]{1,400}?\\skey\\s{1,9})${VALUE}`, 'gi'), '$1?'],
  // `SET app.user TO ann`: names of PostgreSQL's own settings have no dot
  [new RegExp(`^(\\s{0,9}set\\s{1,9}(?:(?:session|local)\\s{1,9})?"?\\w{1,64}\\.[\\w.]{1,64}"?\\s{0,9}(?:=|\\bto\\b)\\s{0,9})${VALUE}`, 'gi'), '$1?'],
  // the rows behind `COPY … FROM STDIN;` of PostgreSQL and behind `INSERT … FORMAT CSV` of ClickHouse
  [/\b(from\s{1,9}stdin\b[^;\n]{0,200};?[ \t]{0,9}\r?\n)[\s\S]+/i, '$1?'],
  [/^(\s{0,9}insert\s[\s\S]{1,2000}?\sformat\s{1,9}\w{1,40}\s)[\s\S]+/i, '$1?'],
] // biome-ignore format: a table

/** @param statement without literals and comments */
export function maskClauses(statement: string): string {
  if (!HINT.test(statement)) return statement
  let safe = statement
  for (const [pattern, replacement] of CLAUSES) safe = safe.replace(pattern, replacement)
  return safe
}
