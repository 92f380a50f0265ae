/** Parses the query language of traces and logs. It reads what other tools' users type as well, and names the right form of what it can't. */
import { EVERYTHING, type Expression } from './ast.ts'
import { type Cursor, createCursor, isWord } from './cursor.ts'
import { badQuery } from './errors.ts'
import { rejectForeign } from './foreign.ts'
import { readTerm } from './term.ts'

const MAX_TERMS = 50
const MAX_DEPTH = 30

/** @throws {HttpError} 400 `bad_query` with the position of what is wrong */
export function parseQuery(text: string): Expression {
  rejectForeign(text)
  const expression = readAll(createCursor(text))
  return expression.kind === 'some' ? expression.item : expression
}

function readAll(cursor: Cursor): Expression {
  // Uptrace's `where`, and a bar in front of it
  while (cursor.peek()?.kind === 'pipe' || isWhere(cursor)) cursor.skip()
  if (cursor.peek() === undefined) return EVERYTHING
  let terms = 0
  const expression = readOr(0)
  const left = cursor.peek()
  if (!left) return expression
  const isClose = left.kind === 'close'
  throw badQuery(
    left.position,
    isClose ? 'This bracket was not opened.' : `${JSON.stringify(left.text)} is not expected here.`,
  )

  function readOr(depth: number): Expression {
    if (depth > MAX_DEPTH) throw badQuery(cursor.peek()?.position ?? 0, 'The brackets are nested too deeply.')
    const items = [readAnd(depth)]
    while (cursor.peek()?.kind === 'or') {
      cursor.skip()
      items.push(readAnd(depth))
    }
    return items.length === 1 ? items[0]! : { kind: 'or', items }
  }

  function readAnd(depth: number): Expression {
    const items = [readUnary(depth)]
    for (;;) {
      const token = cursor.peek()
      if (token === undefined || token.kind === 'or' || token.kind === 'close') break
      if (token.kind === 'and' || token.kind === 'pipe' || token.kind === 'comma' || isWhere(cursor)) cursor.skip()
      if (token.kind === 'pipe' && isWord(cursor.peek(), 'where')) cursor.skip()
      items.push(readUnary(depth))
    }
    return items.length === 1 ? items[0]! : { kind: 'and', items }
  }

  function readUnary(depth: number): Expression {
    const token = cursor.peek()
    if (token === undefined) throw badQuery(cursor.end, 'A condition is missing at the end.')
    if (token.kind === 'not') {
      cursor.skip()
      return { kind: 'not', item: readUnary(depth + 1) }
    }
    if (token.kind !== 'open') {
      if (++terms > MAX_TERMS) throw badQuery(token.position, `A query has at most ${MAX_TERMS} terms.`)
      return readTerm(cursor, token)
    }
    cursor.skip()
    if (cursor.peek()?.kind === 'close') {
      cursor.skip()
      return EVERYTHING
    }
    const inner = readOr(depth + 1)
    if (cursor.peek()?.kind !== 'close') throw badQuery(token.position, 'This bracket is not closed.')
    cursor.skip()
    if (token.text !== '{') return inner
    return isTrue(inner) ? EVERYTHING : { kind: 'some', item: inner }
  }
}

/** TraceQL's `{ true }`. */
function isTrue(expression: Expression): boolean {
  return expression.kind === 'term' && expression.operator === 'text' && expression.values.join() === 'true'
}

function isWhere(cursor: Cursor): boolean {
  return isWord(cursor.peek(), 'where') && cursor.peek(1) !== undefined && cursor.peek(1)!.kind !== 'operator'
}
