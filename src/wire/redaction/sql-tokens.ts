/** Where the literals and comments of SQL end, by dialect. */
import { endOfLine } from './value-end.ts'

/** Dialects that differ in what a literal is. */
export type SqlFamily = 'postgresql' | 'mysql' | 'clickhouse' | 'google' | 'oracle' | 'mssql' | 'sqlite' | 'other'

/** What may stand before the quote of a literal without a space: E'', N'', X'', B'', U&'', and the character sets of MySQL. */
const PREFIX = /^(?:[enxb]|u&|nq?|q|_[a-z0-9]+|r|br|rb)$/i
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]{0,62})?\$/y
const PAIRS: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' }

/** Whether a backslash escapes, a text in double quotes is a string, and `#` begins a comment. */
const isLikeMysql = (family: SqlFamily): boolean => family === 'mysql' || family === 'clickhouse' || family === 'google'

/** Behind the comment that begins at `start`, or `start`. In dialects without `#` and `--x` these are operators. */
export function endOfComment(text: string, start: number, family: SqlFamily): number {
  const [first, second] = [text.charCodeAt(start), text.charCodeAt(start + 1)]
  if (first === 47 && second === 42)
    return endOfBlockComment(text, start, family === 'postgresql' || family === 'mssql' || family === 'other')
  if (first === 35 && isLikeMysql(family)) return endOfLine(text, start)
  if (first !== 45 || second !== 45) return start
  const third = text.charCodeAt(start + 2)
  return family !== 'mysql' || Number.isNaN(third) || third <= 32 ? endOfLine(text, start) : start
}

/** Behind the literal that begins at `start`, with its prefix, or `start`. */
export function endOfLiteral(text: string, start: number, family: SqlFamily): number {
  const code = text.charCodeAt(start)
  if (code === 39) return endOfQuotes(text, start, "'", family, '')
  if (code === 34 && isLikeMysql(family)) return endOfQuotes(text, start, '"', family, '')
  // 12, .5 and, in SQL Server, the amount $12
  const isNumber =
    isDigit(code) || ((code === 46 || (code === 36 && family === 'mssql')) && isDigit(text.charCodeAt(start + 1)))
  if (isNumber) return endOfNumber(text, start)
  if (code === 36 && family !== 'mysql') return endOfDollarQuoted(text, start)
  return isWordCode(code) ? endOfPrefixed(text, start, family) : start
}

/** `E'…'` and the like; the word is looked at whole, so that no end of a name is taken for a prefix. */
function endOfPrefixed(text: string, start: number, family: SqlFamily): number {
  let end = start
  while (end < text.length && end - start < 24 && isWordCode(text.charCodeAt(end))) end++
  if (text.charCodeAt(end) === 38 && end - start === 1) end++
  const quote = text[end]
  if (quote !== "'" && !(quote === '"' && isLikeMysql(family))) return start
  const prefix = text.slice(start, end)
  if (!PREFIX.test(prefix)) return start
  if (/^n?q$/i.test(prefix) && !isLikeMysql(family)) return endOfOracleQuoted(text, end)
  return endOfQuotes(text, end, quote, family, prefix)
}

/** Whether a backslash escapes a quote; in a dialect that is not known it is not clear. */
const escapes = (family: SqlFamily, prefix: string): boolean | undefined =>
  isLikeMysql(family) || /^e$/i.test(prefix) ? true : family === 'other' ? undefined : false

/** BigQuery and Spanner have texts between three quotes; where the dialect is not known, what may still be such a text is masked. */
function endOfQuotes(text: string, start: number, quote: string, family: SqlFamily, prefix: string): number {
  const end = endOfString(text, start, quote, escapes(family, prefix))
  const three = quote.repeat(3)
  if ((family !== 'google' && family !== 'other') || !text.startsWith(three, start)) return end
  let close = text.indexOf(three, start + 3)
  while (family === 'google' && close >= 0 && text[close - 1] === '\\') close = text.indexOf(three, close + 1)
  if (close < 0) return family === 'google' ? text.length : end
  return family === 'google' ? close + 3 : Math.max(end, close + 3)
}

function endOfString(text: string, start: number, quote: string, hasEscapes: boolean | undefined): number {
  const code = quote.charCodeAt(0)
  for (let at = start + 1; at < text.length; at++) {
    const current = text.charCodeAt(at)
    if (current === 92) {
      // the string may go on or not: what is unclear is masked to the end
      if (hasEscapes === undefined && text.charCodeAt(at + 1) === code) return text.length
      if (hasEscapes) at++
    } else if (current === code) {
      if (text.charCodeAt(at + 1) === code) at++
      else return at + 1
    }
  }
  return text.length
}

function endOfDollarQuoted(text: string, start: number): number {
  DOLLAR_TAG.lastIndex = start
  const tag = DOLLAR_TAG.exec(text)?.[0]
  if (tag === undefined) return start
  const end = text.indexOf(tag, start + tag.length)
  return end < 0 ? text.length : end + tag.length
}

/** `q'[…]'`; an ordinary string in other dialects would be as long or shorter. */
function endOfOracleQuoted(text: string, quote: number): number {
  const open = text[quote + 1] ?? ''
  const end = text.indexOf(`${PAIRS[open] ?? open}'`, quote + 2)
  return end < 0 ? text.length : end + 2
}

/** 1, 1.5e-3, 0xFF, 1_000 and whatever letters follow. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end < text.length) {
    const code = text.charCodeAt(end)
    const isSign =
      (code === 43 || code === 45) && /[eE]/.test(text[end - 1]!) && !/^0x/i.test(text.slice(start, start + 2))
    if (!isWordCode(code) && code !== 46 && !isSign) break
    end++
  }
  return end
}

/** Nested in PostgreSQL and SQL Server; where the dialect is not known, what may still be comment is left out. */
function endOfBlockComment(text: string, start: number, isNested: boolean): number {
  let depth = 1
  for (let at = start + 2; at < text.length; at++) {
    const [first, second] = [text.charCodeAt(at), text.charCodeAt(at + 1)]
    if (first === 42 && second === 47) {
      at++
      if (--depth === 0) return at + 1
    } else if (isNested && first === 47 && second === 42) {
      at++
      depth++
    }
  }
  return text.length
}

export const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Of a name or key word: a digit in it is no number. */
export const isWordCode = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || isDigit(code) || code === 95 || code > 127
