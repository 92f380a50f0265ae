/** Masks user and password of every URL in a text: `https://user:password@host` becomes `https://REDACTED:REDACTED@host`. */
import { MASK } from './tokens.ts'

const END_OF_AUTHORITY = /[/?#\s"'<>`\\]|$/g
/** Bounds the search that begins anew at each URL. */
const MAX_PASSWORD_LENGTH = 512
const END_OF_URL = /[\s"'<>`]|$/g

export function maskUserInfo(text: string): string {
  let safe = ''
  let from = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', Math.max(from, at + 3))) {
    const start = at + 3
    const end = endOfUserInfo(text, start)
    if (end <= start) continue
    safe += text.slice(from, start) + (text.slice(start, end).includes(':') ? `${MASK}:${MASK}` : MASK)
    from = end
  }
  return from === 0 ? text : safe + text.slice(from)
}

/** Where the `@` stands, or where a text ends that was cut before it; `start` without user info. */
function endOfUserInfo(text: string, start: number): number {
  const authorityEnd = find(END_OF_AUTHORITY, text, start)
  const at = text.slice(start, authorityEnd).lastIndexOf('@')
  if (at >= 0) return start + at
  const colon = text.indexOf(':', start)
  if (text[start] === '[' || colon < 0 || colon >= authorityEnd) return start
  if (/^\d*$/.test(text.slice(colon + 1, Math.min(authorityEnd, colon + 8)))) return start
  // a password may hold what ends an authority, and a text may have been cut off inside the password
  const rest = text.slice(authorityEnd, authorityEnd + MAX_PASSWORD_LENGTH)
  const later = rest.slice(0, find(END_OF_URL, rest, 0)).lastIndexOf('@')
  if (later >= 0) return authorityEnd + later
  return authorityEnd === text.length ? authorityEnd : start
}

function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)!.index
}
