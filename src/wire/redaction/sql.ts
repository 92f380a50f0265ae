/** Replaces the literals of a statement by `?`. Goes through the text once, whatever it holds; what is not closed is masked to its end. */
import { endOfComment, endOfLiteral, isWordCode, type SqlFamily } from './sql-tokens.ts'

/** A list of values becomes `IN (?)`, so that statements that differ in its length are one. */
const IN = /\bin\s*$/i

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
  while (at < text.length) {
    const code = text.charCodeAt(at)
    const commentEnd = code === 45 || code === 47 || code === 35 ? endOfComment(text, at, family) : at
    if (commentEnd > at) {
      // two words must not become one
      out += text.slice(from, at) + (at > 0 && text.charCodeAt(at - 1) > 32 && commentEnd < text.length ? ' ' : '')
      from = at = commentEnd
      continue
    }
    const end = endOfLiteral(text, at, family)
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
    // anything but a comma, a space or a sign makes it no list of literals
    if (list !== undefined && code !== 40 && !isListCode(code)) list = undefined
    at = next
  }
  return out + text.slice(from)
}

const isListCode = (code: number): boolean => code === 44 || code === 43 || code === 45 || (code <= 32 && code > 0)

/** Behind a name, a quoted name, a parameter, or one character. */
function endOfOther(text: string, start: number, family: SqlFamily): number {
  const code = text.charCodeAt(start)
  if (code === 34 || code === 96) return endOfQuotedName(text, start, code === 34 ? '"' : '`')
  if (code === 91 && (family === 'mssql' || family === 'sqlite')) return endOfQuotedName(text, start, ']')
  // the digits of $1, :1, @p1 and ?1 are no literal; nor is what follows `::`
  if (code === 36 || code === 58 || code === 64 || code === 63) return skipWord(text, start + 1)
  return isWordCode(code) ? skipWord(text, start) : start + 1
}

function endOfQuotedName(text: string, start: number, close: string): number {
  const end = text.indexOf(close, start + 1)
  return end < 0 ? text.length : end + 1
}

function skipWord(text: string, start: number): number {
  let end = start
  while (end < text.length && (isWordCode(text.charCodeAt(end)) || text.charCodeAt(end) === 36)) end++
  return end
}
