/** Conditions on attributes: of a span or log record, of its resource, of its events. */
import type { StoreContext } from '../../store/context.ts'
import type { Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { isDurationLike, numberIn, parseDuration, parseNumber, parseRange } from '../language/values.ts'
import { and, FALSE, isIn, or, type Sql, sql, TRUE, textMatch } from '../sql.ts'
import { nestedPlaces } from './nested.ts'
import { namesOf } from './semconv-names.ts'

export type Alias = 's' | 'l'

export const IS_COMPARISON = /^[<>]=?$/

/** An attribute of the item, or failing that of its resource, or of an event of the span; old and new names are one. */
export function attributeCondition(alias: Alias, context: StoreContext, term: Term, value: string): Sql {
  rejectRangeOfText(term, value)
  return or(namesOf(term.field).map((name) => namedCondition(alias, context, { ...term, field: name }, value)))
}

/** `[1.2.0 TO 1.4.0]`, or from one date to another. */
const RANGE_OF_TEXT = /^\[\s*(\S+)\s+TO\s+(\S+)\s*\]$|^(\d{4}-\d\d\S*?)\.\.(\d{4}-\d\d\S*)$/i

function rejectRangeOfText({ field, operator, position }: Term, value: string): void {
  if (!/^(:|!?=)$/.test(operator) || parseRange(value)) return
  const [, from, to] = (RANGE_OF_TEXT.exec(value) ?? []).filter((part) => part !== undefined)
  if (from === undefined || to === undefined) return
  const asked = [['>=', from] as const, ['<=', to] as const].filter(([, end]) => end !== '*')
  throw badQuery(
    position,
    `A range holds numbers or durations. Text is compared: ${asked.map(([sign, end]) => field + sign + end).join(' ')}.`,
  )
}

function namedCondition(alias: Alias, context: StoreContext, term: Term, value: string): Sql {
  const { field, of } = term
  const path = jsonPath(field)
  if (path === undefined) return FALSE
  const holds = sql(`instr(${alias}.attrs, ?) > 0`, `${JSON.stringify(field)}:`)
  const own = and([holds, valueCondition(`json_extract(${alias}.attrs, ?)`, path, term, value)])
  const event =
    alias === 's'
      ? inEvents(field, valueCondition('json_extract(ev.value, ?)', `$[3]${path.slice(1)}`, term, value))
      : FALSE
  const resources = context.resources
    .all()
    .filter(({ attributes }) => Object.hasOwn(attributes, field) && isMatch(attributes[field], term, value))
    .map(({ id }) => id)
  const inherited = isIn(`${alias}.resource_id`, resources)
  const nested = nestedPlaces(context, alias, field).map(({ json, column, mark, path: place }) =>
    and([sql(`instr(${column}, ?) > 0`, mark), valueCondition(`json_extract(${json}, ?)`, place, term, value)]),
  )
  if (of === 'span') return or([own, ...nested])
  if (of === 'resource') return inherited
  if (of === 'event') return event
  if (resources.length === 0) return or([own, event, ...nested])
  const isAbsent = sql(`instr(${alias}.attrs, ?) = 0`, `${JSON.stringify(field)}:`)
  return or([own, event, ...nested, and([isAbsent, inherited])])
}

export function hasAttribute(alias: Alias, context: StoreContext, { field, of }: Pick<Term, 'field' | 'of'>): Sql {
  return or(
    namesOf(field).map((name) => {
      const path = jsonPath(name)
      if (path === undefined) return FALSE
      const text = `${JSON.stringify(name)}:`
      const own = sql(`instr(${alias}.attrs, ?) > 0 AND json_type(${alias}.attrs, ?) IS NOT NULL`, text, path)
      const event =
        alias === 's' ? inEvents(name, sql('json_type(ev.value, ?) IS NOT NULL', `$[3]${path.slice(1)}`)) : FALSE
      const resources = context.resources.all().filter(({ attributes }) => Object.hasOwn(attributes, name))
      const inherited = isIn(
        `${alias}.resource_id`,
        resources.map(({ id }) => id),
      )
      const nested = nestedPlaces(context, alias, name).map(({ json, column, mark, path: place }) =>
        sql(`instr(${column}, ?) > 0 AND json_type(${json}, ?) IS NOT NULL`, mark, place),
      )
      if (of === 'span') return or([own, ...nested])
      if (of === 'resource') return inherited
      return of === 'event' ? event : or([own, event, ...nested, inherited])
    }),
  )
}

/** Events are `[name, µs, ns, attributes, dropped]`. */
export function inEvents(field: string | undefined, condition: Sql): Sql {
  const holds =
    field === undefined ? sql('s.extra IS NOT NULL') : sql('instr(s.extra, ?) > 0', `${JSON.stringify(field)}:`)
  return and([
    holds,
    { text: `EXISTS (SELECT 1 FROM json_each(s.extra, '$.e') ev WHERE ${condition.text})`, args: condition.args },
  ])
}

/** A value of JSON in SQL: itself and its type, each with the same arguments. */
interface JsonValue {
  readonly value: string
  readonly type: string
  readonly args: readonly string[]
}
const ELEMENT: JsonValue = { value: 'e.value', type: 'e.type', args: [] }

/** A list meets what one of its elements meets. */
function valueCondition(extract: string, path: string, term: Term, value: string): Sql {
  const whole: JsonValue = { value: extract, type: extract.replace('json_extract', 'json_type'), args: [path] }
  const element = scalarCondition(ELEMENT, term, value)
  const inList = sql(
    `${whole.type} = 'array' AND EXISTS (SELECT 1 FROM json_each(${whole.value}) e WHERE ${element.text})`,
    path,
    path,
    ...element.args,
  )
  return or([scalarCondition(whole, term, value), inList])
}

function scalarCondition(of: JsonValue, { operator, position }: Term, value: string): Sql {
  if (IS_COMPARISON.test(operator)) {
    if (AMOUNT.test(value))
      throw badQuery(
        position,
        `${JSON.stringify(value)} is not a number: units are those of time; 1 kB is written 1000, and 5 % or 5 € is 5.`,
      )
    if (isNumeric(value)) return compared(of, operator, value, position)
    return sql(`${of.type} = 'text' AND ${of.value} ${operator} ?`, ...of.args, ...of.args, value)
  }
  const range = operator === ':' || operator === '=' ? parseRange(value) : undefined
  if (range) {
    const within = and([
      range.from === '' ? sql(`${of.value} IS NOT NULL`, ...of.args) : compared(of, '>=', range.from, position),
      range.to === '' ? TRUE : compared(of, '<=', range.to, position),
    ])
    // a text may look like a range
    return or([within, textMatch(of.value, operator, value, of.args)])
  }
  // JSON's true comes out as 1
  if (/^(true|false)$/i.test(value) && operator !== '~' && operator !== 'regex')
    return sql(`${of.type} = ? OR ${of.value} = ?`, ...of.args, value.toLowerCase(), ...of.args, value)
  const match = textMatch(`CAST(${of.value} AS TEXT)`, operator, value, of.args)
  // 500 is found as 500.0 too
  if (!DECIMAL.test(value)) return match
  return or([
    match,
    sql(`${of.type} IN ('integer', 'real') AND CAST(${of.value} AS REAL) = ?`, ...of.args, ...of.args, Number(value)),
  ])
}

/** As numbers; a text that is none is neither less nor more. */
function compared({ value, type, args }: JsonValue, sign: string, limit: string, position: number): Sql {
  const isTimed = isDurationLike(limit) ? 1 : 0
  const number = `CASE ${type} WHEN 'text' THEN number_in(${value}, ${isTimed}) WHEN 'array' THEN NULL WHEN 'object' THEN NULL ELSE CAST(${value} AS REAL) END`
  return sql(`${number} ${sign} ?`, ...args, ...args, ...args, numberOf(limit, position))
}

/** A number with a sign that is no unit of time. */
const AMOUNT = /^(?:[$€£]\s*[\d.,_]+|[\d.,_]+\s*(?:[$€£%]|[kmgt]?i?b|bytes|k))$/i
const DECIMAL = /^-?\d+\.\d+$/
const isNumeric = (value: string): boolean =>
  isDurationLike(value) || (value.trim() !== '' && Number.isFinite(Number(value)))
const numberOf = (value: string, position: number): number =>
  isDurationLike(value) ? parseDuration(value, position) : parseNumber(value, position)

/** The same comparison in JavaScript, for resources, of which there are few. */
function isMatch(actual: unknown, term: Term, value: string): boolean {
  if (Array.isArray(actual) && actual.some((element) => isMatch(element, term, value))) return true
  const { operator, position } = term
  const text = typeof actual === 'object' ? JSON.stringify(actual) : String(actual)
  const range = operator === ':' || operator === '=' ? parseRange(value) : undefined
  const meets = (sign: string, limit: string): boolean =>
    isCompared(numberIn(text, isDurationLike(limit)) ?? Number.NaN, sign, numberOf(limit, position))
  if (range) return (range.from === '' || meets('>=', range.from)) && (range.to === '' || meets('<=', range.to))
  if (IS_COMPARISON.test(operator)) return isNumeric(value) ? meets(operator, value) : isCompared(text, operator, value)
  if (operator === '~') return text.toLowerCase().includes(value.toLowerCase())
  if (operator === 'regex') return regexOf(value, position).test(text)
  if (typeof actual === 'number' && DECIMAL.test(value) && actual === Number(value)) return true
  return wildcard(value, operator === ':').test(text)
}

function isCompared<T extends string | number>(a: T, sign: string, b: T): boolean {
  return sign === '>' ? a > b : sign === '>=' ? a >= b : sign === '<' ? a < b : a <= b
}

/** What a name has to look like: in a pattern of `:` the case is ignored. */
export function patternOf(
  { operator, position }: Pick<Term, 'operator' | 'position'>,
  value: string,
  ignoreCase = operator === ':',
): RegExp {
  if (operator === 'regex') return regexOf(value, position)
  return operator === '~' ? wildcard(`*${value}*`, true) : wildcard(value, ignoreCase)
}

function wildcard(value: string, ignoreCase: boolean): RegExp {
  const pattern = value
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*')
    .replaceAll('\\?', ignoreCase ? '[^]' : '\\?')
  return new RegExp(`^${pattern}$`, ignoreCase ? 'i' : '')
}

/** `(a|a)*`, `(\w|x)+`: alternatives that are repeated, and of which two may begin alike. */
function repeatsAlike(pattern: string): boolean {
  return [...pattern.matchAll(/\((?:\?:)?([^()]*\|[^()]*)\)\s*[+*{]/g)].some(([, inner = '']) => {
    const begins = inner.split('|').map((one) => one[0]?.toLowerCase() ?? '')
    return new Set(begins).size < begins.length || begins.some((begin) => !/[\w/:-]/.test(begin))
  })
}

/** @throws {HttpError} 400 `bad_query` when it is no regular expression, or one that may take for ever */
export function regexOf(value: string, position: number): RegExp {
  if (/\([^()]*[+*}][^()]*\)\s*[+*{]/.test(value) || repeatsAlike(value))
    throw badQuery(
      position,
      `The regular expression ${JSON.stringify(value)} repeats what repeats: that may take for ever.`,
    )
  try {
    return new RegExp(value, 'iu')
  } catch {
    throw badQuery(position, `${JSON.stringify(value)} is not a regular expression.`)
  }
}

/** SQLite's paths cannot name a key with a quote or a backslash. */
function jsonPath(key: string): string | undefined {
  return /["\\]/.test(key) ? undefined : `$."${key}"`
}
