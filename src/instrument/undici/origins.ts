/** What requests to one origin have in common, worked out once. */
import type { Attributes } from '@opentelemetry/api'
import type { FindSeries } from '../durations.ts'
import { OriginDurations } from '../http/client-durations.ts'
import { hideSecrets, isPlainPath, isPlainQuery } from '../http/url-text.ts'

export interface Origin {
  /** With scheme and port, without a slash at the end. */
  readonly text: string
  readonly scheme: string
  readonly address: string
  readonly port: number | undefined
  readonly durations: OriginDurations
}

export interface Origins {
  /** @throws where it is none */
  of(origin: unknown): Origin
}

/** An application may ask thousands of hosts. */
const MAX_ORIGINS = 500

export function createOrigins(findSeries: FindSeries): Origins {
  const known = new Map<unknown, Origin>()
  return {
    of(given) {
      const key = typeof given === 'string' ? given : String(given)
      let origin = known.get(key)
      if (origin !== undefined) return origin
      origin = readOrigin(key, findSeries)
      if (known.size >= MAX_ORIGINS) known.clear()
      known.set(key, origin)
      return origin
    },
  }
}

function readOrigin(given: string, findSeries: FindSeries): Origin {
  const { protocol, hostname, host, port: ownPort } = new URL(given)
  const scheme = protocol.slice(0, -1)
  const address = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  const port = ownPort !== '' ? Number(ownPort) : scheme === 'https' ? 443 : scheme === 'http' ? 80 : undefined
  const common: Attributes = { 'server.address': address, 'url.scheme': scheme }
  if (port !== undefined) common['server.port'] = port
  return { text: `${protocol}//${host}`, scheme, address, port, durations: new OriginDurations(findSeries, common) }
}

/** Sets `url.full`, `url.path` and `url.query`. */
export function addUrl(attributes: Attributes, origin: Origin, path: string): void {
  const mark = path.indexOf('?')
  const plain = mark < 0 ? path : path.slice(0, mark)
  if (isPlainPath(plain) && (mark < 0 || isPlainQuery(path.slice(mark + 1)))) {
    attributes['url.full'] = origin.text + path
    attributes['url.path'] = plain
    if (mark >= 0) attributes['url.query'] = path.slice(mark + 1)
    return
  }
  const url = new URL(path, origin.text)
  const query = url.search.slice(1)
  const shown = hideSecrets(query)
  if (shown !== query) url.search = shown
  attributes['url.full'] = url.href
  attributes['url.path'] = url.pathname
  if (shown !== '') attributes['url.query'] = shown
}
