/** Masks secrets in texts and URLs. Takes time in proportion to the length of the text. */
import { isJson } from './json-values.ts'
import { maskNamedValues } from './named-values.ts'
import type { Names } from './names.ts'
import { maskFlags, maskPairs } from './pairs.ts'
import { maskTold } from './prose.ts'
import { isHarmlessUrl, MASK, maskTokens, mayHoldSecret } from './tokens.ts'
import { maskUserInfo, maskWebhooks } from './user-info.ts'

/** An address inside an address inside an address is as deep as it gets. */
const MAX_NESTING = 3
const MAX_NESTED_LENGTH = 16 * 1024
const VALUE = /[^&=?#\s]+/g
/** Of a value that is itself encoded and holds `=`, `:` or `@`. */
const ENCODED = /%(?:25){0,2}(?:3D|3A|40)/i

const ESCAPED = /(\\{1,8})u00([2-7][\da-f])/gi

/** A message, a stack, a field: URLs in it, pairs of names and values, tokens. */
export function maskText(text: string, names: Names): string {
  if (!mayHoldSecret(text)) return text
  if (!text.includes('\\u00')) return maskReadable(text, names)
  const readable = text.replace(ESCAPED, unescaped)
  const safe = maskReadable(readable, names)
  return safe === readable ? text : safe
}

/** JSON of Go, Java and .NET writes `=`, `&`, `"` and others so; any letter of a name may be written so. A quote stays escaped, as it is inside a text. */
function unescaped(whole: string, slashes: string, code: string): string {
  const character = String.fromCharCode(Number.parseInt(code, 16))
  if (character === '"') return `${'\\'.repeat(2 * slashes.length - 1)}"`
  return character === '\\' || character === '\x7f' ? whole : character
}

function maskReadable(text: string, names: Names): string {
  let safe = text
  if (safe.includes('://')) safe = maskWebhooks(maskUserInfo(safe))
  safe = maskPairs(safe, names, isBareQuery(text))
  safe = maskTold(maskNamedValues(safe, names))
  if (safe.includes('-')) safe = maskFlags(safe, names)
  if (safe.includes('%') && (safe.includes('?') || ENCODED.test(safe))) safe = maskNested(safe, names, 0)
  return maskTokens(safe)
}

/** An address, its path or its query. */
export function maskUrl(text: string, names: Names, depth = 0): string {
  if (isHarmlessUrl(text)) return text
  const hooked = maskWebhooks(text)
  if (!mayHoldSecret(hooked) && !hooked.includes('%')) return hooked
  let safe = hooked.includes('://') || hooked.startsWith('//') ? maskUserInfo(hooked) : hooked
  safe = maskPairs(safe, names, true)
  // JSON as the value of a parameter
  if (safe.includes('":')) safe = maskPairs(safe, names, false)
  if (safe.includes('%')) safe = maskNested(safe, names, depth)
  return maskTokens(safe)
}

/** `code=x&state=y`, as URLSearchParams and bodies of forms are written. */
const isBareQuery = (text: string): boolean => /^[\w.[\]%-]{1,64}=[^\s=&]{0,2000}(?:&|$)/.test(text) && !/\s/.test(text)

function maskNested(text: string, names: Names, depth: number): string {
  if (depth >= MAX_NESTING) return text
  return text.replace(VALUE, (value) => {
    if (!ENCODED.test(value)) return value
    if (value.length > MAX_NESTED_LENGTH) return MASK
    let decoded: string
    try {
      decoded = decodeURIComponent(value)
    } catch {
      return value
    }
    if (decoded === value) return value
    const safe = isJson(decoded) ? maskText(decoded, names) : maskUrl(decoded, names, depth + 1)
    return safe === decoded ? value : encodeURIComponent(safe)
  })
}
