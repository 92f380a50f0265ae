/** Turns a query into a condition on log records `l`. */
import type { StoreContext } from '../../store/context.ts'
import { SEVERITIES, severityNumberOf } from '../../store/severity.ts'
import type { Expression, Operator, Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { and, isIn, not, or, type Sql, sql, TRUE, textMatch } from '../sql.ts'
import { attributeCondition, hasAttribute, patternOf } from './attributes.ts'
import { checked, idCondition, inScopes, matchingServices, traceIdIn } from './spans.ts'
import { inValues, mayHold, textPattern } from './text.ts'

/** What other libraries call the severities. */
const SEVERITY_NAMES: Readonly<Record<string, string>> = {
  warning: 'warn',
  err: 'error',
  critical: 'fatal',
  crit: 'fatal',
  panic: 'fatal',
  emerg: 'fatal',
  information: 'info',
  notice: 'info',
  verbose: 'debug',
  silly: 'trace',
}

const MAX_SEVERITY = 24

/** `warn..error`, `[warn TO error]`, `warn..`. */
const RANGE = /^(?:(\w+|\*|)\.\.(\w+|\*|)|\[\s*(\w+|\*)\s+to\s+(\w+|\*)\s*\])$/
const isOpen = (end: string): boolean => end === '' || end === '*'

export function compileLogQuery(context: StoreContext, expression: Expression): Sql {
  switch (expression.kind) {
    case 'and':
      return and(expression.items.map((item) => compileLogQuery(context, item)))
    case 'or':
      return or(expression.items.map((item) => compileLogQuery(context, item)))
    case 'not':
      return not(compileLogQuery(context, expression.item))
    case 'some':
      return compileLogQuery(context, expression.item)
    default: {
      const condition = or(expression.values.map((value) => logCondition(context, expression, value)))
      return expression.operator === '!=' ? not(condition) : condition
    }
  }
}

function logCondition(context: StoreContext, term: Term, value: string): Sql {
  const { field, of, operator, position } = term
  if (operator === 'has') return hasField(context, field === 'has' ? value : field, term)
  if (operator === 'text') return logText(value)
  if (value === '*' && /^[=:]$/.test(operator)) return hasField(context, field, term)
  switch (of === undefined ? field : '') {
    case 'service':
      return isIn('l.svc', matchingServices(context, operator, value, position))
    case 'severity':
      return severityCondition(operator, value, position)
    case 'body':
    case 'message':
      return checked(textMatch('l.body', operator, value), term, value)
    case 'error':
      if (/^(true|false)$/i.test(value)) return severityCondition(/true/i.test(value) ? '>=' : '<', 'error', position)
      break
    case 'trace':
    case 'span':
      if (/^(nil|null|none)$/i.test(value)) return sql(`l.${field}_id IS NULL`)
      return idCondition(`l.${field}_id`, value, field === 'trace' ? 32 : 16)
    case 'scope':
      return inScopes('l.scope_id', operator, value)
    case 'event':
      return checked(textMatch('l.event', operator, value), term, value)
  }
  return checked(attributeCondition('l', context, term, value), term, value)
}

function hasField(context: StoreContext, field: string, term: Term): Sql {
  if (term.of !== undefined) return hasAttribute('l', context, { ...term, field })
  if (field === 'trace' || field === 'span') return sql(`l.${field}_id IS NOT NULL`)
  if (field === 'event') return sql('l.event IS NOT NULL')
  if (field === 'severity') return sql('l.sev > 0')
  if (['service', 'body', 'scope'].includes(field)) return TRUE
  return hasAttribute('l', context, { ...term, field })
}

function severityCondition(operator: Operator, value: string, position: number): Sql {
  const name = value.toLowerCase()
  const isEqual = operator === ':' || operator === '=' || operator === '!='
  const [from, to] =
    (isEqual &&
      RANGE.exec(name)
        ?.slice(1)
        .filter((end) => end !== undefined)) ||
    []
  if (from !== undefined && to !== undefined)
    return and([
      isOpen(from) ? TRUE : severityCondition('>=', from, position),
      isOpen(to) ? TRUE : severityCondition('<=', to, position),
    ])
  if (operator === 'regex' || (isEqual && /[*?]/.test(name)))
    return severitiesLike(patternOf({ operator, position }, name, true))
  if (/^\d+$/.test(value) && Number(value) > MAX_SEVERITY)
    throw badQuery(
      position,
      `Severity numbers are 1 to ${MAX_SEVERITY}; a level of a logger has a name here, such as level>=error.`,
    )
  if (/^\d+$/.test(value)) return sql(`l.sev ${/^[<>]/.test(operator) ? operator : '='} ?`, Number(value))
  const least = severityNumberOf(SEVERITY_NAMES[name] ?? name)
  if (least === undefined)
    throw badQuery(position, `There is no severity ${JSON.stringify(value)} (${SEVERITIES.join(', ')}).`)
  const most = least === 0 ? 0 : least + 3
  if (operator === '>' || operator === '<=') return sql(`l.sev ${operator} ?`, most)
  if (operator === '<' || operator === '>=') return sql(`l.sev ${operator} ?`, least)
  return sql('l.sev BETWEEN ? AND ?', least, most)
}

function severitiesLike(pattern: RegExp): Sql {
  return or(
    SEVERITIES.flatMap((name, index) =>
      pattern.test(name) ? [sql('l.sev BETWEEN ? AND ?', index && index * 4 - 3, index * 4)] : [],
    ),
  )
}

function logText(value: string): Sql {
  const lower = value.toLowerCase()
  return or([
    textPattern('l.body', value),
    and([mayHold('l.attrs', value), inValues('l.attrs', [], value)]),
    sql('l.trace_id = ? OR l.span_id = ?', traceIdIn(lower), lower),
  ])
}
