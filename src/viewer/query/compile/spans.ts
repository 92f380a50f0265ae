/** Turns terms into SQL conditions on one span `s`. */
import type { StoreContext } from '../../store/context.ts'
import { KINDS, STATUSES } from '../../store/semantics.ts'
import type { Expression, Operator, Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { TRACE_FIELDS } from '../language/field-names.ts'
import { parseDuration, parseRange } from '../language/values.ts'
import { and, isIn, not, or, type Sql, sql, TRUE, textMatch } from '../sql.ts'
import { attributeCondition, hasAttribute, IS_COMPARISON, inEvents, patternOf, regexOf } from './attributes.ts'
import { inValues, mayHold, textPattern } from './text.ts'

const ALWAYS_THERE = new Set(['service', 'name', 'kind', 'status', 'duration', 'trace', 'span'])
const NUMBERS_OF_STATUS: Readonly<Record<string, string>> = { '0': 'unset', '1': 'ok', '2': 'error' }

export const isTraceTerm = ({ field, of }: Term): boolean =>
  of === undefined && ((TRACE_FIELDS as readonly string[]).includes(field) || /^(trace|root)\../.test(field))

/** A whole expression as a condition on one span; terms about the trace are left out. */
export function compileSpanQuery(context: StoreContext, expression: Expression): Sql {
  switch (expression.kind) {
    case 'and':
      return and(expression.items.map((item) => compileSpanQuery(context, item)))
    case 'or':
      return or(expression.items.map((item) => compileSpanQuery(context, item)))
    case 'not':
      return not(compileSpanQuery(context, expression.item))
    case 'some':
      return compileSpanQuery(context, expression.item)
    default:
      return isTraceTerm(expression) ? TRUE : ofOneSpan(context, expression)
  }
}

function ofOneSpan(context: StoreContext, term: Term): Sql {
  const condition = or(term.values.map((value) => spanCondition(context, term, value)))
  return term.operator === '!=' ? not(condition) : condition
}

function spanCondition(context: StoreContext, term: Term, value: string): Sql {
  const { field, of, operator, position } = term
  if (operator === 'has') return hasField(context, term.field === 'has' ? value : field, term)
  if (operator === 'text') return spanText(value)
  if (value === '*' && /^[=:]$/.test(operator)) return hasField(context, field, term)
  // an attribute may have the name of a field
  switch (of === undefined ? field : '') {
    case 'service':
      return isIn('s.svc', matchingServices(context, operator, value, position))
    case 'name':
      return inTexts('s.name', operator, value, position)
    case 'kind':
      return oneOf('s.kind', KINDS, value.replace(/^SPAN_KIND_/i, ''), term)
    case 'status':
      return oneOf('s.status', STATUSES, statusOf(value), term)
    case 'duration':
      return durationCondition('s.dur_ns', term, value)
    case 'trace':
      return within('s.trace_no IN (SELECT no FROM trace WHERE ', idCondition('id', value, 32), ')')
    case 'span':
      return idCondition('s.span_id', value, 16)
    case 'parent':
      return /^(nil|null|none)$/i.test(value) ? sql('s.parent_id IS NULL') : idCondition('s.parent_id', value, 16)
    case 'scope':
      return inScopes('s.scope_id', operator, value)
    case 'event':
      return inEvents(undefined, checked(textMatch("json_extract(ev.value, '$[0]')", operator, value), term, value))
    case 'message':
      return or([
        and([sql('s.extra IS NOT NULL'), textMatch("json_extract(s.extra, '$.m')", operator, value)]),
        attributeCondition('s', context, term, value),
      ])
    case 'error':
      if (/^(true|false)$/i.test(value))
        return or([sql(`s.status ${/true/i.test(value) ? '=' : '!='} ?`, STATUSES.indexOf('error'))])
  }
  return checked(attributeCondition('s', context, term, value), term, value)
}

/** Says what is wrong with a regular expression before SQLite meets it. */
export function checked(condition: Sql, { operator, position }: Term, value: string): Sql {
  if (operator === 'regex') regexOf(value, position)
  return condition
}

function hasField(context: StoreContext, field: string, term: Term): Sql {
  if (term.of !== undefined) return hasAttribute('s', context, { ...term, field })
  if (field === 'parent') return sql('s.parent_id IS NOT NULL')
  if (field === 'message') return sql("s.extra IS NOT NULL AND json_extract(s.extra, '$.m') IS NOT NULL")
  if (field === 'event' || field === 'link')
    return sql(`s.extra IS NOT NULL AND json_type(s.extra, '$.${field === 'event' ? 'e' : 'l'}') IS NOT NULL`)
  if (ALWAYS_THERE.has(field)) return TRUE
  return hasAttribute('s', context, { ...term, field })
}

function spanText(value: string): Sql {
  const lower = traceIdIn(value.toLowerCase())
  if (/^[0-9a-f]{32}$/.test(lower)) return sql('s.trace_no IN (SELECT no FROM trace WHERE id = ?)', lower)
  if (/^[0-9a-f]{16}$/.test(lower)) return sql('s.span_id = ?', lower)
  const isText = textPattern('v', value)
  const named = `IN (SELECT id FROM str WHERE ${isText.text})`
  return or([
    sql(`s.name ${named}`, ...isText.args),
    sql(`s.svc ${named}`, ...isText.args),
    and([mayHold('s.attrs', value), inValues('s.attrs', [], value)]),
    and([sql('s.extra IS NOT NULL'), mayHold('s.extra', value), inExtra(value)]),
  ])
}

/** In the status message, or the name or a value of an event; not in times and what else is kept there. */
function inExtra(value: string): Sql {
  return or([
    textPattern("json_extract(s.extra, '$.m')", value),
    inEvents(
      undefined,
      or([textPattern("json_extract(ev.value, '$[0]')", value), inValues("json_extract(ev.value, '$[3]')", [], value)]),
    ),
  ])
}

const within = (before: string, { text, args }: Sql, behind: string): Sql => ({ text: before + text + behind, args })

/** An id, or how it begins: six digits or more, or any with `*`. */
export function idCondition(column: string, value: string, digits: number): Sql {
  const id = value.toLowerCase()
  if (id.includes('*')) return sql(`${column} GLOB ?`, id.replace(/[[?]/g, '[$&]'))
  const isPrefix = id.length < digits && /^[0-9a-f]{6,}$/.test(id)
  return isPrefix ? sql(`${column} GLOB ?`, `${id}*`) : sql(`${column} = ?`, id)
}

/** Of a `traceparent` its trace. */
export const traceIdIn = (text: string): string =>
  /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(text)?.[1] ?? text

export function matchingServices(
  { resources }: StoreContext,
  operator: Operator,
  value: string,
  position: number,
): number[] {
  const pattern = patternOf({ operator, position }, value)
  return [...new Set(resources.all().flatMap(({ svc, service }) => (pattern.test(service) ? [svc] : [])))]
}

/** Ids of the services that have exactly these names. */
export function serviceIds({ resources }: StoreContext, names: readonly string[]): number[] {
  const wanted = new Set(names)
  return [...new Set(resources.all().flatMap(({ svc, service }) => (wanted.has(service) ? [svc] : [])))]
}

export function inTexts(column: string, operator: Operator, value: string, position: number): Sql {
  if (operator === 'regex') regexOf(value, position)
  const match = textMatch('v', operator, value)
  return { text: `${column} IN (SELECT id FROM str WHERE ${match.text})`, args: match.args }
}

export function inScopes(column: string, operator: Operator, value: string): Sql {
  const match = textMatch("json_extract(v, '$[0]')", operator, value)
  return { text: `${column} IN (SELECT id FROM scope WHERE ${match.text})`, args: match.args }
}

function statusOf(value: string): string {
  const name = value.replace(/^STATUS_CODE_/i, '').toLowerCase()
  return NUMBERS_OF_STATUS[name] ?? name
}

function oneOf(column: string, names: readonly string[], value: string, { field, operator, position }: Term): Sql {
  if (IS_COMPARISON.test(operator)) {
    const hint = field === 'status' ? '; of HTTP it is http.response.status_code' : ''
    throw badQuery(position, `${field} is one of ${names.join(', ')}, which have no order${hint}.`)
  }
  if (operator === '~' || operator === 'regex' || value.includes('*')) {
    const pattern = patternOf({ operator, position }, value, true)
    return isIn(
      column,
      names.flatMap((name, index) => (pattern.test(name) ? [index] : [])),
    )
  }
  const index = names.indexOf(value.toLowerCase())
  if (index >= 0) return sql(`${column} = ?`, index)
  const hint = field === 'status' && /^[1-5](\d\d|xx)$/i.test(value) ? `: use http.response.status_code:${value}` : ''
  throw badQuery(position, `${JSON.stringify(value)} is none of ${names.join(', ')}${hint}.`)
}

/** One duration, or the range `1ms..10ms`, which does not include its end. */
export function durationCondition(column: string, { operator, position }: Term, value: string): Sql {
  if (operator === '~' || operator === 'regex') throw badQuery(position, 'A duration is compared, as in duration>50ms.')
  const range = parseRange(value) ?? (value.includes('..') ? rangeAt(value) : undefined)
  if (range === undefined) {
    const sign = IS_COMPARISON.test(operator) ? operator : '='
    return sql(`${column} ${sign} ?`, parseDuration(value, position))
  }
  if (IS_COMPARISON.test(operator)) throw badQuery(position, `A range is not compared by ${operator}.`)
  return and([
    range.from === '' ? TRUE : sql(`${column} >= ?`, parseDuration(range.from, position)),
    range.to === '' ? TRUE : sql(`${column} < ?`, parseDuration(range.to, position)),
  ])
}

function rangeAt(value: string): { from: string; to: string } {
  const [from = '', to = ''] = value.split('..')
  return { from, to }
}
