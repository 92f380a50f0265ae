/** Attributes of an incoming request, as instrumentation-http gives them; what connections have in common is worked out once. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Attributes } from '@opentelemetry/api'
import { parse as parseForwarded } from 'forwarded-parse'
import { isPlainPath, redactQuery } from './url-text.ts'

export type Scheme = 'http' | 'https'

interface Address {
  readonly host: string | undefined
  readonly port?: string
}

interface Host {
  /** Whether a URL can be made with it; without one a request has no path. */
  readonly isValid: boolean
  readonly address: Address
  readonly port: number | undefined
}

const STANDARD_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
])
/** Values of `Host` come from outside: a flood of them must not fill the memory. */
const MAX_HOSTS = 500

const hosts: Record<Scheme, Map<string, Host>> = { http: new Map(), https: new Map() }

let knownMethods = STANDARD_METHODS

/** Methods that are named in attributes, in place of the standard ones; they are case-sensitive, as the conventions ask. */
export function useKnownMethods(methods: readonly string[] | undefined): void {
  knownMethods = methods === undefined ? STANDARD_METHODS : new Set(methods)
}

export function normalizeMethod(method: string | undefined): string {
  if (method === undefined || method === null) return 'GET'
  if (knownMethods.has(method)) return method
  const upper = method.toUpperCase()
  return knownMethods === STANDARD_METHODS && knownMethods.has(upper) ? upper : '_OTHER'
}

export function createRequestAttributes(request: IncomingMessage, scheme: Scheme): Attributes {
  const { method, socket } = request
  // objects of tests may lack anything
  const headers = request.headers ?? {}
  const normalized = normalizeMethod(method)
  const host = headers.host ? hostOf(headers.host, scheme) : undefined
  const isForwarded = headers.forwarded !== undefined || headers['x-forwarded-host'] !== undefined
  const server = isForwarded ? forwardedServer(headers, scheme) : host?.address
  const port = isForwarded ? (server?.port === undefined ? undefined : Number(server.port)) : host?.port
  const peer = socket?.remoteAddress
  const client =
    headers.forwarded === undefined && headers['x-forwarded-for'] === undefined ? peer : clientAddress(headers, peer)
  const agent = headers['user-agent']
  const url = request.url ?? '/'
  const attributes: Attributes = { 'http.request.method': normalized, 'url.scheme': scheme }
  if (server?.host !== undefined) attributes['server.address'] = server.host
  if (peer !== undefined) {
    attributes['network.peer.address'] = peer
    attributes['network.peer.port'] = socket.remotePort!
  }
  if (request.httpVersion) attributes['network.protocol.version'] = request.httpVersion
  if (agent !== undefined) attributes['user_agent.original'] = agent
  addUrl(attributes, url, headers.host, host, scheme)
  if (client) attributes['client.address'] = client
  if (port !== undefined) attributes['server.port'] = port
  if (method !== undefined && method !== normalized) attributes['http.request.method_original'] = method
  return attributes
}

function addUrl(
  attributes: Attributes,
  url: string,
  hostHeader: string | undefined,
  host: Host | undefined,
  scheme: Scheme,
): void {
  if (host && !host.isValid) return
  if (isPlainPath(url)) {
    attributes['url.path'] = url
    return
  }
  let parsed: URL
  try {
    parsed = new URL(url, `${scheme}://${hostHeader || 'localhost'}`)
  } catch {
    return
  }
  attributes['url.path'] = parsed.pathname
  if (parsed.search) attributes['url.query'] = redactQuery(parsed.search.slice(1))
}

function hostOf(header: string, scheme: Scheme): Host {
  const known = hosts[scheme].get(header)
  if (known) return known
  const address = parseHost(header, scheme)
  const port = address.port === undefined ? undefined : Number(address.port)
  const host = { isValid: URL.canParse('/', `${scheme}://${header}`), address, port }
  if (hosts[scheme].size >= MAX_HOSTS) hosts[scheme].clear()
  hosts[scheme].set(header, host)
  return host
}

function forwardedServer(headers: IncomingHttpHeaders, scheme: Scheme): Address | undefined {
  if (headers.forwarded)
    for (const entry of entriesOf(headers.forwarded)) if (entry.host) return parseHost(entry.host, entry.proto)
  const host = firstOf(headers['x-forwarded-host'])
  if (typeof headers['x-forwarded-host'] === 'string' || host)
    return parseHost(host!, firstOf(headers['x-forwarded-proto']))
  return headers.host ? parseHost(headers.host, scheme) : undefined
}

function clientAddress(headers: IncomingHttpHeaders, peer: string | undefined): string | undefined {
  if (headers.forwarded) for (const entry of entriesOf(headers.forwarded)) if (entry.for) return withoutPort(entry.for)
  const first = firstOf(headers['x-forwarded-for'])
  return first ? withoutPort(first.split(',')[0]!.trim()) : peer
}

function entriesOf(header: string): ReadonlyArray<Record<string, string>> {
  try {
    return parseForwarded(header)
  } catch {
    return []
  }
}

const firstOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

function parseHost(header: string, proto: string | undefined): Address {
  const parts = header.split(':')
  const port = proto === 'http' ? '80' : proto === 'https' ? '443' : undefined
  const withDefault = (host: string): Address => (port === undefined ? { host } : { host, port })
  if (parts.length === 1) return withDefault(parts[0]!)
  if (parts.length === 2) return { host: parts[0], port: parts[1]! }
  if (parts[0]!.startsWith('[')) {
    if (parts.at(-1)!.endsWith(']')) {
      if (port !== undefined) return { host: header, port }
    } else if (parts.at(-2)!.endsWith(']')) return { host: parts.slice(0, -1).join(':'), port: parts.at(-1)! }
  }
  return { host: header }
}

function withoutPort(address: string): string {
  try {
    const { hostname } = new URL(`http://${address}`)
    return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname
  } catch {
    return address
  }
}
