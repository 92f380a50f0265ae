/** Which headers a request to a back end may carry: those that HTTP/1 or HTTP/2 would refuse are refused when they are configured. */
import { rememberSecret } from '../redact.ts'

/** They are about the connection or the body; HTTP/2 throws at the sight of most. */
const FORBIDDEN = new Set([
  'connection', 'content-encoding', 'content-length', 'content-type', 'expect', 'http2-settings', 'keep-alive', 'proxy-connection',
  'te', 'trailer', 'transfer-encoding', 'upgrade',
]) // biome-ignore format: two lines read better
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** What is wrong with a header, without its value; `undefined` when it can be sent. */
export function findHeaderProblem(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return 'its name is not legal in HTTP'
  if (FORBIDDEN.has(name.toLowerCase()))
    return "it is about the connection or the body, which is not the caller's business"
  // white space around it does not belong to a value (RFC 9110, section 5.5)
  if (!VALUE.test(value.trim())) return 'its value holds characters that are not legal in HTTP'
  return undefined
}

/** The first header that cannot be sent, and why. */
export function findWrongHeader(
  headers: Readonly<Record<string, string>>,
): { name: string; problem: string } | undefined {
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(headers)) {
    const isRepeated = seen.has(name.toLowerCase())
    const problem = isRepeated ? 'it is given twice, in another case' : findHeaderProblem(name, value)
    if (problem !== undefined) return { name, problem }
    seen.add(name.toLowerCase())
  }
  return undefined
}

/** Headers hold secrets: as a whole, after the name of a scheme, and for Basic inside the base64. */
export function rememberHeaderSecrets(headers: Readonly<Record<string, string>>): void {
  for (const value of Object.values(headers)) {
    rememberSecret(value)
    const [, scheme, credentials] = /^(\w+) +(\S+)$/.exec(value) ?? []
    if (credentials === undefined) continue
    rememberSecret(credentials)
    if (scheme!.toLowerCase() === 'basic')
      rememberSecret(
        Buffer.from(credentials, 'base64')
          .toString()
          .replace(/^[^:]*:/, ''),
      )
  }
}
