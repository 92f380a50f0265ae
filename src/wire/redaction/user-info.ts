/** Masks credentials of URLs outside their query: `https://user:password@host` becomes `https://REDACTED:REDACTED@host`; paths of webhooks, which are their key. */
import { MASK } from './tokens.ts'

const END_OF_AUTHORITY = /[/?#\s"'<>`\\]|$/g
/** Bounds the search that begins anew at each URL. */
const MAX_PASSWORD_LENGTH = 512
const END_OF_URL = /[\s"'<>`]|$/g

const WEBHOOK =
  /((?:\bhooks\.slack\.com\/(?:services|workflows|triggers)|\bdiscord(?:app)?\.com\/api\/webhooks\/\d{1,24}|\.webhook\.office\.com\/webhookb2|\bhooks\.zapier\.com\/hooks\/catch)\/|\bapi\.telegram\.org\/(?:file\/)?bot(?=\d))([^\s"'`<>?#]+)/g

/** Whoever knows the path of a webhook may post there. */
export function maskWebhooks(text: string): string {
  const mayBe = text.includes('hook') || text.includes('api.telegram.org')
  if (!mayBe) return text
  return text.replace(WEBHOOK, (_, start: string, path: string) => {
    // what is behind the token of a bot is the name of a method
    const kept = start.endsWith('bot') && path.includes('/') ? path.slice(path.indexOf('/')) : ''
    return `${start}${MASK}${kept}`
  })
}

export function maskUserInfo(text: string): string {
  let safe = ''
  let from = 0
  // an address may leave out its scheme
  const first = text.startsWith('//') ? 2 : 0
  for (let start = first || behindScheme(text, 0); start > 0; start = behindScheme(text, Math.max(from, start))) {
    const end = endOfUserInfo(text, start)
    // what begins with slashes may be a comment: no password is taken for cut off there
    if (start === first && text[end] !== '@') continue
    if (end <= start) continue
    safe += text.slice(from, start) + (text.slice(start, end).includes(':') ? `${MASK}:${MASK}` : MASK)
    from = end
  }
  return from === 0 ? text : safe + text.slice(from)
}

/** 0 where no other address follows. */
function behindScheme(text: string, from: number): number {
  const at = text.indexOf('://', from)
  return at < 0 ? 0 : at + 3
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
