/** Masks what is a secret by its look, wherever it stands: JSON web tokens, Bearer and Basic credentials, keys of well-known services, private keys. */
export const MASK = 'REDACTED'

/** What none of the scanners below, nor those for pairs and URLs, can begin without. */
const TRIGGER =
  /[=:]|<\/|eyJ|-----BEGIN|Duplicate entry|Failing row|\b(?:gh[pousr]_|github_pat_|gl(?:pat|rt|dt|ptt|cbt|soat)-|x(?:ox[a-z]|app|ai)-|[sr]k[-_]|whsec_|SG\.|A[KS]IA|AIza|npm_|dop_v1_|hf_|ya29\.|GOCSPX-|shp(?:at|ca|pa|ss)_|dckr_pat_|pypi-|sq0[a-z]{3}-|hv[bs]\.|glsa_|figd_|lin_api_|PMAK-|ATATT3|r8_|gsk_|nvapi-|rubygems_|sntry[su]_|dapi|NRAK-|tfp_|AGE-S|fo1_|ntn_|secret_|vercel_|pscale_|CFPAT-|ops_eyJ|bearer|basic)|(?:^|\s)--?[a-z]|%3D|\\u003d|\bconfig|\blogin\s|(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key)s?(?:[ (]| ?[-=]>)/i
/** Each begins with a fixed text and goes on with one class of characters: no text makes the search go back. */
const KEYS =
  /\b(?:gh[pousr]_\w{16,}|github_pat_\w{16,}|gl(?:pat|rt|dt|ptt|cbt|soat)-[\w-]{16,}|xox[a-z]-[\w-]{10,}|xox[a-z]\.xox[a-z]-[\w-]{10,}|xapp-\d-[\w-]{10,}|xai-\w{24,}|sk-[\w-]{16,}|[sr]k_(?:live|test)_\w{10,}|whsec_[\w+/=]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|A[KS]IA[A-Z0-9]{12,}|AIza[\w-]{30,}|npm_\w{20,}|dop_v1_\w{20,}|hf_[A-Za-z]{20,}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{16,}|shp(?:at|ca|pa|ss)_\w{20,}|dckr_pat_[\w-]{16,}|pypi-[\w-]{24,}|sq0[a-z]{3}-[\w-]{16,}|hv[bs]\.[\w-]{20,}|glsa_\w{24,}|figd_[\w-]{20,}|lin_api_\w{20,}|PMAK-[\w-]{24,}|ATATT3[\w=-]{20,}|r8_\w{24,}|gsk_\w{24,}|nvapi-[\w-]{24,}|rubygems_\w{20,}|sntry[su]_[\w+/=]{20,}|dapi(?=[a-f]{0,31}\d)[\da-f]{32}(?:-\d)?|NRAK-[A-Z\d]{20,}|tfp_\w{24,}|AGE-SECRET-KEY-1[A-Z\d]{16,}|fo1_[\w-]{20,}|ntn_\w{20,}|secret_(?=[A-Za-z]{0,40}\d)[A-Za-z\d]{24,}|vercel_(?:blob_)?[a-z]{2,5}_\w{20,}|pscale_(?:tkn|pw|oauth)_[\w.-]{16,}|CFPAT-[\w-]{20,}|ops_eyJ[\w-]{16,})/g
const CREDENTIALS = /\b(bearer|basic)((?:[ \t]|%20|\+){1,4})([^\s"'`,;<>&()[\]{}]{6,})/gi
/** `Basic authentication`, `bearer token`, `Basic HTTP`: words, no credentials. */
const PLAIN_WORD = /^(?:[A-Z]?[a-z]{1,19}|[A-Z]{1,12}|OAuth2?|[a-z_]{1,30}=)[.:!?]?$/
/** `basic sign-up`: user and password in base64 hold no hyphen. */
const PLAIN_WORDS = /^[A-Za-z]?[a-z]{1,14}(?:[-_][a-z]{1,14}){1,3}[.:!?]?$/
const PRIVATE_KEY = /PRIVATE KEY(?: BLOCK)?-----/g

/** Beyond this length an expression is quicker than a loop. */
const SHORT = 160
/** Characters that no secret can do without: all but small letters, digits, and those capitals and signs that begin none. */
const SUSPECT = new Uint8Array(128).fill(1)
for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789BCDEFHIKLMNOPQRSTUVWXYZ/., ;!')
  SUSPECT[character.charCodeAt(0)] = 0
/** These may begin a word that is looked for: `bearer`, `basic`, the middle of `password`, `secret`, `token` and `key`, and `dapi`. */
const LOOK = 2
for (const character of 'bBcCdDkKsS') SUSPECT[character.charCodeAt(0)] = LOOK
/** Of those words. */
const [A, B, C, D, E, I, K, N, P, R, S, W, Y] = [97, 98, 99, 100, 101, 105, 107, 110, 112, 114, 115, 119, 121]

/**
 * Whether a short text is surely harmless: no quote, bracket, separator or sign that a secret, a statement or a URL needs, and no word that may
 * name one. Told by a loop: quicker than by an expression.
 */
export function isHarmless(text: string): boolean {
  const { length } = text
  if (length > SHORT) return false
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    const suspicion = code > 127 ? 1 : SUSPECT[code]!
    if (suspicion !== 0 && (suspicion === 1 || isWord(code | 32, text, index))) return false
  }
  return true
}

/** Whether `bea`, `bas`, `cre`, `dap`, `key`, `ken`, `ssw`, `ssp` or `ssc` stands here. */
function isWord(first: number, text: string, index: number): boolean {
  const second = text.charCodeAt(index + 1) | 32
  const third = text.charCodeAt(index + 2) | 32
  if (first === B) return (second === E && third === A) || (second === A && third === S)
  if (first === K) return second === E && (third === Y || third === N)
  if (first === S) return second === S && (third === W || third === P || third === C)
  return first === C
    ? second === R && third === E
    : first === D && second === A && third === P && (text.charCodeAt(index + 3) | 32) === I
}

export const mayHoldSecret = (text: string): boolean => !isHarmless(text) && TRIGGER.test(text)

/** Whether a short address has nothing but a host, a port and a path of small letters and digits, as most have, and is no webhook's. */
export function isHarmlessUrl(text: string): boolean {
  const { length } = text
  if (length > SHORT) return false
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code === COLON) {
      // of the scheme, or before a port: what else follows may be a password
      if (text.charCodeAt(index + 1) === SLASH) continue
      const end = endOfDigits(text, index + 1)
      if (end < length && text.charCodeAt(end) !== SLASH) return false
      index = end - 1
    } else if (code > 127 || SUSPECT[code] === 1 || code === SPACE) return false
    else if ((code | 32) === B && isWord(B, text, index)) return false
    // `hook`, and `bot` of Telegram
    else if (code === SMALL_K && text.charCodeAt(index - 1) === SMALL_O && text.charCodeAt(index - 2) === SMALL_O)
      return false
    else if (code === B && text.charCodeAt(index + 1) === SMALL_O && text.charCodeAt(index + 2) === SMALL_T)
      return false
  }
  return true
}

const [COLON, SLASH, SPACE] = [58, 47, 32]
const [SMALL_K, SMALL_O, SMALL_T] = [107, 111, 116]

function endOfDigits(text: string, start: number): number {
  let end = start
  while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
  return end
}

export function maskTokens(text: string): string {
  let safe = text
  if (safe.includes('eyJ')) safe = maskWebTokens(safe)
  if (safe.includes('PRIVATE KEY')) safe = maskPrivateKeys(safe)
  safe = safe.replace(CREDENTIALS, (whole, scheme: string, gap: string, value: string) =>
    isPlain(scheme, value) ? whole : `${scheme}${gap}${MASK}`,
  )
  return safe.replace(KEYS, MASK)
}

const isPlain = (scheme: string, value: string): boolean =>
  value.startsWith(MASK) ||
  (value.length < 80 && (PLAIN_WORD.test(value) || (scheme.length === 5 && PLAIN_WORDS.test(value))))

/** `header.payload.signature` in base64url: a header is JSON and so begins with `eyJ`. Each character is looked at once. */
function maskWebTokens(text: string): string {
  let safe = ''
  let from = 0
  for (let at = text.indexOf('eyJ'); at >= 0; at = text.indexOf('eyJ', at)) {
    const headerEnd = endOfBase64(text, at)
    let end = headerEnd
    let parts = 0
    while (text.charCodeAt(end) === 46 && parts < 4) {
      end = endOfBase64(text, end + 1)
      parts++
    }
    if (parts > 0 && headerEnd - at >= 10 && end - headerEnd >= 6 && !isInsideWord(text, at)) {
      safe += text.slice(from, at) + MASK
      from = end
    }
    at = Math.max(end, at + 3)
  }
  return from === 0 ? text : safe + text.slice(from)
}

function endOfBase64(text: string, start: number): number {
  let end = start
  while (end < text.length && isBase64(text.charCodeAt(end))) end++
  return end
}

const isBase64 = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 45 || code === 95

/** `keyJson.parse`; but a percent-encoded character before it is the end of something else. */
function isInsideWord(text: string, at: number): boolean {
  return at > 0 && /\w/.test(text[at - 1]!) && !/%[0-9a-f]{2}$/i.test(text.slice(Math.max(0, at - 3), at))
}

function maskPrivateKeys(text: string): string {
  let safe = ''
  let from = 0
  PRIVATE_KEY.lastIndex = 0
  while (PRIVATE_KEY.test(text)) {
    const start = PRIVATE_KEY.lastIndex
    const end = text.indexOf('-----END', start)
    safe += text.slice(from, start) + MASK
    from = end < 0 ? text.length : Math.min(text.length, end + '-----END'.length)
    if (end >= 0) {
      const closing = text.indexOf('-----', from)
      const next = closing < 0 ? text.length : closing + 5
      safe += text.slice(end, next)
      from = next
    }
    PRIVATE_KEY.lastIndex = from
  }
  return safe + text.slice(from)
}
