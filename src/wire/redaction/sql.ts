/** Replaces the literals of a statement by `?`. Goes through the text once, whatever it holds; what is not closed is masked to its end. */
import { maskClauses } from './sql-clauses.ts'
import { endOfComment, endOfLiteral, isDigit, isWordCode, type SqlFamily } from './sql-tokens.ts'

/** A list of values becomes `IN (?)`, so that statements that differ in its length are one. */
const IN = /\bin\s*$/i
/** Behind these a text in double quotes is a value where the dialect leaves that open: a comparison, a pattern, a property `{name: "x"}`. */
const BEFORE_VALUE = /(?:[=<>]|(?:^|[^:]):|\b(?:like|key))\s{0,9}$/i
/** Ends the rows behind VALUES. */
const AFTER_ROWS = /^(?:as|on|returning|select|set|where)$/i

/**
 * The statement without literals and comments. Names in quotes, parameters ($1, ?, :name, @name) and key words stay.
 * @example sanitizeSql("SELECT * FROM t WHERE a = 'x' AND b IN (1, 2)", 'other') // 'SELECT * FROM t WHERE a = ? AND b IN (?)'
 */
export function sanitizeSql(text: string, family: SqlFamily): string {
  let out = ''
  /** What is before `at` and behind `from` is copied when something else is found. */
  let from = 0
  let at = 0
  /** What was written up to the last `IN (`, while only literals have followed. */
  let list: string | undefined
  let hasLiteral = false
  /** Whether the rows of VALUES stand here. */
  let isInRows = false
  const isOpen = family === 'other' || family === 'sqlite' || family === 'mssql'
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const commentEnd = code === 45 || code === 47 || code === 35 ? endOfComment(text, at, family) : at
    if (commentEnd > at) {
      // two words must not become one
      out += text.slice(from, at) + (at > 0 && text.charCodeAt(at - 1) > 32 && commentEnd < text.length ? ' ' : '')
      from = at = commentEnd
      continue
    }
    const end = code === 34 && isOpen ? endOfQuotedValue(at) : endOfLiteral(text, at, family)
    if (end !== at) {
      out += `${text.slice(from, at)}?`
      from = at = end
      hasLiteral = true
      continue
    }
    if (code === 40) {
      list = IN.test(text.slice(Math.max(0, at - 8), at)) ? out + text.slice(from, at + 1) : undefined
      hasLiteral = false
    } else if (code === 41) {
      if (list !== undefined && hasLiteral) {
        out = `${list}?`
        from = at
      }
      list = undefined
    }
    const next = endOfOther(text, at, family)
    // a name without its end, in a statement that was cut off
    if (next > text.length) {
      out += `${text.slice(from, at)}?`
      from = text.length
      break
    }
    if (isOpen && isWordCode(code)) isInRows = nowInRows(text.slice(at, Math.min(next, at + 12)))
    else if (code === 59) isInRows = false
    // anything but a comma, a space or a sign makes it no list of literals
    if (list !== undefined && code !== 40 && !isListCode(code)) list = undefined
    at = next
  }
  return maskClauses(out + text.slice(from))

  /** Behind a text in double quotes that is a value and no name, or `start`. */
  function endOfQuotedValue(start: number): number {
    const isValue =
      list !== undefined ||
      BEFORE_VALUE.test(text.slice(Math.max(0, start - 16), start)) ||
      (isInRows && /[(,]\s{0,9}$/.test(text.slice(Math.max(0, start - 12), start)))
    if (!isValue) return start
    const end = Math.min(endOfQuotedName(text, start, '"'), text.length)
    return /^\s{0,9}\./.test(text.slice(end, end + 10)) ? start : end
  }

  function nowInRows(word: string): boolean {
    return /^values?$/i.test(word) || (isInRows && !AFTER_ROWS.test(word))
  }
}

const isListCode = (code: number): boolean => code === 44 || code === 43 || code === 45 || (code <= 32 && code > 0)

/** Behind a name, a quoted name, a parameter, or one character; beyond the text when a quoted name has no end. */
function endOfOther(text: string, start: number, family: SqlFamily): number {
  const code = text.charCodeAt(start)
  if (code === 34 || code === 96) return endOfQuotedName(text, start, code === 34 ? '"' : '`')
  if (code === 91 && (family === 'mssql' || family === 'sqlite')) return endOfQuotedName(text, start, ']')
  // behind the digits of $1 a text in dollar quotes may begin
  if (code === 36 && isDigit(text.charCodeAt(start + 1))) return skipDigits(text, start + 1)
  // the digits of :1, @p1 and ?1 are no literal; nor is what follows `::`
  if (code === 36 || code === 58 || code === 64 || code === 63) return skipWord(text, start + 1)
  return isWordCode(code) ? skipWord(text, start) : start + 1
}

function endOfQuotedName(text: string, start: number, close: string): number {
  let end = text.indexOf(close, start + 1)
  // doubled, it is part of the name
  while (end >= 0 && text[end + 1] === close) end = text.indexOf(close, end + 2)
  return end < 0 ? text.length + 1 : end + 1
}

function skipDigits(text: string, start: number): number {
  let end = start
  while (isDigit(text.charCodeAt(end))) end++
  return end
}

function skipWord(text: string, start: number): number {
  let end = start
  while (end < text.length && (isWordCode(text.charCodeAt(end)) || text.charCodeAt(end) === 36)) end++
  return end
}
