/** Reads what stands between a field and its value: signs, and the words that other languages use. */
import type { Operator } from './ast.ts'
import { type Cursor, isWord } from './cursor.ts'
import { badQuery } from './errors.ts'
import { resolveField } from './field-names.ts'
import type { Token } from './tokens.ts'

export interface ReadOperator {
  readonly operator: Operator
  readonly negated: boolean
  /** Makes a pattern of the value: SQL's `%`, or a text that stands at one end. */
  readonly toPattern?: (value: string) => string
  /** Where it ends in the text. */
  readonly end: number
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  '=': '=',
  '==': '=',
  ':': ':',
  '!=': '!=',
  '<>': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
  '~': '~',
  '=~': 'regex',
  '!~': 'regex',
  '!=~': 'regex',
}
const WORDS: Readonly<Record<string, Pick<ReadOperator, 'operator' | 'toPattern'>>> = {
  contains: { operator: '~' },
  contain: { operator: '~' },
  like: { operator: '~' },
  ilike: { operator: '~' },
  matches: { operator: 'regex' },
  regexp: { operator: 'regex' },
  startswith: { operator: ':', toPattern: (value) => `${value}*` },
  endswith: { operator: ':', toPattern: (value) => `*${value}` },
}
/** Words of other languages as well, so that a field has to stand before them. */
const COMPARISONS: Readonly<Record<string, Operator>> = {
  eq: '=',
  ne: '!=',
  gt: '>',
  ge: '>=',
  gte: '>=',
  lt: '<',
  le: '<=',
  lte: '<=',
}
const LIKE: Pick<ReadOperator, 'operator' | 'toPattern'> = {
  operator: ':',
  toPattern: (value) =>
    value.replace(/\\([%_])|[%_]/g, (sign, literal?: string) => literal ?? (sign === '%' ? '*' : '?')),
}
/** `does not contain`, `does-not-contain`. */
const NEGATIONS = /^(?:does-?not-?|doesnt-?|not-)/

/** Moves behind the field at hand and its operator, when an operator follows. */
export function readOperator(cursor: Cursor): ReadOperator | undefined {
  return cursor.peek(1)?.kind === 'operator' ? readSign(cursor) : readWord(cursor)
}

function readSign(cursor: Cursor): ReadOperator {
  const sign = cursor.peek(1)!
  cursor.skip(2)
  const plain = sign.text.length > 1 && sign.text.startsWith(':') ? sign.text.slice(1) : sign.text
  const following = cursor.peek()
  // `field: >10`
  if (plain === ':' && following?.kind === 'operator' && following.text !== ':') {
    cursor.skip()
    return toOperator(following, following.text)
  }
  return toOperator(sign, plain)
}

function toOperator({ position, end }: Token, text: string): ReadOperator {
  const operator = OPERATORS[text]
  if (operator === undefined) throw badQuery(position, `There is no operator ${JSON.stringify(text)}.`)
  return { operator, negated: operator === 'regex' && text.startsWith('!'), end }
}

/** Words are operators only where they can't be meant as text to find. */
function readWord(cursor: Cursor): ReadOperator | undefined {
  const does = isWord(cursor.peek(1), 'does') ? 1 : 0
  const isNot = cursor.peek(1 + does)?.kind === 'not' && /^not$/i.test(cursor.peek(1 + does)!.text)
  const at = 1 + does + (isNot ? 1 : 0)
  const [word, behind] = [cursor.peek(at), cursor.peek(at + 1)]
  if (word?.kind !== 'word') return undefined
  const negated = isNot || NEGATIONS.test(word.text.toLowerCase())
  const found = (operator: Operator, count: number, isNegated = negated): ReadOperator => {
    cursor.skip(count)
    return { operator, negated: isNegated, end: word.end }
  }
  const text = word.text.toLowerCase().replace(NEGATIONS, '').replaceAll('-', '')
  if (text === 'in' && (behind?.kind === 'open' || behind?.text.startsWith('['))) return found('=', at + 1)
  if (Object.hasOwn(WORDS, text) && (behind?.kind === 'quoted' || (behind && isFieldLike(cursor.peek()!)))) {
    const isPattern = text.endsWith('like') && behind.text.includes('%')
    const { operator, ...rest } = isPattern ? LIKE : WORDS[text]!
    return { ...found(operator, at + 1), ...rest }
  }
  if (Object.hasOwn(COMPARISONS, text) && !isNot && behind && isFieldLike(cursor.peek()!))
    return found(COMPARISONS[text]!, at + 1)
  if (/^exists?$/.test(text) && isFieldLike(cursor.peek()!)) return found('has', at + 1)
  if (text === 'is' && !negated && isWord(behind, 'null')) return found('has', 3, true)
  if (text === 'is' && !negated && behind?.kind === 'not' && isWord(cursor.peek(3), 'null')) return found('has', 4)
  return undefined
}

function isFieldLike(token: Token): boolean {
  return token.kind === 'word' && (/[._]/.test(token.text) || resolveField(token.text).isBuiltIn)
}
