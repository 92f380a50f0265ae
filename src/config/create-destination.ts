/** Makes one destination: user and password of its address become a header, and what is secret is remembered. */
import type { Compression, Destination } from './destination.ts'
import { rememberHeaderSecrets } from './headers.ts'
import { isThisMachine } from './loopback.ts'
import { withoutUndefined } from './without-undefined.ts'

type Parts = Omit<Destination, 'url' | 'label' | 'compression' | 'isPlainAtOnce'> & {
  readonly address: URL
  readonly compression: Compression | undefined
}

export function createDestination({ address, headers: all, compression, ...parts }: Parts): Destination {
  // `undefined`, as of a variable that is not set, is a header that is not given
  const given = Object.fromEntries(
    Object.entries(withoutUndefined(all)).map(([name, value]) => [name, String(value).trim()]),
  )
  const headers = { ...basicAuthorization(address, given), ...given }
  const url = new URL(address)
  url.username = ''
  url.password = ''
  rememberHeaderSecrets(headers)
  return Object.freeze<Destination>({
    ...parts,
    url: parts.protocol === 'grpc' ? url.origin : url.href,
    label: url.origin,
    headers,
    compression: compression ?? 'gzip',
    isPlainAtOnce: compression === undefined && isThisMachine(url),
  })
}

/** One that is given goes before it. */
function basicAuthorization(url: URL, headers: Readonly<Record<string, string>>): Record<string, string> {
  const isGiven = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if ((url.username === '' && url.password === '') || isGiven) return {}
  const [user, password] = [url.username, url.password].map(decode)
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
