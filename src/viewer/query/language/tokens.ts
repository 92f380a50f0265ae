/** Cuts the text of a query into words, quoted texts, operators and brackets, each with its position. */
import { badQuery } from './errors.ts'
import { take, takeIndexed, takeIntrinsic, takeLiteral, takeRange } from './literals.ts'

export interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | 'open' | 'close' | 'and' | 'or' | 'not' | 'pipe' | 'comma'
  readonly text: string
  readonly position: number
  readonly end: number
  /** No blank stands before it. */
  readonly isAttached: boolean
}

const MAX_LENGTH = 4000
const MAX_TOKENS = 400
const OPERATOR = /:?(?:!=~|!=|!~|=~|==|>=|<=|<>|>|<|=|~|:)/y
/** Brackets that close again are part of a word, `/users/{id}`, and so is a blank behind `\`. */
const WORD = /[^\s"'`()[\]{}|,:=<>~!&](?:\\ |\{[^\s{}"]*\}|[^\s"`()[\]{}|,:=<>~!&])*/y
/** Those that text processors make are read too, each with all that may close it. */
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”“',
  '”': '”',
  '„': '“”',
  '‘': '’',
  '’': '’',
  '‚': '‘’',
  '«': '»',
  '»': '«',
}
/** What begins a text with an apostrophe as well. */
const APOSTROPHES = "'’"
/** Comes along when text is copied from a page. */
const INVISIBLE = /[\u200b\u2060]/g
const CONNECTORS: readonly (readonly [pattern: RegExp, kind: Token['kind']])[] = [
  [/&&/y, 'and'],
  [/\|\|/y, 'or'],
  [/\|/y, 'pipe'],
  [/,/y, 'comma'],
  [/[({]/y, 'open'],
  [/[)}]/y, 'close'],
]
const KEYWORDS: Readonly<Record<string, Token['kind']>> = {
  and: 'and',
  or: 'or',
  not: 'not',
  AND: 'and',
  OR: 'or',
  NOT: 'not',
}

/** `Or` and `Not` begin a text as well, unless a condition follows. */
const CONDITION = /^\s+(?:[\w.@-]+\s*[:=<>!~]|[({])/

/** @throws {HttpError} 400 `bad_query` with the position of what is wrong */
export function tokenize(written: string): Token[] {
  const text = written.replace(INVISIBLE, ' ')
  if (text.length > MAX_LENGTH) throw badQuery(MAX_LENGTH, `A query has at most ${MAX_LENGTH} characters.`)
  const tokens: Token[] = []
  let position = 0
  for (;;) {
    const start = position
    while (/\s/.test(text[position] ?? '') || isPlus(text, position)) position++
    if (position >= text.length) return tokens
    const token = readToken(text, position, position === start && tokens.length > 0, tokens.at(-1))
    tokens.push(token)
    if (tokens.length > MAX_TOKENS) throw badQuery(position, `A query has at most ${MAX_TOKENS} words.`)
    position = token.end
  }
}

function readToken(text: string, position: number, isAttached: boolean, before: Token | undefined): Token {
  const token = (kind: Token['kind'], value: string, end: number): Token => ({
    kind,
    text: value,
    position,
    end,
    isAttached,
  })
  const character = text[position]!
  const isValue = before?.kind === 'operator'
  if (Object.hasOwn(QUOTES, character)) {
    const quoted = readQuoted(text, position, QUOTES[character]!)
    if (quoted !== undefined) {
      const isPrefix = text[quoted.end] === '*' && isValue
      return token('quoted', quoted.value + (isPrefix ? '*' : ''), quoted.end + (isPrefix ? 1 : 0))
    }
    if (!APOSTROPHES.includes(character)) throw badQuery(position, 'A quote is not closed.')
  }
  const whole = takeLiteral(text, position, isValue) ?? takeRange(text, position)
  if (whole !== undefined) return token('word', whole, position + whole.length)
  for (const [pattern, kind] of CONNECTORS) {
    const found = take(pattern, text, position)
    if (found !== undefined) return token(kind, found, position + found.length)
  }
  // after a field, `!` begins an operator; elsewhere it negates
  const operator = take(OPERATOR, text, position)
  if (operator !== undefined) return token('operator', operator, position + operator.length)
  if (character === '!') return token('not', character, position + 1)
  if (character === '-' && !isValue && /[^\s\d]/.test(text[position + 1] ?? ' ')) return token('not', '-', position + 1)
  if (isValue && before.end === position) {
    const value = take(VALUE, text, position)
    if (value !== undefined) return token('word', withBlanks(value), position + value.length)
  }
  const indexed = isValue ? undefined : takeIndexed(text, position)
  if (indexed) return token('word', indexed.field, position + indexed.length)
  const word = takeIntrinsic(text, position) ?? take(WORD, text, position) ?? character
  // TraceQL's span."name with blanks"
  const quoted =
    /\w\.$/.test(word) && text[position + word.length] === '"' && readQuoted(text, position + word.length, '"')
  if (quoted) return token('word', word + quoted.value, quoted.end)
  const behind = text.slice(position + word.length)
  const kind = KEYWORDS[CONDITION.test(behind) ? word.toLowerCase() : word]
  const isKeyword = kind !== undefined && !isValue && !/^\s*[:=<>~!]/.test(behind)
  return token(isKeyword ? kind : 'word', withBlanks(word), position + word.length)
}

const withBlanks = (word: string): string => word.replaceAll('\\ ', ' ')

/** What stands right behind an operator may hold colons and equal signs: `body:a=b`, `url:/x?a=1`. */
const VALUE = /[^\s"'`()[\]{}|,<>~!=:](?:\\ |\{[^\s{}"]*\}|\([^\s()"]*\)|,(?!\s|$)|&(?!&)|[^\s"(){}|,&])*/y

/** Lucene's `+` before what must be met, which everything here must. */
function isPlus(text: string, position: number): boolean {
  return text[position] === '+' && /^$|[\s(]/.test(text[position - 1] ?? '') && /["'(\w]/.test(text[position + 1] ?? '')
}

function readQuoted(text: string, start: number, quotes: string): { value: string; end: number } | undefined {
  let value = ''
  for (let position = start + 1; position < text.length; position++) {
    const character = text[position]!
    if (character === "'" && quotes === "'" && text[position + 1] === "'") value += text[++position]
    else if (quotes.includes(character)) return { value, end: position + 1 }
    else if (character === '\\' && /["'`\\]/.test(text[position + 1] ?? '')) value += text[++position]
    else value += character
  }
  return undefined
}
