/** What a query says, once it is read: terms joined by AND, OR and NOT. */

export type Operator = '=' | ':' | '!=' | '>' | '>=' | '<' | '<=' | '~' | 'regex' | 'has' | 'text'

export interface Term {
  readonly kind: 'term'
  /** '' for a bare word. */
  readonly field: string
  /** Asked of this only, by a prefix such as `resource.`; an attribute of the item or of its resource otherwise. */
  readonly of?: 'span' | 'resource' | 'event'
  readonly operator: Operator
  /** Any of these. */
  readonly values: readonly string[]
  /** Where it begins in the text. */
  readonly position: number
}

export type Expression =
  | Term
  | { readonly kind: 'and' | 'or'; readonly items: readonly Expression[] }
  | { readonly kind: 'not'; readonly item: Expression }
  /** `{…}` of TraceQL: some span, which need not be the one that other conditions speak of. */
  | { readonly kind: 'some'; readonly item: Expression }

/** Of a query without a term: everything. */
export const EVERYTHING: Expression = { kind: 'and', items: [] }

export function termsOf(expression: Expression): Term[] {
  if (expression.kind === 'term') return [expression]
  return 'item' in expression ? termsOf(expression.item) : expression.items.flatMap(termsOf)
}

/** The parts that all must hold: `a (b c)` has three. NOT is pulled in front of single parts. */
export function conjunctsOf(expression: Expression): Expression[] {
  if (expression.kind === 'and') return expression.items.flatMap(conjunctsOf)
  if (expression.kind !== 'not') return [expression]
  const { item } = expression
  if (item.kind === 'not') return conjunctsOf(item.item)
  if (item.kind === 'or') return item.items.flatMap((one) => conjunctsOf({ kind: 'not', item: one }))
  return [expression]
}
