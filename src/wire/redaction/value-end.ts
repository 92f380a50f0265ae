/** Where a value in a text ends. Each search goes forward only. */

const END_OF_WORD = /[\s,;&"'`}\])<>|]|\\["'nrt]|$/g
const END_OF_PARAMETER = /[&#\s"'`<>\\]|$/g
const END_IN_URL = /[&#]|$/g
const BRACKET_OR_END = /[[\]{}]|$/g

export function endOfWord(text: string, start: number, isParameter: boolean, isUrl = false): number {
  return next(isUrl ? END_IN_URL : isParameter ? END_OF_PARAMETER : END_OF_WORD, text, start)
}

/** Where the closing quote stands that has no backslash before it; a quote that is escaped itself, as in JSON inside JSON, ends at the next of its kind. */
export function endOfQuoted(text: string, start: number, quote: string): number {
  for (let at = text.indexOf(quote, start); at >= 0; at = text.indexOf(quote, at + quote.length)) {
    let slashes = 0
    while (at - slashes > start && text.charCodeAt(at - slashes - 1) === 92) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}

/** Behind the bracket that closes the one at `start`. */
export function endOfBlock(text: string, start: number): number {
  let depth = 0
  for (let at = start; ; ) {
    at = next(BRACKET_OR_END, text, at)
    const bracket = text[at]
    if (bracket === undefined) return text.length
    depth += bracket === '[' || bracket === '{' ? 1 : -1
    at++
    if (depth === 0) return at
  }
}

export function endOfLine(text: string, start: number): number {
  let end = start
  while (end < text.length && text.charCodeAt(end) !== 10 && text.charCodeAt(end) !== 13) end++
  return end
}

function next(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)!.index
}
