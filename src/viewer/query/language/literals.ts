/** What is one word by its look, though it holds signs of the language: addresses, paths, times, ranges, TraceQL's `span:duration`. */

const LITERALS: readonly RegExp[] = [
  // an address with its scheme
  /[a-z][a-z0-9+.-]*:\/\/[^\s"()|]*/iy,
  // host and port
  /(?:localhost|\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}(?![\w.])/iy,
  // a time
  /\d{4}-\d\d-\d\dT\d\d:\d\d[\d:.]*(?:Z|[+-]\d\d:?\d\d)?/iy,
]
/** A path with its query, where no field is named before it. */
const PATH = /\/[^\s"()|{},]*(?:\{[^\s{}"]*\}[^\s"()|{},]*)*/y
const RANGE = /\[[^\]]*\]/y
const INTRINSIC = /(?:span|trace|event|link|instrumentation):[a-z]+(?=\s*(?:[=<>]|!=|!~))/iy

/** Lucene's regular expression, told from a path by signs that no path has. */
const REGEX = /\/(?=[^/\n]*(?:\.[*+]|\\[dwsb.]|[[^$|]))(?:\\.|[^/\\\n])+\/(?=[\s)}]|$)/y

export function takeLiteral(text: string, position: number, isValue: boolean): string | undefined {
  for (const pattern of LITERALS) {
    const found = take(pattern, text, position)
    if (found !== undefined) return found
  }
  return take(isValue ? REGEX : PATH, text, position)
}

/** OTTL's `attributes["key"]`. */
const INDEXED = /((?:span|resource|event)?\.?(?:attributes)?|attr)\[(["'])([^"'\]\n]+)\2\]/iy

/** @returns the field in our form, and how long it is in the text */
export function takeIndexed(text: string, position: number): { field: string; length: number } | undefined {
  INDEXED.lastIndex = position
  const [whole = '', scope = '', , key = ''] = INDEXED.exec(text) ?? []
  return scope === '' ? undefined : { field: `${scope}.${key}`, length: whole.length }
}

export const takeRange = (text: string, position: number): string | undefined => take(RANGE, text, position)
export const takeIntrinsic = (text: string, position: number): string | undefined => take(INTRINSIC, text, position)

export function take(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position
  return pattern.exec(text)?.[0]
}
