/** Makes what a back end or a proxy says fit to be shown: no secret, no escape sequence, no forged line, not long. */
import type { Destination } from '../../config/destination.ts'
import { redactSecrets } from '../../redact.ts'

const LIMIT = 500
/** The redactor is given no more than this: a back end must not choose how long it works. */
const REDACTED_LIMIT = 2000
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
const ESCAPE_SEQUENCES = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?/g
/** Control characters, line ends of Unicode, and what turns the direction of writing or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\s]+/gu
/** Shorter texts are too common to be taken for a secret. */
const SHORTEST_SECRET = 5

export type CleanText = (text: string) => string

/** Knows the secrets of its destination, also where they stand without their header or URL. */
export function createCleanText({ headers, tls }: Pick<Destination, 'headers' | 'tls'>): CleanText {
  const parts = Object.values(headers).flatMap(secretsIn)
  if (tls?.passphrase !== undefined) parts.push(tls.passphrase)
  const secrets = [...new Set(parts)]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text.replace(ESCAPE_SEQUENCES, '').replace(UNPRINTABLE, ' ').trim()
    for (const secret of secrets) clean = clean.replaceAll(secret, '***')
    return redactSecrets(clean.slice(0, REDACTED_LIMIT)).slice(0, LIMIT)
  }
}

/** The value as a whole, the credentials after a scheme (`Bearer <token>`), and what a URL keeps before its host. */
function secretsIn(value: string): string[] {
  const whole = value.trim()
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(\S+)$/.exec(whole) ?? []
  const basic = /^basic$/i.test(scheme) ? Buffer.from(credentials, 'base64').toString('utf8') : ''
  return [whole, credentials, basic, ...basic.split(':'), ...userInfoOf(whole)].map((secret) =>
    secret.replace(UNPRINTABLE, ' ').trim(),
  )
}

function userInfoOf(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { username, password } = new URL(text)
  return [username, password, safeDecode(username), safeDecode(password)]
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
