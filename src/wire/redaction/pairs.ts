/** Masks values that stand behind the name of a secret in a text: `name=value`, `name: value`, `"name":"value"`, `?name=value`, `--name value`. */
import { type Names, Secrecy } from './names.ts'
import { MASK } from './tokens.ts'
import { endOfBlock, endOfLine, endOfQuoted, endOfWord } from './value-end.ts'

const MAX_NAME_LENGTH = 64
const MAX_LOOK = 256
/** What a message says about a secret is none. */
const PROSE = new Set(
  `a an and any are as at be but by can cannot could denied did disabled do does empty enabled error expected expired failed false field for has have if in incorrect invalid
  is it its malformed mismatch missing must needs no none not null number of on ok optional or present protected provided revoked required see should string that the this to too true type
  undefined unexpected unknown unset unsupported was were when will with wrong yes`.split(/\s+/),
)
const SCHEME = /^(?:bearer|basic|digest|token|apikey|negotiate|ntlm|hawk|aws4-hmac-sha256)[ \t]+/i
/** Behind `authorization` only: of any name, when something long follows. */
const ANY_SCHEME = /^[a-z][\w-]{0,19}[ \t]+(?=[\w+/.=~-]{12})/i
const TO_THE_END = /^(?:digest|hawk|aws4)/i
const IS_OPAQUE = /^(?=.{0,200}\d)(?=.{0,200}[A-Za-z])[\w+/=.~%-]{16,}$/
const LAST_WORD = /^(?:keys?|ids?|number|phrase|code)$/i
const WORDS = /(?<![\w-])(?:[a-z-]{3,12} ){1,2}$/i
const SEPARATOR = /[=:]/g
const FLAG = /(?<![\w-])--?([a-z][\w.-]{2,40})[ \t]{1,4}(?!-)(?=\S)/gi

export const isOpaque = (value: string): boolean => IS_OPAQUE.test(value.slice(0, 512))

/** @param isUrl whether all pairs are parameters, of which each ends at the next `&` */
export function maskPairs(text: string, names: Names, isUrl: boolean): string {
  let safe = ''
  let from = 0
  SEPARATOR.lastIndex = 0
  for (let match = SEPARATOR.exec(text); match; match = SEPARATOR.exec(text)) {
    const value = valueBehind(text, match.index, from, names, isUrl)
    if (value === undefined) continue
    safe += text.slice(from, value.start) + MASK
    from = value.end
    SEPARATOR.lastIndex = from
  }
  return from === 0 ? text : safe + text.slice(from)
}

/** `--password hunter2` of a command line. */
export function maskFlags(text: string, names: Names): string {
  let safe = ''
  let from = 0
  FLAG.lastIndex = 0
  for (let match = FLAG.exec(text); match; match = FLAG.exec(text)) {
    if (names.ofField(match[1]!) < Secrecy.TEXT) continue
    const start = FLAG.lastIndex
    const quote = text[start]!
    const end = quote === '"' || quote === "'" ? endOfQuoted(text, start + 1, quote) : endOfWord(text, start, false)
    if (end <= start || (end - start < 16 && PROSE.has(text.slice(start, end)))) continue
    safe += text.slice(from, start) + MASK
    from = quote === '"' || quote === "'" ? Math.min(end + 1, text.length) : end
    FLAG.lastIndex = Math.max(from, start + 1)
  }
  return from === 0 ? text : safe + text.slice(from)
}

interface Span {
  readonly start: number
  readonly end: number
}

function valueBehind(text: string, at: number, from: number, names: Names, isUrl: boolean): Span | undefined {
  const isColon = text.charCodeAt(at) === 58
  if (isUrl && isColon) return undefined
  const name = nameBefore(text, at, from)
  if (name === undefined) return undefined
  const before = text.charCodeAt(name.start - 1)
  // `?`, `&`, `#`, and the start of a query
  const word = text.slice(name.start, name.end)
  const isParameter =
    !isColon && (isUrl || before === 63 || before === 38 || before === 35 || isFirst(text, at, word, names))
  const secrecy = isParameter ? names.ofParameter(word) : ofWords(text, name, word, names)
  if (secrecy === Secrecy.NONE) return undefined
  if (isColon && /(?:unexpected|illegal) $/i.test(text.slice(Math.max(0, name.start - 12), name.start)))
    return undefined
  const find = (where: string, start: number): Span | undefined =>
    isParameter ? parameterAt(where, start, isUrl) : fieldAt(where, start, word)
  // where looking may be in vain it is bounded, as it would begin anew behind each name
  if (secrecy === Secrecy.IF_OPAQUE) {
    const near = text.slice(at + 1, at + 1 + MAX_LOOK)
    if (/^\s{0,4}[[{]/.test(near)) return undefined
    const value = find(near, 0)
    if (!value || !isSecret(near.slice(value.start, value.end), secrecy, isParameter)) return undefined
  }
  const value = find(text, at + 1)
  if (!value) return undefined
  return secrecy === Secrecy.IF_OPAQUE || isSecret(text.slice(value.start, value.end), secrecy, isParameter)
    ? value
    : undefined
}

/** In a message a name may be several words: `API key: …`, `secret access key = …`. */
function ofWords(text: string, { start }: Span, word: string, names: Names): Secrecy {
  const secrecy = names.ofField(word)
  if (secrecy !== Secrecy.NONE || text.charCodeAt(start - 1) !== 32 || !LAST_WORD.test(word)) return secrecy
  const before = WORDS.exec(text.slice(Math.max(0, start - 24), start))?.[0] ?? ''
  return before === '' ? secrecy : names.ofField(before + word)
}

/** The first parameter of a query that stands alone, `code=x&state=y`. */
function isFirst(text: string, at: number, word: string, names: Names): boolean {
  if (names.ofParameter(word) === Secrecy.NONE) return false
  const near = text.slice(at + 1, at + 1 + MAX_LOOK)
  return near[endOfWord(near, 0, true)] === '&'
}

/** The name that ends before the separator, quotes and spaces left out. */
function nameBefore(text: string, at: number, from: number): Span | undefined {
  let end = at
  while (end > from && at - end < 4 && (text.charCodeAt(end - 1) === 32 || text.charCodeAt(end - 1) === 9)) end--
  if (end > from && isQuote(text.charCodeAt(end - 1))) end--
  while (end > from && text.charCodeAt(end - 1) === 92) end--
  let start = end
  if (text.charCodeAt(start - 1) === 93) start--
  while (start > from && end - start < MAX_NAME_LENGTH && isNameCode(text.charCodeAt(start - 1))) start--
  return start < end ? { start, end } : undefined
}

function parameterAt(text: string, start: number, isUrl: boolean): Span | undefined {
  if (!isUrl && isQuote(text.charCodeAt(start))) return fieldAt(text, start, '')
  const end = endOfWord(text, start, true, isUrl)
  return end > start ? { start, end } : undefined
}

function fieldAt(text: string, at: number, name: string): Span | undefined {
  let start = at
  // `==`, `=>`
  while (text.charCodeAt(start) === 61 || text.charCodeAt(start) === 62) start++
  for (let spaces = 0; spaces < 4 && (text[start] === ' ' || text[start] === '\t'); spaces++) start++
  const first = text[start]
  if (first === undefined) return undefined
  if (first === '[' || first === '{') return { start, end: endOfBlock(text, start) }
  // JSON inside JSON has backslashes before each quote
  let slashes = 0
  while (slashes < 8 && text.charCodeAt(start + slashes) === 92) slashes++
  if (isQuote(text.charCodeAt(start + slashes))) {
    const quote = text[start + slashes]!
    // """ of GraphQL and others
    const isBlock =
      slashes === 0 && text.startsWith(quote + quote, start + 1) && !/^[\s,;)\]}]|^$/.test(text[start + 3] ?? '')
    const inner = start + (isBlock ? 3 : slashes + 1)
    return { start: inner, end: endOfQuoted(text, inner, text.slice(start, inner)) }
  }
  if (/cookies?$/i.test(name)) return { start, end: endOfLine(text, start) }
  const ahead = text.slice(start, start + 60)
  const scheme = (SCHEME.exec(ahead) ?? (/auth/i.test(name) ? ANY_SCHEME.exec(ahead) : null))?.[0] ?? ''
  if (TO_THE_END.test(scheme)) return { start, end: endOfLine(text, start) }
  return { start, end: endOfWord(text, start + scheme.length, false) }
}

export function isSecret(value: string, secrecy: Secrecy, isParameter: boolean): boolean {
  if (value === '' || value === MASK || (value.length <= 256 && !/[\p{L}\p{N}]/u.test(value))) return false
  if (secrecy === Secrecy.NONE) return false
  if (secrecy === Secrecy.IF_OPAQUE) return isOpaque(value) || /^(?:bearer|basic)\s/i.test(value)
  if (isParameter) return true
  if (value.length < 16 && PROSE.has(value.toLowerCase())) return false
  return secrecy === Secrecy.ALL || !/^\d{1,5}$/.test(value)
}

const isQuote = (code: number): boolean => code === 34 || code === 39 || code === 96

/** Letters, digits and `_ - . $ % [ ]`. */
const isNameCode = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 91) ||
  (code >= 48 && code <= 57) ||
  code === 95 || code === 45 || code === 46 || code === 36 || code === 37 || code === 93 || code > 127 // biome-ignore format: a set
