/** Removes credentials from any text before it is shown: DSN tokens in any spelling, user info in URLs, secret headers. */

/** Bounds the work on one text; nobody reads a longer line. */
const MAX_LENGTH = 4_096
/** What is cut off may end in a secret: so much more is looked at than is shown. */
const MAX_EXAMINED = 2 * MAX_LENGTH
/** Masking a shorter text would blank out ordinary words. */
const MIN_SECRET_LENGTH = 6
/** A shorter one could be a word of somebody else's. */
const MIN_TOKEN_LENGTH = 16
const MAX_SECRETS = 64
const MASK = '***'

const SECRET_PAIR =
  /\b(proxy-authorization|authorization|uptrace-dsn|x-api-key|api-key|apikey|access-token|client-secret|password|passwd|secret|token)(["']?[ \t]{0,9}[:=][ \t]{0,9}["']?)((?:(?:basic|bearer|token|digest|apikey)[ \t]{1,9}|[a-z][\w-]{0,19}[ \t]{1,9}(?=[\w+/.=~-]{12}))?[^\s,"'}&;]+)/gi
const TERMINAL_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that a terminal obeys
  /(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)/g
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the same, and what breaks or turns a line; spelled out, since a class of Unicode is slow to compile
  /[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu

interface Secret {
  /** Made when a text comes that may hold the secret in another spelling. */
  pattern: RegExp | undefined
  /** What stands in a base64 text that holds the secret, for each place in a group of three bytes. */
  readonly inBase64: readonly string[]
}

/** What each is looked for by is worked out when the first text is shown: most processes show none. */
const secrets = new Map<string, Secret | undefined>()

/** Remembers a secret, so that it is removed even where it stands without its URL. Too short a text is not remembered. */
export function rememberSecret(secret: string): void {
  const text = secret.trim()
  if (text.length < MIN_SECRET_LENGTH || text.length > MAX_LENGTH) return
  secrets.delete(text)
  secrets.set(text, undefined)
  if (secrets.size > MAX_SECRETS) secrets.delete(secrets.keys().next().value!)
}

/** Replaces remembered secrets that stand in a text as they are; those long enough that no other text can be meant. */
export function maskRemembered(text: string, mask: string): string {
  let safe = text
  for (const secret of secrets.keys())
    if (secret.length >= MIN_TOKEN_LENGTH && secret.length <= safe.length && safe.includes(secret))
      safe = safe.replaceAll(secret, () => mask)
  return safe
}

/** The text with every credential replaced by `***`. Takes time in proportion to the length of the text, whatever it holds. */
export function redactSecrets(text: string): string {
  let safe = maskUserInfo(text)
  // a pattern is compiled where it is first used, which a program that only starts should not wait for
  if (safe.includes('=') || safe.includes(':'))
    safe = safe.replace(SECRET_PAIR, (whole, name, between, value) =>
      value.startsWith('<') ? whole : `${name}${between}${MASK}`,
    )
  for (const secret of secrets.keys()) {
    safe = maskSpellings(safe, secret)
    for (const part of prepare(secret).inBase64) safe = maskAround(safe, part)
  }
  return safe
}

/** Without a percent sign and a backslash a text holds the secret as it is, or not at all. */
function maskSpellings(text: string, secret: string): string {
  if (!text.includes('%') && !text.includes('\\')) return text.replaceAll(secret, () => MASK)
  const known = prepare(secret)
  known.pattern ??= anySpellingOf(secret)
  return text.replace(known.pattern, MASK)
}

/** The text on one line of at most a few thousand characters, without credentials, terminal sequences, or what reverses and hides letters. */
export function cleanText(text: string): string {
  const printable = text.slice(0, MAX_EXAMINED).toWellFormed().replace(TERMINAL_SEQUENCE, '').replace(UNPRINTABLE, ' ')
  const safe = redactSecrets(printable)
  return text.length <= MAX_LENGTH && safe.length <= MAX_LENGTH ? safe : `${safe.slice(0, MAX_LENGTH)}…`
}

/** `scheme://user:password@` becomes `scheme://***@`. Goes from one `://` to the next: a pattern would try each start of a scheme. */
function maskUserInfo(text: string): string {
  let safe = ''
  let from = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', from)) {
    const start = at + 3
    const rest = text.slice(start)
    const userInfo = rest.slice(0, rest.search(/[\s/?#"'<>]|$/)).lastIndexOf('@')
    safe += text.slice(from, start) + (userInfo < 0 ? '' : `${MASK}@`)
    from = start + userInfo + 1
  }
  return safe + text.slice(from)
}

function prepare(text: string): Secret {
  const known = secrets.get(text)
  if (known) return known
  const secret = { pattern: undefined, inBase64: base64PartsOf(text) }
  secrets.set(text, secret)
  return secret
}

/** Each character as it is, percent-encoded (once or several times), or as an escape of JSON. */
function anySpellingOf(secret: string): RegExp {
  const unit = (character: string): string => {
    const literal = character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    const bytes = [...Buffer.from(character)].map((byte) => `%(?:25){0,3}${anyCase(hex(byte, 2))}`).join('')
    const escapes = [...character.split('')].map((part) => `\\\\u${anyCase(hex(part.charCodeAt(0), 4))}`).join('')
    return `(?:${literal}|${bytes}|${escapes})`
  }
  return new RegExp([...secret].map(unit).join(''), 'gu')
}

const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0')
const anyCase = (digits: string): string => digits.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)

function base64PartsOf(secret: string): string[] {
  const parts = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
      .toString('base64')
      .replace(/=+$/, '')
    // the first characters hold bits of what stands before, the last one bits of what follows
    return encoded.slice([0, 2, 3][offset], -1)
  })
  const urlSafe = parts.map((part) => part.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([...parts, ...urlSafe])].filter((part) => part.length >= MIN_SECRET_LENGTH)
}

/** Masks the whole run of base64 characters round each place where `part` stands. */
function maskAround(text: string, part: string): string {
  let safe = ''
  let from = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, from)) {
    let start = at
    while (start > from && /[\w+/-]/.test(text[start - 1]!)) start--
    let end = at + part.length
    while (end < text.length && /[\w+/=-]/.test(text[end]!)) end++
    safe += text.slice(from, start) + MASK
    from = end
  }
  return safe + text.slice(from)
}
