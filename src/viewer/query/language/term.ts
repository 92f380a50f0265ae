/** Reads one condition of a query: a field, an operator and values, or words to find. */
import type { Expression, Operator, Term } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { isWord } from './cursor.ts'
import { badQuery } from './errors.ts'
import { type Field, resolveField } from './field-names.ts'
import { type ReadOperator, readOperator } from './operator.ts'
import type { Token } from './tokens.ts'
import { isUnit } from './values.ts'

export function readTerm(cursor: Cursor, token: Token): Expression {
  if (token.kind !== 'word' && token.kind !== 'quoted') {
    const hint = token.kind === 'operator' ? ': a field stands before it' : ''
    throw badQuery(token.position, `${JSON.stringify(token.text)} is not expected here${hint}.`)
  }
  const read = readOperator(cursor)
  if (!read) return readText(cursor, token)
  const field = token.kind === 'quoted' ? { name: token.text, isBuiltIn: false } : resolveField(token.text)
  const term = toTerm(
    field,
    read.operator,
    token,
    read.operator === 'has' ? [field.name] : readValues(cursor, token, field, read),
  )
  return read.negated ? { kind: 'not', item: term } : term
}

function toTerm(field: Field, operator: Operator, { text, position }: Token, values: readonly string[]): Term {
  // `has:x`, and Kibana's form of it
  if (text.toLowerCase() === 'has' || text === '_exists_')
    return {
      kind: 'term',
      field: 'has',
      operator: 'has',
      values: values.map((name) => resolveField(name).name),
      position,
    }
  return { kind: 'term', field: field.name, ...(field.of && { of: field.of }), operator, values, position }
}

function readText(cursor: Cursor, token: Token): Term {
  cursor.skip()
  const values = [token.text]
  while (cursor.peek()?.kind === 'pipe' && (cursor.peek()!.isAttached || cursor.peek(1)?.isAttached)) {
    cursor.skip()
    values.push(takeValue(cursor, token).text)
  }
  return { kind: 'term', field: '', operator: 'text', values, position: token.position }
}

/** Values separated by `|`, or in brackets. */
function readValues(cursor: Cursor, name: Token, field: Field, { end, operator }: ReadOperator): string[] {
  if (cursor.peek()?.kind === 'open' && cursor.peek()!.text === '(') return readList(cursor, name)
  const values = [readValue(cursor, takeValue(cursor, name, end), field, operator)]
  while (isAlternative(cursor)) {
    cursor.skip()
    values.push(readValue(cursor, takeValue(cursor, name), field, operator))
  }
  return values
}

function isAlternative(cursor: Cursor): boolean {
  return cursor.peek()?.kind === 'pipe' && !isWord(cursor.peek(1), 'where') && cursor.peek(2)?.kind !== 'operator'
}

/** `(a, b)`, `(a OR b)`, `(a | b)`. */
function readList(cursor: Cursor, name: Token): string[] {
  const open = cursor.peek()!
  cursor.skip()
  const values: string[] = []
  for (;;) {
    const token = cursor.peek()
    if (token === undefined) throw badQuery(open.position, 'This bracket is not closed.')
    cursor.skip()
    if (token.kind === 'close') break
    if (token.kind === 'word' || token.kind === 'quoted') values.push(token.text)
    else if (token.kind !== 'comma' && token.kind !== 'or' && token.kind !== 'pipe')
      throw badQuery(token.position, `A list of values of ${name.text} is written (a, b).`)
  }
  if (values.length === 0) throw badQuery(open.position, `${name.text} needs a value.`)
  return values
}

function takeValue(cursor: Cursor, name: Token, end?: number): Token {
  const token = cursor.peek()
  if (token?.kind !== 'word' && token?.kind !== 'quoted')
    throw badQuery(token?.position ?? end ?? cursor.end, `${name.text} needs a value here.`)
  cursor.skip()
  return token
}

/** `100 ms` is one value. */
function readValue(cursor: Cursor, token: Token, field: Field, operator: Operator): string {
  const next = cursor.peek()
  const isNumber = token.kind === 'word' && /^[\d.]+$/.test(token.text)
  const isCompared = field.isDuration || /^[<>]/.test(operator)
  if (isNumber && isCompared && next?.kind === 'word' && isUnit(next.text) && cursor.peek(1)?.kind !== 'operator') {
    cursor.skip()
    return token.text + next.text
  }
  return operator === 'regex' && token.kind === 'word' ? token.text.replace(/^\/(.*)\/$/, '$1') : token.text
}
