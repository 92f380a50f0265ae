/** Turns terms of a query into SQL conditions on spans, traces and log records. */

import { BADGES } from '../store/badges.ts'
import type { StoreContext } from '../store/context.ts'
import { KINDS, STATUSES } from '../store/semantics.ts'
import { SEVERITIES, severityNumberOf } from '../store/severity.ts'
import { badQuery, type Operator, parseDuration, parseNumber, type Term } from './parse-query.ts'
import { and, escapeLike, FALSE, isIn, not, or, type Sql, sql, TRUE, textMatch } from './sql.ts'

export interface CompiledTraceQuery {
  /** Condition on one span `s`: all terms that are not negated. */
  readonly span: Sql
  readonly hasSpanTerms: boolean
  /** Condition on a span `s`: a trace with such a span is left out. `FALSE` when no term asks for it. */
  readonly excluded: Sql
  /** Only columns of the index `span_svc` are named. */
  readonly isIndexed: boolean
  /** Condition on the trace `t`. */
  readonly trace: Sql
  /** What a trace `t` must meet for a span of it to be able to match: tells most apart without reading a span. */
  readonly necessary: Sql
}

const INDEXED_FIELDS = new Set(['service', 'name', 'kind', 'status', 'duration'])
const FEW_TRACES = 1000
const IS_COMPARISON = /^[<>]=?$/

/** @param openIds traces with spans that are still open, or that never closed: no column tells */
export function compileTraceQuery(
  context: StoreContext,
  terms: readonly Term[],
  openIds: (isAbandoned: boolean) => readonly string[],
): CompiledTraceQuery {
  const ofTrace = terms.filter(isTraceTerm)
  const ofSpan = terms.filter((term) => !isTraceTerm(term))
  const wanted = ofSpan.filter(({ negated }) => !negated)
  const unwanted = ofSpan.filter(({ negated }) => negated).map((term) => ({ ...term, negated: false }))
  const toldByTrace = unwanted.flatMap((term) => hasSuchSpan(context, term) ?? [])
  return {
    span: and(wanted.map((term) => ofOneSpan(context, term))),
    hasSpanTerms: wanted.length > 0,
    excluded: or(
      unwanted.flatMap((term) => (hasSuchSpan(context, term) === undefined ? ofOneSpan(context, term) : [])),
    ),
    isIndexed: ofSpan.every(({ field, operator }) => INDEXED_FIELDS.has(field) && operator !== 'has'),
    necessary: and(wanted.map((term) => necessaryFor(context, term))),
    trace: and([
      ...ofTrace.map((term) =>
        negate(
          term,
          any(term, (value) => traceCondition(context, term, value, openIds)),
        ),
      ),
      ...toldByTrace.map(not),
    ]),
  }
}

/** All terms as a condition on one span `s`, negated ones included: to find spans within a trace. */
export function compileSpanQuery(context: StoreContext, terms: readonly Term[]): Sql {
  return and(terms.filter((term) => !isTraceTerm(term)).map((term) => ofOneSpan(context, term)))
}

export function compileLogQuery(context: StoreContext, terms: readonly Term[]): Sql {
  return and(
    terms.map((term) =>
      negate(
        term,
        any(term, (value) => logCondition(context, term, value)),
      ),
    ),
  )
}

/** Ids of the services whose name meets a term. */
export function serviceIds({ resources }: StoreContext, names: readonly string[]): number[] {
  const wanted = new Set(names)
  return [...new Set(resources.all().flatMap(({ svc, service }) => (wanted.has(service) ? [svc] : [])))]
}

export const isTraceTerm = ({ field }: Term): boolean => /^(trace|root)\../.test(field) || field === 'badge'

function ofOneSpan(context: StoreContext, term: Term): Sql {
  return negate(
    term,
    any(term, (value) => spanCondition(context, term, value)),
  )
}

/** Whether a trace `t` has a span that meets a term, when its own columns tell exactly. */
function hasSuchSpan(context: StoreContext, { field, operator, values }: Term): Sql | undefined {
  if (operator === 'has' || operator === '!=') return undefined
  if (field === 'service') return hasService(values.flatMap((value) => matchingServices(context, operator, value)))
  if (field === 'status' && values.every((value) => value.toLowerCase() === 'error')) return sql('t.errors > 0')
  return undefined
}

function necessaryFor(context: StoreContext, term: Term): Sql {
  const { field, operator, values, position } = term
  const exact = hasSuchSpan(context, term)
  if (exact !== undefined) return exact
  if (field === 'duration' && operator.startsWith('>'))
    return lasting(context, Math.min(...values.map((value) => parseDuration(value, position))))
  return TRUE
}

/** By the index of durations only when few traces last so long: they would have to be sorted by start. */
function lasting({ database }: StoreContext, leastNs: number): Sql {
  const { n } = database
    .prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM trace WHERE dur_ns >= ? LIMIT ${FEW_TRACES})`)
    .get(leastNs) as { n: number }
  return sql(`${n < FEW_TRACES ? '' : '+'}t.dur_ns >= ?`, leastNs)
}

/** The trace has spans of one of these services; its column is `[[service,[spans,errors]],…]`. */
export function hasService(ids: readonly number[]): Sql {
  return or([...new Set(ids)].map((id) => sql('instr(t.services, ?) > 0', `[${id},[`)))
}

function any(term: Term, condition: (value: string) => Sql): Sql {
  return or(term.values.map(condition))
}

function negate(term: Term, condition: Sql): Sql {
  return term.negated !== (term.operator === '!=') ? not(condition) : condition
}

function spanCondition(context: StoreContext, term: Term, value: string): Sql {
  const { field, operator, position } = term
  if (operator === 'has') return hasField('s', context, value)
  if (operator === 'text') return spanText(value)
  switch (field) {
    case 'service':
      return isIn('s.svc', matchingServices(context, operator, value))
    case 'name':
      return inTexts('s.name', operator, value)
    case 'kind':
      return oneOf('s.kind', KINDS, value, position)
    case 'status':
      return oneOf('s.status', STATUSES, value, position)
    case 'duration':
      return durationCondition('s.dur_ns', operator, value, position)
    case 'trace':
      return sql('s.trace_no IN (SELECT no FROM trace WHERE id = ?)', value.toLowerCase())
    case 'span':
      return sql('s.span_id = ?', value.toLowerCase())
    case 'parent':
      return value === '*' ? sql('s.parent_id IS NOT NULL') : sql('s.parent_id = ?', value.toLowerCase())
    case 'scope':
      return inScopes('s.scope_id', operator, value)
    case 'event': {
      const match = textMatch("json_extract(value, '$[0]')", operator, value)
      return {
        text: `s.extra IS NOT NULL AND EXISTS (SELECT 1 FROM json_each(s.extra, '$.e') WHERE ${match.text})`,
        args: match.args,
      }
    }
    default:
      return attributeCondition('s', context, term, value)
  }
}

function traceCondition(
  context: StoreContext,
  { field, operator, position }: Term,
  value: string,
  openIds: (isAbandoned: boolean) => readonly string[],
): Sql {
  switch (field) {
    case 'trace.duration':
      return durationCondition('t.dur_ns', operator, value, position)
    case 'trace.spans':
    case 'trace.errors':
    case 'trace.logs':
      return compare(`t.${field.slice(6)}`, operator, parseNumber(value, position))
    case 'root.service':
      return and([sql('t.root IS NOT NULL'), isIn('t.head_svc', matchingServices(context, operator, value))])
    case 'root.name':
      return and([sql('t.root IS NOT NULL'), inTexts('t.head_name', operator, value)])
    case 'badge': {
      if (value === 'error') return sql('t.errors > 0')
      const isOpen = (isAbandoned: boolean) =>
        sql('t.id IN (SELECT value FROM json_each(?))', JSON.stringify(openIds(isAbandoned)))
      if (value === 'running') return isOpen(false)
      const bit = BADGES.indexOf(value.toLowerCase() as (typeof BADGES)[number])
      if (bit < 0) throw badQuery(position, `There is no badge ${JSON.stringify(value)}.`)
      const isMarked = sql('(t.badges & ?) != 0', 1 << bit)
      return BADGES[bit] === 'unclosed' ? or([isMarked, isOpen(true)]) : isMarked
    }
    default:
      throw badQuery(position, `There is no field ${JSON.stringify(field)}.`)
  }
}

function logCondition(context: StoreContext, term: Term, value: string): Sql {
  const { field, operator, position } = term
  if (operator === 'has') return hasField('l', context, value)
  if (operator === 'text') return logText(value)
  switch (field) {
    case 'service':
      return isIn('l.svc', matchingServices(context, operator, value))
    case 'severity':
    case 'level':
      return severityCondition(operator, value, position)
    case 'body':
    case 'message':
      return textMatch('l.body', operator, value)
    case 'trace':
      return sql('l.trace_id = ?', value.toLowerCase())
    case 'span':
      return sql('l.span_id = ?', value.toLowerCase())
    case 'scope':
      return inScopes('l.scope_id', operator, value)
    case 'event':
      return textMatch('l.event', operator, value)
    default:
      return attributeCondition('l', context, term, value)
  }
}

function severityCondition(operator: Operator, value: string, position: number): Sql {
  const least = severityNumberOf(value)
  if (least === undefined)
    throw badQuery(position, `There is no severity ${JSON.stringify(value)} (${SEVERITIES.join(', ')}).`)
  const most = least === 0 ? 0 : least + 3
  if (operator === '>' || operator === '<=') return sql(`l.sev ${operator} ?`, most)
  if (operator === '<' || operator === '>=') return sql(`l.sev ${operator} ?`, least)
  return sql('l.sev BETWEEN ? AND ?', least, most)
}

/** An attribute of the item, or failing that of its resource. */
function attributeCondition(alias: 's' | 'l', context: StoreContext, term: Term, value: string): Sql {
  const { field, operator, position } = term
  const path = jsonPath(field)
  const own =
    path === undefined
      ? FALSE
      : and([
          sql(`instr(${alias}.attrs, ?) > 0`, `${JSON.stringify(field)}:`),
          valueCondition(`json_extract(${alias}.attrs, ?)`, path, operator, value, position),
        ])
  const resources = context.resources
    .all()
    .filter(
      ({ attributes }) => Object.hasOwn(attributes, field) && isMatch(attributes[field], operator, value, position),
    )
    .map(({ id }) => id)
  if (resources.length === 0) return own
  const isAbsent = sql(`instr(${alias}.attrs, ?) = 0`, `${JSON.stringify(field)}:`)
  return or([own, and([isAbsent, isIn(`${alias}.resource_id`, resources)])])
}

function valueCondition(extract: string, path: string, operator: Operator, value: string, position: number): Sql {
  if (IS_COMPARISON.test(operator)) {
    const number = isDurationLike(value) ? parseDuration(value, position) : parseNumber(value, position)
    return sql(`CAST(${extract} AS REAL) ${operator} ?`, path, number)
  }
  // JSON's true comes out as 1
  if (value === 'true' || value === 'false')
    return sql(`${extract.replace('json_extract', 'json_type')} = ? OR ${extract} = ?`, path, value, path, value)
  const match = textMatch(`CAST(${extract} AS TEXT)`, operator, value)
  return { text: match.text, args: [path, ...match.args] }
}

/** The same comparison in JavaScript, for resources, of which there are few. */
function isMatch(actual: unknown, operator: Operator, value: string, position: number): boolean {
  const text = typeof actual === 'object' ? JSON.stringify(actual) : String(actual)
  switch (operator) {
    case '>':
      return Number(text) > parseNumber(value, position)
    case '>=':
      return Number(text) >= parseNumber(value, position)
    case '<':
      return Number(text) < parseNumber(value, position)
    case '<=':
      return Number(text) <= parseNumber(value, position)
    case '~':
      return text.toLowerCase().includes(value.toLowerCase())
    default:
      return wildcard(value, operator === ':').test(text)
  }
}

export function wildcard(value: string, ignoreCase: boolean): RegExp {
  const pattern = value
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*')
  return new RegExp(`^${pattern}$`, ignoreCase ? 'i' : '')
}

function hasField(alias: 's' | 'l', context: StoreContext, field: string): Sql {
  if (alias === 's') {
    if (field === 'parent') return sql('s.parent_id IS NOT NULL')
    if (field === 'event' || field === 'link')
      return sql(`s.extra IS NOT NULL AND json_type(s.extra, '$.${field === 'event' ? 'e' : 'l'}') IS NOT NULL`)
    if (INDEXED_FIELDS.has(field)) return TRUE
  } else if (field === 'trace' || field === 'span') return sql(`l.${field}_id IS NOT NULL`)
  else if (field === 'event') return sql('l.event IS NOT NULL')
  const path = jsonPath(field)
  if (path === undefined) return FALSE
  const own = sql(
    `instr(${alias}.attrs, ?) > 0 AND json_type(${alias}.attrs, ?) IS NOT NULL`,
    `${JSON.stringify(field)}:`,
    path,
  )
  const resources = context.resources.all().filter(({ attributes }) => Object.hasOwn(attributes, field))
  return or([
    own,
    isIn(
      `${alias}.resource_id`,
      resources.map(({ id }) => id),
    ),
  ])
}

function spanText(value: string): Sql {
  const lower = value.toLowerCase()
  if (/^[0-9a-f]{32}$/.test(lower)) return sql('s.trace_no IN (SELECT no FROM trace WHERE id = ?)', lower)
  if (/^[0-9a-f]{16}$/.test(lower)) return sql('s.span_id = ?', lower)
  const pattern = `%${escapeLike(value)}%`
  const inJson = `%${escapeLike(JSON.stringify(value).slice(1, -1))}%`
  return sql(
    "s.name IN (SELECT id FROM str WHERE v LIKE ? ESCAPE '\\') OR s.svc IN (SELECT id FROM str WHERE v LIKE ? ESCAPE '\\') OR s.attrs LIKE ? ESCAPE '\\' OR s.extra LIKE ? ESCAPE '\\'",
    pattern,
    pattern,
    inJson,
    inJson,
  )
}

function logText(value: string): Sql {
  const pattern = `%${escapeLike(value)}%`
  const inJson = `%${escapeLike(JSON.stringify(value).slice(1, -1))}%`
  return sql(
    "l.body LIKE ? ESCAPE '\\' OR l.attrs LIKE ? ESCAPE '\\' OR l.trace_id = ? OR l.span_id = ?",
    pattern,
    inJson,
    value.toLowerCase(),
    value.toLowerCase(),
  )
}

function matchingServices({ resources }: StoreContext, operator: Operator, value: string): number[] {
  const pattern = operator === '~' ? wildcard(`*${value}*`, true) : wildcard(value, operator === ':')
  return [...new Set(resources.all().flatMap(({ svc, service }) => (pattern.test(service) ? [svc] : [])))]
}

function inTexts(column: string, operator: Operator, value: string): Sql {
  const match = textMatch('v', operator, value)
  return { text: `${column} IN (SELECT id FROM str WHERE ${match.text})`, args: match.args }
}

function inScopes(column: string, operator: Operator, value: string): Sql {
  const match = textMatch("json_extract(v, '$[0]')", operator, value)
  return { text: `${column} IN (SELECT id FROM scope WHERE ${match.text})`, args: match.args }
}

function oneOf(column: string, names: readonly string[], value: string, position: number): Sql {
  const index = names.indexOf(value.toLowerCase())
  if (index < 0) throw badQuery(position, `${JSON.stringify(value)} is none of ${names.join(', ')}.`)
  return sql(`${column} = ?`, index)
}

function compare(column: string, operator: Operator, value: number): Sql {
  return sql(`${column} ${IS_COMPARISON.test(operator) ? operator : '='} ?`, value)
}

/** One duration, or the range `1ms..10ms`, which does not include its end. */
function durationCondition(column: string, operator: Operator, value: string, position: number): Sql {
  const [, from, to] = /^(.*)\.\.(.*)$/.exec(value) ?? []
  if (from === undefined || to === undefined) return compare(column, operator, parseDuration(value, position))
  if (IS_COMPARISON.test(operator)) throw badQuery(position, `A range is not compared by ${operator}.`)
  return and([
    from === '' ? TRUE : sql(`${column} >= ?`, parseDuration(from, position)),
    to === '' ? TRUE : sql(`${column} < ?`, parseDuration(to, position)),
  ])
}

/** SQLite's paths cannot name a key with a quote or a backslash. */
function jsonPath(key: string): string | undefined {
  return /["\\]/.test(key) ? undefined : `$."${key}"`
}

function isDurationLike(value: string): boolean {
  return /^\d+(\.\d+)?(ns|us|µs|ms|s|m|h)$/.test(value)
}
