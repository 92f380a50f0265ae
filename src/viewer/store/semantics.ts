/** What a span is about, from its semantic-convention attributes: system, group key, one-line summary. Old and new names are both read. */
import type { ValueMap } from '../../wire/decode-types.ts'
import type { SpanKind, SpanStatus, SpanSystem } from '../api.ts'
import { normalizePath, normalizeStatement } from '../query/normalize-sql.ts'

export const KINDS: readonly SpanKind[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
export const STATUSES: readonly SpanStatus[] = ['unset', 'ok', 'error']
/** Stored by index: append only. */
export const SYSTEMS: readonly SpanSystem[] = ['internal', 'http', 'rpc', 'db', 'cache', 'messaging', 'function']
const CACHES = /^(redis|valkey|memcached?|dragonfly|hazelcast|keydb)/i

export interface Meaning {
  readonly system: SpanSystem
  /** Equal for spans that do the same thing with other literals. */
  readonly groupKey: string
}

export function meaningOf(name: string, attributes: ValueMap): Meaning {
  const database = text(attributes['db.system.name'] ?? attributes['db.system'])
  if (database !== '') {
    const system = CACHES.test(database) ? 'cache' : 'db'
    const statement = statementOf(attributes)
    return { system, groupKey: statement === '' ? name : normalizeStatement(statement, system === 'cache') }
  }
  if (httpMethodOf(attributes) !== '') return { system: 'http', groupKey: httpKey(name, attributes) }
  if (attributes['rpc.system'] !== undefined || attributes['rpc.system.name'] !== undefined)
    return { system: 'rpc', groupKey: name }
  if (attributes['messaging.system'] !== undefined) return { system: 'messaging', groupKey: name }
  if (attributes['faas.trigger'] !== undefined || attributes['faas.invocation_id'] !== undefined)
    return { system: 'function', groupKey: name }
  return { system: 'internal', groupKey: name }
}

/** One key fact for the row of a waterfall, or null when the name says it all. */
export function summaryOf(name: string, system: SpanSystem, attributes: ValueMap): string | null {
  const summary = rawSummary(system, attributes).replace(/\s+/g, ' ').trim()
  return summary === '' || summary === name ? null : summary.slice(0, 200)
}

function rawSummary(system: SpanSystem, attributes: ValueMap): string {
  if (system === 'db' || system === 'cache') {
    return text(attributes['db.query.summary']) || statementOf(attributes) || text(attributes['db.namespace'])
  }
  if (system === 'http') {
    const route = text(attributes['http.route']) || text(attributes['url.full'] ?? attributes['http.url'])
    const target = route || text(attributes['url.path'] ?? attributes['http.target'])
    return [httpMethodOf(attributes), target, httpStatusOf(attributes) ?? ''].join(' ')
  }
  if (system === 'rpc')
    return [text(attributes['rpc.service']), text(attributes['rpc.method'])].filter(Boolean).join('/')
  if (system === 'messaging')
    return text(attributes['messaging.destination.name'] ?? attributes['messaging.destination'])
  return text(attributes['code.function.name'] ?? attributes['code.function'])
}

export function statementOf(attributes: ValueMap): string {
  return text(attributes['db.query.text'] ?? attributes['db.statement'])
}

export function httpStatusOf(attributes: ValueMap): number | null {
  return toHttpStatus(attributes['http.response.status_code'] ?? attributes['http.status_code'])
}

export function toHttpStatus(value: unknown): number | null {
  const status = Number(value ?? 0)
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : null
}

export function httpMethodOf(attributes: ValueMap): string {
  return text(attributes['http.request.method'] ?? attributes['http.method'])
}

/** What a client span talks to: `db:postgresql shop`, `http:api.example.com`. */
/** All that {@link peerOf} looks at. */
export const PEER_KEYS = [
  'db.system.name',
  'db.system',
  'db.namespace',
  'db.name',
  'messaging.system',
  'messaging.destination.name',
  'messaging.destination',
  'server.address',
  'net.peer.name',
  'peer.service',
  'server.port',
  'net.peer.port',
]

export function peerOf(system: SpanSystem, attributes: ValueMap): string | null {
  if (system === 'db' || system === 'cache') {
    const kind = text(attributes['db.system.name'] ?? attributes['db.system'])
    return `${system}:${[kind, text(attributes['db.namespace'] ?? attributes['db.name'])].filter(Boolean).join(' ')}`
  }
  if (system === 'messaging') {
    const destination = text(attributes['messaging.destination.name'] ?? attributes['messaging.destination'])
    return `messaging:${[text(attributes['messaging.system']), destination].filter(Boolean).join(' ')}`
  }
  const address = text(attributes['server.address'] ?? attributes['net.peer.name'] ?? attributes['peer.service'])
  if (address === '') return null
  const port = attributes['server.port'] ?? attributes['net.peer.port']
  return `${system}:${address}${port === undefined || port === 443 || port === 80 ? '' : `:${port}`}`
}

function httpKey(name: string, attributes: ValueMap): string {
  const url = text(attributes['url.full'] ?? attributes['http.url'])
  if (url === '') return name
  const [, host = '', path = ''] = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/?#]*)([^?#]*)/i.exec(url) ?? []
  return `${httpMethodOf(attributes)} ${host}${normalizePath(path)}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
