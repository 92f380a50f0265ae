/** Who may talk to the viewer: a loopback Host, our own Origin, the token or the cookie made from it. Pure decisions, no I/O. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Peer } from './peer-user.ts'

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** A key lies in the scroll-back of a terminal. */
const KEY_MILLIS = 12 * 3_600_000
const MAX_KEYS = 1000

export interface Refusal {
  readonly status: 401 | 403 | 421
  readonly code: string
  readonly message: string
}

export interface Guard {
  /** The Host must be this server's, exactly: a name that an attacker points at 127.0.0.1 is not. */
  checkHost(headers: IncomingHttpHeaders): Refusal | undefined
  /** A browser must have sent the request from our own pages. */
  checkSameOrigin(headers: IncomingHttpHeaders): Refusal | undefined
  /** Telemetry from a page is taken when the page is served from this machine. */
  checkIngestOrigin(headers: IncomingHttpHeaders): Refusal | undefined
  /** The token, as bearer or in `uptrace-dsn`. */
  checkToken(headers: IncomingHttpHeaders): Refusal | undefined
  /** The token, or the cookie from this user's own browser. */
  checkReader(headers: IncomingHttpHeaders, peer: () => Peer): Refusal | undefined
  /** Whether the page may be given: to this user; where the kernel does not tell, to who has the cookie or a key. */
  checkPage(headers: IncomingHttpHeaders, key: string | null, peer: Peer): Refusal | undefined
  /** Value of `Set-Cookie` for a page that a person opened; undefined for anything that is embedded or fetched. */
  cookieFor(headers: IncomingHttpHeaders): string | undefined
  /** Opens the pages once, as `?key=…` in their address. */
  createKey(): string
  /** Proves knowledge of the token to somebody who has it too. */
  prove(challenge: string): string
}

export function createToken(): string {
  return randomBytes(24).toString('base64url')
}

export function createGuard(token: string, port: number): Guard {
  const hosts = new Set(['localhost', '127.0.0.1', '[::1]'].map((name) => `${name}:${port}`))
  const cookieName = `uptrace_viewer_${port}`
  // the token stays the same over restarts; what browsers hold ends with this process
  const cookieValue = derive(token, `cookie:${randomBytes(16).toString('hex')}`)
  const keys = new Map<string, number>()
  const hasCookie = (headers: IncomingHttpHeaders) => isEqual(cookieOf(headers, cookieName), cookieValue)

  const hasToken = (headers: IncomingHttpHeaders) =>
    isEqual(bearerOf(headers), token) || isEqual(tokenOfDsn(headers), token)

  return {
    checkHost: ({ host }) =>
      host !== undefined && hosts.has(host.toLowerCase())
        ? undefined
        : refuse(421, 'foreign_host', 'This viewer answers to localhost and its own port only.'),
    checkSameOrigin(headers) {
      const site = headers['sec-fetch-site']
      const { origin } = headers
      const isOurs =
        (site === undefined || site === 'same-origin' || site === 'none') &&
        (origin === undefined || (origin.startsWith('http://') && hosts.has(origin.slice(7))))
      return isOurs ? undefined : refuse(403, 'foreign_origin', 'Only the pages of this viewer may ask this.')
    },
    checkIngestOrigin({ origin }) {
      return origin === undefined || isLoopbackOrigin(origin)
        ? undefined
        : refuse(403, 'foreign_origin', 'Telemetry is taken from programs and pages of this machine only.')
    },
    checkToken: (headers) => (hasToken(headers) ? undefined : NO_TOKEN),
    checkReader(headers, peer) {
      if (hasToken(headers)) return undefined
      if (!hasCookie(headers)) return NO_TOKEN
      return peer() === 'foreign' ? OTHER_USER : undefined
    },
    checkPage(headers, key, peer) {
      if (peer === 'foreign') return OTHER_USER
      if (peer === 'own' || hasToken(headers) || hasCookie(headers)) return undefined
      return key !== null && takeKey(key) ? undefined : NO_KEY
    },
    cookieFor(headers) {
      const destination = headers['sec-fetch-dest']
      const isNavigation = destination === undefined || destination === 'document'
      return isNavigation ? `${cookieName}=${cookieValue}; Path=/; HttpOnly; SameSite=Strict` : undefined
    },
    createKey() {
      if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value!)
      const key = randomBytes(16).toString('base64url')
      keys.set(key, Date.now() + KEY_MILLIS)
      return key
    },
    prove: (challenge) => prove(token, challenge),
  }

  function takeKey(key: string): boolean {
    const until = keys.get(key)
    keys.delete(key)
    return until !== undefined && Date.now() < until
  }
}

/** The answer to a `/healthz` challenge. */
export function prove(token: string, challenge: string): string {
  return derive(token, `challenge:${challenge}`)
}

export function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i.test(origin)
}

export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/.test(address)
}

const NO_TOKEN = refuse(
  401,
  'no_token',
  'The token is missing or wrong: use the DSN that the viewer printed, or reload the page.',
)

const OTHER_USER = refuse(403, 'other_user', 'This viewer belongs to another user of this machine.')
const NO_KEY = refuse(
  401,
  'no_key',
  'Open the address that `uptrace-node ui` prints: it has a key that opens the pages once. After that the browser is known.',
)

function refuse(status: Refusal['status'], code: string, message: string): Refusal {
  return { status, code, message }
}

function derive(token: string, purpose: string): string {
  return createHmac('sha256', token).update(`uptrace-viewer:${purpose}`).digest('base64url')
}

function bearerOf({ authorization }: IncomingHttpHeaders): string {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
}

function tokenOfDsn(headers: IncomingHttpHeaders): string {
  const dsn = headers['uptrace-dsn']
  return (typeof dsn === 'string' && /^https?:\/\/([^/?#@]+)@/i.exec(dsn)?.[1]) || ''
}

function cookieOf({ cookie }: IncomingHttpHeaders, name: string): string {
  const pair = (cookie ?? '').split(';').find((part) => part.trimStart().startsWith(`${name}=`))
  return pair === undefined ? '' : pair.slice(pair.indexOf('=') + 1).trim()
}

/** In constant time for texts of equal length. */
function isEqual(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
