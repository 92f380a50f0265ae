/** Conditions on attributes: of a span or log record, of its resource, of its events. */
import type { StoreContext } from '../../store/context.ts'
import type { Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { isDurationLike, parseDuration, parseNumber, parseRange } from '../language/values.ts'
import { and, escapeLike, FALSE, isIn, likePattern, or, type Sql, sql, textMatch } from '../sql.ts'
import { namesOf } from './semconv-names.ts'

export type Alias = 's' | 'l'

export const IS_COMPARISON = /^[<>]=?$/

/** An attribute of the item, or failing that of its resource, or of an event of the span; old and new names are one. */
export function attributeCondition(alias: Alias, context: StoreContext, term: Term, value: string): Sql {
  return or(namesOf(term.field).map((name) => namedCondition(alias, context, { ...term, field: name }, value)))
}

function namedCondition(alias: Alias, context: StoreContext, term: Term, value: string): Sql {
  const { field, of } = term
  const path = jsonPath(field)
  if (path === undefined) return FALSE
  const holds = sql(`instr(${alias}.attrs, ?) > 0`, `${JSON.stringify(field)}:`)
  const own = and([holds, valueCondition(`json_extract(${alias}.attrs, ?)`, path, term, value)])
  const event =
    alias === 's'
      ? inEvents(field, valueCondition('json_extract(value, ?)', `$[3]${path.slice(1)}`, term, value))
      : FALSE
  const resources = context.resources
    .all()
    .filter(({ attributes }) => Object.hasOwn(attributes, field) && isMatch(attributes[field], term, value))
    .map(({ id }) => id)
  const inherited = isIn(`${alias}.resource_id`, resources)
  if (of === 'span') return own
  if (of === 'resource') return inherited
  if (of === 'event') return event
  if (resources.length === 0) return or([own, event])
  const isAbsent = sql(`instr(${alias}.attrs, ?) = 0`, `${JSON.stringify(field)}:`)
  return or([own, event, and([isAbsent, inherited])])
}

export function hasAttribute(alias: Alias, context: StoreContext, { field, of }: Pick<Term, 'field' | 'of'>): Sql {
  return or(
    namesOf(field).map((name) => {
      const path = jsonPath(name)
      if (path === undefined) return FALSE
      const text = `${JSON.stringify(name)}:`
      const own = sql(`instr(${alias}.attrs, ?) > 0 AND json_type(${alias}.attrs, ?) IS NOT NULL`, text, path)
      const event =
        alias === 's' ? inEvents(name, sql('json_type(value, ?) IS NOT NULL', `$[3]${path.slice(1)}`)) : FALSE
      const resources = context.resources.all().filter(({ attributes }) => Object.hasOwn(attributes, name))
      const inherited = isIn(
        `${alias}.resource_id`,
        resources.map(({ id }) => id),
      )
      if (of === 'span') return own
      if (of === 'resource') return inherited
      return of === 'event' ? event : or([own, event, inherited])
    }),
  )
}

/** Events are `[name, µs, ns, attributes, dropped]`. */
export function inEvents(field: string | undefined, condition: Sql): Sql {
  const holds =
    field === undefined ? sql('s.extra IS NOT NULL') : sql('instr(s.extra, ?) > 0', `${JSON.stringify(field)}:`)
  return and([
    holds,
    { text: `EXISTS (SELECT 1 FROM json_each(s.extra, '$.e') WHERE ${condition.text})`, args: condition.args },
  ])
}

function valueCondition(extract: string, path: string, { operator, position }: Term, value: string): Sql {
  const number = `CAST(${extract} AS REAL)`
  const type = `${extract.replace('json_extract', 'json_type')}`
  if (IS_COMPARISON.test(operator)) {
    if (!isNumeric(value)) return sql(`${type} = 'text' AND ${extract} ${operator} ?`, path, path, value)
    return sql(`${number} ${operator} ?`, path, numberOf(value, position))
  }
  const range = operator === ':' || operator === '=' ? parseRange(value) : undefined
  if (range) {
    return and([
      range.from === ''
        ? sql(`${extract} IS NOT NULL`, path)
        : sql(`${number} >= ?`, path, numberOf(range.from, position)),
      range.to === '' ? sql('1') : sql(`${number} <= ?`, path, numberOf(range.to, position)),
    ])
  }
  // JSON's true comes out as 1
  if (/^(true|false)$/i.test(value) && operator !== '~' && operator !== 'regex')
    return sql(`${type} = ? OR ${extract} = ?`, path, value.toLowerCase(), path, value)
  const match = textMatch(`CAST(${extract} AS TEXT)`, operator, value)
  // 500 is found as 500.0 too
  const text: Sql = DECIMAL.test(value)
    ? sql(
        `${match.text} OR (${type} IN ('integer', 'real') AND ${number} = ?)`,
        path,
        ...match.args,
        path,
        path,
        Number(value),
      )
    : { text: match.text, args: [path, ...match.args] }
  // a list is found by each of its values
  if (operator !== ':' && operator !== '=') return text
  const element = textMatch('CAST(e.value AS TEXT)', operator, value)
  const inList = sql(
    `${type} = 'array' AND EXISTS (SELECT 1 FROM json_each(${extract}) e WHERE ${element.text})`,
    path,
    path,
    ...element.args,
  )
  return or([text, inList])
}

const DECIMAL = /^-?\d+\.\d+$/
const isNumeric = (value: string): boolean =>
  isDurationLike(value) || (value.trim() !== '' && Number.isFinite(Number(value)))
const numberOf = (value: string, position: number): number =>
  isDurationLike(value) ? parseDuration(value, position) : parseNumber(value, position)

/** The same comparison in JavaScript, for resources, of which there are few. */
function isMatch(actual: unknown, { operator, position }: Term, value: string): boolean {
  const text = typeof actual === 'object' ? JSON.stringify(actual) : String(actual)
  const range = operator === ':' || operator === '=' ? parseRange(value) : undefined
  if (range)
    return (
      (range.from === '' || Number(text) >= numberOf(range.from, position)) &&
      (range.to === '' || Number(text) <= numberOf(range.to, position))
    )
  if (IS_COMPARISON.test(operator)) {
    const [a, b] = isNumeric(value) ? [Number(text), numberOf(value, position)] : [text, value]
    return operator === '>' ? a > b : operator === '>=' ? a >= b : operator === '<' ? a < b : a <= b
  }
  if (operator === '~') return text.toLowerCase().includes(value.toLowerCase())
  if (operator === 'regex') return regexOf(value, position).test(text)
  if (typeof actual === 'number' && DECIMAL.test(value) && actual === Number(value)) return true
  return wildcard(value, operator === ':').test(text)
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

/** @throws {HttpError} 400 `bad_query` when it is no regular expression, or one that may take for ever */
export function regexOf(value: string, position: number): RegExp {
  if (/\([^()]*[+*}][^()]*\)\s*[+*{]/.test(value))
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

/** Text anywhere in JSON, as JSON writes it. */
const inJson = (value: string): string => `%${escapeLike(JSON.stringify(value).slice(1, -1))}%`

/** Patterns of a text in a column, and in one that is JSON, where `*` stands for anything. */
export function textPatterns(value: string): { readonly plain: string; readonly json: string } {
  const plain = `%${likePattern(value)}%`
  return { plain, json: value.includes('*') ? plain : inJson(value) }
}

/** SQLite's paths cannot name a key with a quote or a backslash. */
function jsonPath(key: string): string | undefined {
  return /["\\]/.test(key) ? undefined : `$."${key}"`
}
