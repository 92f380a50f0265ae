/** Reads one condition of a query: a field, an operator and values, or words to find. */
import type { Expression, Operator, Term } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { isWord } from './cursor.ts'
import { badQuery } from './errors.ts'
import { type Field, resolveField } from './field-names.ts'
import { type ReadOperator, readOperator } from './operator.ts'
import type { Token } from './tokens.ts'
import { isQuantity, isUnit } from './values.ts'

/** Lucene's `/…/`, told from a path by signs that no path has. */
const REGEX = /^\/.*(?:\.[*+]|\\[dwsb.]|[[^$]|\(.*\|.*\)).*\/$/

export function readTerm(cursor: Cursor, token: Token): Expression {
  if (token.kind !== 'word' && token.kind !== 'quoted') {
    const hint = token.kind === 'operator' ? ': a field stands before it' : ''
    throw badQuery(token.position, `${JSON.stringify(token.text)} is not expected here${hint}.`)
  }
  const read = readOperator(cursor)
  if (!read) return readText(cursor, token)
  if (token.kind === 'word' && isQuantity(token.text))
    throw badQuery(token.position, `A field stands before the sign and its value behind it: duration>${token.text}.`)
  const field = token.kind === 'quoted' ? { name: token.text, isBuiltIn: false } : resolveField(token.text)
  if (token.text === '*' && read.operator === ':') return readText(cursor, cursor.peek() ?? token)
  const isNil = cursor.peek()?.kind === 'word' && /^(nil|null)$/i.test(cursor.peek()!.text)
  const values = read.operator === 'has' ? [field.name] : readValues(cursor, token, field, read)
  if (isNil && !field.isBuiltIn && /^!?=$/.test(read.operator))
    return toTerm(field, read.operator === '=' ? '!=' : '=', token, ['*'])
  // a root is a span without, not a trace without
  if (field.name === 'parent' && read.operator === 'has' && read.negated) return toTerm(field, '=', token, ['nil'])
  if (read.operator === 'regex') values.splice(0, values.length, ...values.map(withoutFlags))
  const isRegex = read.operator === ':' && values.length === 1 && REGEX.test(values[0]!)
  const term = isRegex
    ? toTerm(field, 'regex', token, [values[0]!.slice(1, -1)])
    : toTerm(field, read.operator, token, read.toPattern ? values.map(read.toPattern) : values)
  return read.negated ? { kind: 'not', item: term } : term
}

/** Case does not count anyway, so that `(?i)` says nothing new. */
const withoutFlags = (pattern: string): string => pattern.replace(/^\(\?i\)/, '')

function toTerm(
  field: Field,
  operator: Operator,
  { kind, text, position }: Token,
  values: readonly string[],
): Expression {
  const term = (name: string, sign: Operator, some: readonly string[]): Term => ({
    kind: 'term',
    field: name,
    operator: sign,
    values: some,
    position,
  })
  switch (kind === 'quoted' ? '' : text.toLowerCase()) {
    // TraceQL's way to ask for a root
    case 'nestedsetparent':
      return term('parent', '=', ['nil'])
    // GitHub's and Sentry's
    case 'is':
      if (values.includes('root')) return term('parent', '=', ['nil'])
      return values.join() === 'error' ? term('error', '=', ['true']) : term('badge', ':', values)
    case 'no':
      return { kind: 'not', item: toTerm(field, operator, { ...HAS, position }, values) }
  }
  // `has:x`, and Kibana's form of it
  if (kind === 'word' && (text.toLowerCase() === 'has' || text === '_exists_'))
    return term(
      'has',
      'has',
      values.map((name) => resolveField(name).name),
    )
  return { kind: 'term', field: field.name, ...(field.of && { of: field.of }), operator, values, position }
}

const HAS: Token = { kind: 'word', text: 'has', position: 0, end: 0, isAttached: false }

function readText(cursor: Cursor, token: Token): Term {
  if (token.kind === 'word' && /^[&;+?^$#@-]+$/.test(token.text))
    throw badQuery(
      token.position,
      `${JSON.stringify(token.text)} is not expected here: and is written AND or &&, a text of signs in quotes.`,
    )
  const next = cursor.peek(1)
  if (token.kind === 'word' && next?.text === '(' && next.isAttached)
    throw badQuery(
      token.position,
      `Functions are not read: has:field, field~part, field:begin* and numbers are compared; a text such as ${JSON.stringify(`${token.text}()`)} is put in quotes.`,
    )
  if (next?.kind === 'word' && resolveField(token.text).isDuration && /^\d/.test(next.text))
    throw badQuery(
      next.position,
      `A sign stands between a field and its value: ${token.text}:${next.text} or ${token.text}>…`,
    )
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
  const first = takeValue(cursor, name, end)
  const isEqual = operator === ':' || operator === '=' || operator === '!='
  const listed = isEqual && first.kind === 'word' ? listOf(first.text, field) : undefined
  const values = listed ?? [readValue(cursor, first, field, operator)]
  while (isAlternative(cursor)) {
    cursor.skip()
    values.push(readValue(cursor, takeValue(cursor, name), field, operator))
  }
  return values
}

const TEXTS = new Set(['service', 'name', 'scope', 'event', 'message', 'body', 'root.service', 'root.name'])

/** `a,b` of GitHub, which may be one value as well, and `[a, b]` of Sentry. */
function listOf(text: string, { name, isBuiltIn, isDuration }: Field): string[] | undefined {
  const [, listed] = /^\[(.*,.*)\]$/.exec(text) ?? []
  const parts = (listed ?? text).split(',').map((part) => part.trim().replace(/^(["'])(.*)\1$/, '$2'))
  if (parts.length === 1 || parts.includes('') || (isDuration && isQuantity(text))) return undefined
  const isText = !isBuiltIn || TEXTS.has(name)
  return listed === undefined && isText ? [text, ...parts] : parts
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
    else if (token.kind === 'operator')
      throw badQuery(
        token.position,
        `Signs stand in front of brackets or inside: write (${name.text}${token.text}… ${name.text}…).`,
      )
    else if (token.kind !== 'comma' && token.kind !== 'or' && token.kind !== 'pipe')
      throw badQuery(token.position, `A list of values of ${name.text} is written (a, b).`)
  }
  if (values.length === 0) throw badQuery(open.position, `${name.text} needs a value.`)
  return values
}

function takeValue(cursor: Cursor, name: Token, end?: number): Token {
  const token = cursor.peek()
  if (token?.text === '{' && isWord(cursor.peek(2), 'to'))
    throw badQuery(
      token.position,
      `A range is written [${cursor.peek(1)!.text} TO ${cursor.peek(3)?.text}] or ${cursor.peek(1)!.text}..${cursor.peek(3)?.text}; without its ends ${name.text}>${cursor.peek(1)!.text} ${name.text}<${cursor.peek(3)?.text}.`,
    )
  if (token?.kind !== 'word' && token?.kind !== 'quoted')
    throw badQuery(token?.position ?? end ?? cursor.end, `${name.text} needs a value here.`)
  cursor.skip()
  const next = cursor.peek()
  if (token.kind === 'word' && next?.text === '(' && next.isAttached)
    throw badQuery(token.position, `Functions are not read: write ${name.text}:(a OR b), or the value in quotes.`)
  return token
}

/** `100 ms` is one value. */
function readValue(cursor: Cursor, token: Token, field: Field, operator: Operator): string {
  const next = cursor.peek()
  const isNumber = token.kind === 'word' && /^[\d.,]+$/.test(token.text)
  const isCompared = field.isDuration || /^[<>]/.test(operator)
  if (isNumber && isCompared && next?.kind === 'word' && isUnit(next.text) && cursor.peek(1)?.kind !== 'operator') {
    cursor.skip()
    return token.text + next.text
  }
  // a comma as the decimal sign
  if (isNumber && isCompared && next?.kind === 'comma' && next.isAttached && isQuantity(cursor.peek(1)?.text ?? ''))
    throw badQuery(token.position, `A number is written with a point: ${token.text}.${cursor.peek(1)!.text}.`)
  if (token.kind === 'quoted') return token.text
  if (/^[<>]/.test(operator) && /[<>]/.test(token.text))
    throw badQuery(token.position, `A range is written ${field.name}:5..9, or as two conditions.`)
  if (operator === 'regex') return token.text.replace(/^\/(.*)\/i?$/, '$1')
  return token.text.replace(/\\(?=[:()/])/g, '')
}
