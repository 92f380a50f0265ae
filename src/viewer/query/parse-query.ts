/** Parses the query language of traces and logs into terms. Pure. */
import { HttpError } from '../receive/body.ts'

export type Operator = '=' | ':' | '!=' | '>' | '>=' | '<' | '<=' | '~' | 'has' | 'text'

export interface Term {
  readonly negated: boolean
  /** '' for a bare word. */
  readonly field: string
  readonly operator: Operator
  /** Any of these. */
  readonly values: readonly string[]
  readonly position: number
}

const MAX_LENGTH = 4000
const MAX_TERMS = 50
const OPERATOR = /^(?::?(?:!=|>=|<=|>|<)|=|:|~)/
const FIELD = /^[^\s":=!<>~|]+/

/** @throws {HttpError} 400 `bad_query` with the position of what is wrong */
export function parseQuery(text: string): Term[] {
  if (text.length > MAX_LENGTH) throw badQuery(MAX_LENGTH, `A query has at most ${MAX_LENGTH} characters.`)
  const terms: Term[] = []
  let position = 0
  for (;;) {
    while (/\s/.test(text[position] ?? '')) position++
    if (position >= text.length) return terms
    const read = readTerm(text, position)
    terms.push(read.term)
    if (terms.length > MAX_TERMS) throw badQuery(position, `A query has at most ${MAX_TERMS} terms.`)
    position = read.end
  }
}

function readTerm(text: string, start: number): { term: Term; end: number } {
  const negated = text[start] === '-' && /\S/.test(text[start + 1] ?? '')
  const begin = negated ? start + 1 : start
  const rest = text.slice(begin)
  const field = FIELD.exec(rest)?.[0] ?? ''
  const operator = field === '' ? undefined : OPERATOR.exec(rest.slice(field.length))?.[0]
  if (operator === undefined || isUrl(rest, field, operator)) return readWords(text, start, begin, negated)
  const valueStart = begin + field.length + operator.length
  const { values, end } = readValues(text, valueStart)
  if (values.length === 0) throw badQuery(valueStart, `${field}${operator} needs a value.`)
  const plain = operator.length > 1 && operator.startsWith(':') ? operator.slice(1) : operator
  const isHas = field === 'has' && (plain === ':' || plain === '=')
  return { term: { negated, field, operator: isHas ? 'has' : (plain as Operator), values, position: start }, end }
}

/** `http://host` is text to find, not a field named http. */
function isUrl(rest: string, field: string, operator: string): boolean {
  return operator === ':' && rest.startsWith('//', field.length + 1)
}

function readWords(text: string, start: number, begin: number, negated: boolean): { term: Term; end: number } {
  const { values, end } = readValues(text, begin)
  if (values.length === 0) throw badQuery(begin, `${JSON.stringify(text[begin])} is not expected here.`)
  return { term: { negated, field: '', operator: 'text', values, position: start }, end }
}

/** Values separated by `|`, each quoted or up to the next blank. */
function readValues(text: string, start: number): { values: string[]; end: number } {
  const values: string[] = []
  let position = start
  for (;;) {
    if (text[position] === '"') {
      const { value, end } = readQuoted(text, position)
      values.push(value)
      position = end
    } else {
      const word = /^[^\s|"]*/.exec(text.slice(position))![0]
      if (word !== '') values.push(word)
      position += word.length
    }
    if (text[position] !== '|') return { values, end: position }
    position++
  }
}

function readQuoted(text: string, start: number): { value: string; end: number } {
  let value = ''
  for (let position = start + 1; position < text.length; position++) {
    const character = text[position]!
    if (character === '"') return { value, end: position + 1 }
    if (character === '\\' && position + 1 < text.length) value += text[++position]
    else value += character
  }
  throw badQuery(start, 'A quote is not closed.')
}

const UNITS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** A duration in nanoseconds; without a unit milliseconds. */
export function parseDuration(text: string, position: number): number {
  const [, number, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)?$/.exec(text) ?? []
  if (number === undefined) throw badQuery(position, `${JSON.stringify(text)} is not a duration such as 50ms.`)
  return Number(number) * UNITS[unit]!
}

export function parseNumber(text: string, position: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw badQuery(position, `${JSON.stringify(text)} is not a number.`)
  return value
}

export function badQuery(position: number, message: string): HttpError {
  return new HttpError(400, 'bad_query', message, { position })
}
