/** Turns a query into conditions on traces: what one span must meet, what no span may, and what the trace itself must. */
import { BADGES } from '../../store/badges.ts'
import type { StoreContext } from '../../store/context.ts'
import { conjunctsOf, type Expression, type Term, termsOf } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { TRACE_FIELDS } from '../language/field-names.ts'
import { parseDuration, parseNumber, parseRange } from '../language/values.ts'
import { and, isIn, not, or, type Sql, sql, TRUE } from '../sql.ts'
import { compileSpanQuery, durationCondition, inTexts, isTraceTerm, matchingServices } from './spans.ts'

export interface CompiledTraceQuery {
  /** Condition on one span `s`: what is joined by AND and not negated. */
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

/** Traces with spans that are still open, or that never closed: no column tells. */
export type OpenTraceIds = (isAbandoned: boolean) => readonly string[]

const INDEXED_FIELDS = new Set(['service', 'name', 'kind', 'status', 'duration'])
const FEW_TRACES = 1000

/**
 * What AND joins speaks of one span; NOT speaks of the whole trace, which then has no such span.
 * Anything else (OR of a span and a trace, NOT inside OR) is asked of the trace part by part.
 */
export function compileTraceQuery(
  context: StoreContext,
  expression: Expression,
  openIds: OpenTraceIds,
): CompiledTraceQuery {
  const wanted: Expression[] = []
  const unwanted: Expression[] = []
  const others: Expression[] = []
  for (const part of conjunctsOf(expression)) {
    if (isOfOneSpan(part)) wanted.push(part)
    else if (part.kind === 'not' && isOfOneSpan(part.item)) unwanted.push(part.item)
    else others.push(part)
  }
  const told = unwanted.map((part) => hasSuchSpan(context, part))
  const ofSpans = [...wanted, ...unwanted].flatMap(termsOf)
  return {
    span: and(wanted.map((part) => compileSpanQuery(context, part))),
    hasSpanTerms: wanted.length > 0,
    excluded: or(unwanted.flatMap((part, index) => (told[index] ? [] : [compileSpanQuery(context, part)]))),
    isIndexed: ofSpans.every(
      ({ field, of, operator }) => of === undefined && INDEXED_FIELDS.has(field) && operator !== 'has',
    ),
    necessary: and(wanted.map((part) => necessaryFor(context, part))),
    trace: and([
      ...others.map((part) => ofTrace(context, part, openIds)),
      ...told.flatMap((condition) => (condition ? [not(condition)] : [])),
    ]),
  }
}

/** Whether one span can tell by itself. */
function isOfOneSpan(expression: Expression): boolean {
  if (expression.kind === 'term') return !isTraceTerm(expression)
  return (
    (expression.kind === 'and' || expression.kind === 'or') &&
    expression.items.length > 0 &&
    expression.items.every(isOfOneSpan)
  )
}

function ofTrace(context: StoreContext, expression: Expression, openIds: OpenTraceIds): Sql {
  if (isOfOneSpan(expression)) {
    const span = compileSpanQuery(context, expression)
    return {
      text: `EXISTS (SELECT 1 FROM span s INDEXED BY span_trace WHERE s.trace_no = t.no AND (${span.text}))`,
      args: span.args,
    }
  }
  switch (expression.kind) {
    case 'term': {
      const condition = or(expression.values.map((value) => traceCondition(context, expression, value, openIds)))
      return expression.operator === '!=' ? not(condition) : condition
    }
    case 'or':
      return or(expression.items.map((item) => ofTrace(context, item, openIds)))
    case 'not':
      return not(ofTrace(context, expression.item, openIds))
    case 'some':
      return ofTrace(context, expression.item, openIds)
    default:
      return and(expression.items.map((item) => ofTrace(context, item, openIds)))
  }
}

/** Whether a trace `t` has a span that meets a term, when its own columns tell exactly. */
function hasSuchSpan(context: StoreContext, expression: Expression): Sql | undefined {
  if (expression.kind !== 'term') return undefined
  const { field, of, operator, position, values } = expression
  if (of !== undefined || operator === 'has' || operator === '!=' || values.includes('*')) return undefined
  if (field === 'service')
    return hasService(values.flatMap((value) => matchingServices(context, operator, value, position)))
  if (field === 'status' && values.every((value) => value.toLowerCase() === 'error')) return sql('t.errors > 0')
  return undefined
}

function necessaryFor(context: StoreContext, expression: Expression): Sql {
  if (expression.kind === 'and') return and(expression.items.map((item) => necessaryFor(context, item)))
  if (expression.kind === 'or') {
    const parts = expression.items.map((item) => necessaryFor(context, item))
    return parts.includes(TRUE) ? TRUE : or(parts)
  }
  if (expression.kind !== 'term') return TRUE
  const exact = hasSuchSpan(context, expression)
  if (exact !== undefined) return exact
  const { field, of, operator, values, position } = expression
  if (of !== undefined || field !== 'duration' || !operator.startsWith('>')) return TRUE
  return lasting(context, Math.min(...values.map((value) => parseDuration(value, position))))
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

function traceCondition(context: StoreContext, term: Term, value: string, openIds: OpenTraceIds): Sql {
  const { field, operator, position } = term
  switch (field) {
    case 'trace.duration':
      return durationCondition('t.dur_ns', term, value)
    case 'trace.spans':
    case 'trace.errors':
    case 'trace.logs':
      return countCondition(`t.${field.slice(6)}`, term, value)
    case 'root.service':
      return and([sql('t.root IS NOT NULL'), isIn('t.head_svc', matchingServices(context, operator, value, position))])
    case 'root.name':
      return and([sql('t.root IS NOT NULL'), inTexts('t.head_name', operator, value, position)])
    case 'badge':
      return badgeCondition(term, value, openIds)
    default:
      throw badQuery(position, `There is no field ${field}: those of a trace are ${TRACE_FIELDS.join(', ')}.`)
  }
}

function countCondition(column: string, { operator, position }: Term, value: string): Sql {
  const range = parseRange(value)
  if (!range) return sql(`${column} ${/^[<>]/.test(operator) ? operator : '='} ?`, parseNumber(value, position))
  return and([
    range.from === '' ? TRUE : sql(`${column} >= ?`, parseNumber(range.from, position)),
    range.to === '' ? TRUE : sql(`${column} <= ?`, parseNumber(range.to, position)),
  ])
}

function badgeCondition({ position }: Term, value: string, openIds: OpenTraceIds): Sql {
  const isOpen = (isAbandoned: boolean) =>
    sql('t.id IN (SELECT value FROM json_each(?))', JSON.stringify(openIds(isAbandoned)))
  const name = value.toLowerCase()
  if (name === 'error') return sql('t.errors > 0')
  if (name === 'running') return isOpen(false)
  const bit = BADGES.indexOf(name as (typeof BADGES)[number])
  if (bit < 0) throw badQuery(position, `There is no badge ${JSON.stringify(value)}: ${BADGES.join(', ')}.`)
  const isMarked = sql('(t.badges & ?) != 0', 1 << bit)
  return name === 'unclosed' ? or([isMarked, isOpen(true)]) : isMarked
}
