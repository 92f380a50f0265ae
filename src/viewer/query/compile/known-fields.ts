/** Finds the stored name that a field of a query means; refuses a name that looks like a slip, and names the one that was meant. */
import { distance } from '../../../edit-distance.ts'
import type { StoreContext } from '../../store/context.ts'
import type { Expression, Term } from '../language/ast.ts'
import { badQuery } from '../language/errors.ts'
import { LOG_FIELDS, otherNamesOf, SPAN_FIELDS, TRACE_FIELDS } from '../language/field-names.ts'
import { isNested } from './nested.ts'
import { conventionalNames, isConventional, namesOf } from './semconv-names.ts'
import { isStored, namesIn, type Table } from './stored-names.ts'

const BUILT_IN = { span: [...SPAN_FIELDS, ...TRACE_FIELDS], log: [...LOG_FIELDS] }
const OF_BOTH = new Set(['has', '', 'error', 'message'])

/** What other tools call a thing, where nothing stored has that name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  env: 'deployment.environment.name',
  environment: 'deployment.environment.name',
  'service.environment': 'deployment.environment.name',
  version: 'service.version',
  release: 'service.version',
  host: 'host.name',
  hostname: 'host.name',
  pod: 'k8s.pod.name',
  resource_name: 'name',
  operation_name: 'name',
  display_name: 'name',
  transaction: 'root.name',
  'transaction.name': 'root.name',
  'transaction.duration': 'trace.duration',
  duration_ms: 'duration',
}
const TIME = 'Time is no part of a query: choose it beside the list, or give from and to.'
const ORDER = 'Order is no part of a query: the list has a switch for it.'
const NO_FIELDS: Readonly<Record<string, string>> = {
  '@timestamp': TIME,
  timestamp: TIME,
  time: TIME,
  age: TIME,
  since: TIME,
  sort: ORDER,
  order: ORDER,
  limit: 'A limit is no part of a query: the list goes on as it is scrolled.',
}

/**
 * The same expression, where every field has the name under which it is stored.
 * @throws {HttpError} 400 `bad_query` when a field is not known and one with nearly that name is
 */
export function withKnownFields(context: StoreContext, table: Table, expression: Expression): Expression {
  const inner = (item: Expression) => withKnownFields(context, table, item)
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, items: expression.items.map(inner) }
    case 'not':
    case 'some':
      return { ...expression, item: inner(expression.item) }
    default: {
      const { field, of, operator, position, values } = expression
      if (of !== undefined && isBuiltIn(table, field)) return expression
      if (operator === 'has' && field === 'has')
        return { ...expression, values: values.map((value) => knownField(context, table, { field: value, position })) }
      if (field === 'error') rejectErrorText(context, table, expression)
      return { ...expression, field: knownField(context, table, expression) }
    }
  }
}

/** Fields of an expression that nothing stored has, so that an empty answer can say so. */
export function unknownFields(context: StoreContext, table: Table, expression: Expression): string[] {
  if (expression.kind !== 'term') {
    const items = 'item' in expression ? [expression.item] : expression.items
    return [...new Set(items.flatMap((item) => unknownFields(context, table, item)))]
  }
  const { field, operator, values } = expression
  return (operator === 'has' && field === 'has' ? values : [field]).filter((name) => !isKnown(context, table, name))
}

function knownField(
  context: StoreContext,
  table: Table,
  { field, position }: Pick<Term, 'field' | 'position'>,
): string {
  rejectOther(table, field, position)
  const names = namesIn(context, table)
  if (isConventional(field) || isBuiltIn(table, field) || names.has(field)) return field
  const others = [...names, ...conventionalNames()]
  const lower = field.toLowerCase()
  const same = others.find((name) => plain(name) === plain(field))
  const hint = Object.hasOwn(NO_FIELDS, lower) ? NO_FIELDS[lower] : undefined
  const elsewhere = Object.hasOwn(ELSEWHERE, lower) ? ELSEWHERE[lower]! : undefined
  const meant = nearest(lower, [...BUILT_IN[table], 'has', ...others, ...otherNamesOf(BUILT_IN[table])])
  const isGuess = same ?? hint ?? elsewhere ?? meant
  if (isGuess === undefined || isStored(context, table, field) || isNested(context, table, field)) return field
  if (same !== undefined) return same
  if (hint !== undefined) throw badQuery(position, hint)
  if (elsewhere !== undefined && isKnown(context, table, elsewhere)) return elsewhere
  if (meant !== undefined) throw badQuery(position, `There is no field ${field}: did you mean ${meant}?`)
  return field
}

/** Which fields of a trace there are, is known where conditions on traces are made. */
const isBuiltIn = (table: Table, field: string): boolean =>
  OF_BOTH.has(field) ||
  (BUILT_IN[table] as readonly string[]).includes(field) ||
  (table === 'span' && /^(trace|root)\../.test(field))

const isKnown = (context: StoreContext, table: Table, field: string): boolean =>
  isBuiltIn(table, field) ||
  namesOf(field).some((name) => isStored(context, table, name)) ||
  isNested(context, table, field)

/** Upper and lower case are alike; Uptrace writes `_` for a dot. */
const plain = (name: string): string => name.toLowerCase().replaceAll('_', '.')

function rejectOther(table: Table, field: string, position: number): void {
  const [own, other] = table === 'log' ? (['log', 'span'] as const) : (['span', 'log'] as const)
  if (isBuiltIn(own, field)) return
  if (!(BUILT_IN[other] as readonly string[]).includes(field)) return
  const [ofOther, ofOwn] = other === 'log' ? ['log records', 'spans'] : ['spans', 'log records']
  const hint =
    { status: ': severity?', severity: ': status?', body: ': name or message?', message: ': body?' }[field] ?? '.'
  throw badQuery(position, `${field} is a field of ${ofOther}, not of ${ofOwn}${hint}`)
}

/** `Error: connect refused` is a text that somebody pasted. */
function rejectErrorText(context: StoreContext, table: Table, { operator, position, values }: Term): void {
  if (!/^!?[:=]$/.test(operator) || values.every((value) => /^(true|false|\*)$/i.test(value))) return
  if (!isStored(context, table, 'error'))
    throw badQuery(position, 'error is true or false. To find a text that holds a colon, put it in quotes.')
}

/** The name with the fewest changes, when there are few for its length; the last part of one name counts as near. */
function nearest(lower: string, names: readonly string[]): string | undefined {
  const limit = lower.length <= 4 ? 1 : 2
  let best: string | undefined
  let least = limit + 1
  for (const name of names) {
    const changes = name.toLowerCase() === lower ? 0 : distance(lower, name.toLowerCase(), limit)
    if (changes < least) {
      least = changes
      best = name
    }
  }
  return best ?? names.find((name) => name.endsWith(`.${lower}`))
}
