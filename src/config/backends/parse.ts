/** Reads which back ends are meant: by name, by `name://host:port`, or as objects. Pure; throws for a name that nobody has. */
import { distance } from '../../edit-distance.ts'
import { ConfigError } from '../../errors.ts'
import type { BackendOptions } from './definition.ts'
import { backendNames, findBackend } from './registry.ts'
import type { BackendRow } from './table.ts'

const ADDRESS = /^([a-z][a-z0-9.-]*)(?:\+(https?))?:\/\/(.*)$/is
const MAX_CHANGES = 2
const REGION = /^[a-z]{2}(-[a-z]+)+-\d+$/i

/**
 * `jaeger`, `jaeger://host:4318`, `jaeger+https://host`, `xray://eu-west-1`.
 * @throws {ConfigError} `ERR_OPTION_TYPE`; what was given is not repeated where it may hold a secret
 */
export function parseBackend(text: string): BackendOptions {
  const { name, scheme, rest } = splitAddress(text.trim())
  const row = findBackend(name)
  if (row === undefined) throw unknownBackend(name, 'a back end')
  if (rest === '') return { name }
  if (row.sink !== undefined && row.sink !== 'scrape') throw new ConfigError('ERR_OPTION_TYPE', noAddress(name, row))
  if (row.awsService !== undefined && REGION.test(rest)) return { name, region: rest.toLowerCase() }
  const endpoint = `${scheme ?? /^https?/.exec(row.endpoint ?? '')?.[0] ?? 'http'}://${rest}`
  if (!URL.canParse(endpoint))
    throw new ConfigError('ERR_OPTION_TYPE', `The address of the back end ${name} is not a host with an optional port`)
  return { name, endpoint }
}

/** Whether a DSN names a back end in the place of its scheme. */
export function isBackendAddress(dsn: string): boolean {
  const name = ADDRESS.exec(dsn.trim())?.[1]?.toLowerCase()
  const row = name === undefined ? undefined : findBackend(name)
  return row !== undefined && row.sink !== 'dsn'
}

/** What is said of an address where none is used. */
export function noAddress(name: string, { sink }: BackendRow): string {
  const instead = sink === 'dsn' ? ': set the dsn option or UPTRACE_DSN to https://<token>@host' : ''
  return `The back end ${name} takes no address${instead}`
}

export function unknownBackend(name: string, what: string): ConfigError {
  const shown = /^[a-z][a-z0-9-]{0,19}$/.test(name) ? `, got '${name}'${suggest(name)}` : ''
  const names = backendNames().join(', ')
  return new ConfigError(
    'ERR_OPTION_TYPE',
    `${what} must be one of ${names}, or a name given to registerBackend${shown}`,
  )
}

function splitAddress(text: string): { name: string; scheme: string | undefined; rest: string } {
  const match = ADDRESS.exec(text)
  if (!match) return { name: text.toLowerCase(), scheme: undefined, rest: '' }
  return { name: match[1]!.toLowerCase(), scheme: match[2]?.toLowerCase(), rest: match[3]!.replace(/\/+$/, '') }
}

/** A name that differs in one or two letters, or begins alike. */
function suggest(name: string): string {
  const near = backendNames().find(
    (known) => distance(known, name, MAX_CHANGES) <= Math.min(MAX_CHANGES, name.length / 3),
  )
  const like = near ?? backendNames().find((known) => name.length > 2 && known.startsWith(name.slice(0, 3)))
  return like === undefined ? '' : ` (did you mean ${like}?)`
}
