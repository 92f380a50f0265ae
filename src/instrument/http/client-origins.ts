/** What requests to one server have in common, worked out once: where it is, and the beginning of its URLs. */
import type { Attributes } from '@opentelemetry/api'
import type { FindSeries } from '../durations.ts'
import { OriginDurations } from './client-durations.ts'
import { isPlainQuery, redactQuery } from './url-text.ts'

export interface Origin {
  readonly protocol: string
  readonly address: string
  /** Unknown where the application sends a `Host` of its own: then it is the port of the connection. */
  readonly port: number | undefined
  /** With scheme and port, without a slash at the end. */
  readonly text: string
  readonly durations: OriginDurations
}

export interface Origins {
  of(protocol: string, host: string, hostHeader: unknown): Origin
}

/** An application may ask thousands of hosts. */
const MAX_ORIGINS = 500
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

export function createOrigins(findSeries: FindSeries): Origins {
  /** By header, since that is a string at hand. */
  const known = new Map<unknown, Origin[]>()
  let count = 0
  return {
    of(protocol, host, hostHeader) {
      const ofHeader = known.get(hostHeader)
      if (ofHeader !== undefined)
        for (const origin of ofHeader) if (origin.address === host && origin.protocol === protocol) return origin
      if (count++ >= MAX_ORIGINS) {
        known.clear()
        count = 1
      }
      const origin = createOrigin(protocol, host, hostHeader, findSeries)
      const others = known.get(hostHeader)
      if (others) others.push(origin)
      else known.set(hostHeader, [origin])
      return origin
    },
  }
}

export function authorityOf(host: string, port?: number): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
  return port === undefined ? name : `${name}:${port}`
}

function createOrigin(protocol: string, host: string, hostHeader: unknown, findSeries: FindSeries): Origin {
  const name = authorityOf(host)
  const port = portIn(hostHeader, name, DEFAULT_PORTS[protocol])
  const isDefault = port === undefined || port === DEFAULT_PORTS[protocol]
  const common: Attributes = { 'server.address': host }
  if (port !== undefined) common['server.port'] = port
  const text = `${protocol}//${isDefault ? name : `${name}:${port}`}`
  return { protocol, address: host, port, text, durations: new OriginDurations(findSeries, common) }
}

function portIn(header: unknown, name: string, defaultPort: number | undefined): number | undefined {
  if (typeof header !== 'string') return undefined
  if (header === name) return defaultPort
  const port = header.startsWith(`${name}:`) ? Number(header.slice(name.length + 1)) : Number.NaN
  return Number.isInteger(port) ? port : undefined
}

/** Undefined where there is none: a tunnel, or a question about the server as a whole. */
export function fullUrl({ text }: Origin, method: string, path: string): string | undefined {
  if (method === 'CONNECT') return undefined
  if (path.startsWith('/')) return text + withoutSecrets(path)
  // the form for proxies
  return /^https?:\/\//i.test(path) && URL.canParse(path) ? withoutSecrets(withoutUser(path)) : undefined
}

function withoutSecrets(path: string): string {
  const mark = path.indexOf('?')
  if (mark < 0 || isPlainQuery(path.slice(mark + 1))) return path
  if (!path.startsWith('/')) return `${path.slice(0, mark)}?${redactQuery(path.slice(mark + 1))}`
  try {
    const { pathname, search } = new URL(path, 'http://localhost')
    return `${pathname}?${redactQuery(search.slice(1))}`
  } catch {
    return path.slice(0, mark)
  }
}

const withoutUser = (url: string): string => url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1REDACTED:REDACTED@')
