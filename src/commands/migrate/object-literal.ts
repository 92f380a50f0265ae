/** Splits an object literal of JavaScript into its entries, without evaluating or fully parsing it. */

export interface Entry {
  /** As it is written: `dsn`, `'a-b'`, `[ATTR_SERVICE_NAME]`, or `...rest`. */
  readonly key: string
  readonly value: string
}

export interface ObjectLiteral {
  readonly entries: readonly Entry[]
  /** The place after its closing brace. */
  readonly end: number
}

const OPENING = '([{'
const CLOSING = ')]}'

/** @param start the place of the opening brace. `undefined` where no brace closes it */
export function readObjectLiteral(text: string, start: number): ObjectLiteral | undefined {
  const entries: Entry[] = []
  let from = start + 1
  let depth = 0
  for (let at = start; at < text.length; at = next(text, at)) {
    const character = text[at]!
    if (OPENING.includes(character)) depth++
    if (CLOSING.includes(character)) depth--
    const isEnd = depth === 0
    if (!isEnd && !(depth === 1 && character === ',')) continue
    const entry = readEntry(text.slice(from, at))
    if (entry) entries.push(entry)
    if (isEnd) return { entries, end: at + 1 }
    from = at + 1
  }
  return undefined
}

/** The entries of a text that is an object literal as a whole; `undefined` where it is none. */
export function entriesOf(text: string): readonly Entry[] | undefined {
  const trimmed = text.trim()
  const literal = trimmed.startsWith('{') ? readObjectLiteral(trimmed, 0) : undefined
  return literal?.end === trimmed.length ? literal.entries : undefined
}

/** The place after the character at `at`, or after the string or comment that begins there. */
function next(text: string, at: number): number {
  const character = text[at]!
  if (text.startsWith('//', at)) return endOr(text.indexOf('\n', at), text, 1)
  if (text.startsWith('/*', at)) return endOr(text.indexOf('*/', at + 2), text, 2)
  if (!'\'"`'.includes(character)) return at + 1
  let end = at + 1
  while (end < text.length && text[end] !== character) end += text[end] === '\\' ? 2 : 1
  return end + 1
}

const endOr = (found: number, text: string, length: number): number => (found < 0 ? text.length : found + length)

function readEntry(source: string): Entry | undefined {
  const text = withoutLeadingComments(source).trim()
  if (text === '') return undefined
  let depth = 0
  for (let at = 0; at < text.length; at = next(text, at)) {
    if (OPENING.includes(text[at]!)) depth++
    if (CLOSING.includes(text[at]!)) depth--
    if (depth === 0 && text[at] === ':') return { key: text.slice(0, at).trim(), value: text.slice(at + 1).trim() }
  }
  // a shorthand, a method, or what is spread
  return { key: /^(?:async\s+)?\*?([\w$]+)/.exec(text)?.[1] ?? text, value: text }
}

function withoutLeadingComments(text: string): string {
  return text.replace(/^(?:\s|\/\/.*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '')
}
