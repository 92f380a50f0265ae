/** The rule of the `backend` option. */

import { ConfigError } from '../../errors.ts'
import { headers } from '../member-rules.ts'
import { attempt, isObject, isText, listOf, type Place, type Rule, refuse, shape, text } from '../rules.ts'
import type { BackendOptions } from './definition.ts'
import { noAddress, parseBackend, unknownBackend } from './parse.ts'
import { findBackend } from './registry.ts'

/** What a back end has in common with the options for all of them is held to the same rules. */
export interface SharedRules {
  readonly url: Rule
  readonly protocol: Rule
  readonly compression: Rule
  readonly timeoutMillis: Rule
  readonly tls: Rule
}

export function createBackendRule({ url, ...shared }: SharedRules): Rule {
  const name: Rule = (value, at) => {
    text(value, at)
    if (findBackend(value as string) === undefined)
      throw atPlace(unknownBackend(value as string, `Option ${at.path}`), at)
  }
  const members = shape({
    name,
    dsn: text,
    endpoint: url,
    siteUrl: url,
    headers,
    ...shared,
    region: text,
    datasource: text,
  })
  const one: Rule = (value, at) => {
    if (isText(value)) checkText(value, at)
    else if (!attempt(at, () => isObject(value)))
      refuse('ERR_OPTION_TYPE', at, 'the name of a back end, or an object with a name', value)
    else {
      members(value, at)
      if (attempt(at, () => (value as { name?: unknown }).name) === undefined)
        refuse('ERR_OPTION_TYPE', at, 'an object with the name of a back end', value)
      attempt(at, () => checkAddress(value as BackendOptions, at))
    }
  }
  const list = listOf('a list of back ends', one)
  return (value, at) => (attempt(at, () => Array.isArray(value)) ? list : one)(value, at)
}

/** An address that is not used would let telemetry go elsewhere, without a word. */
function checkAddress({ name, dsn, endpoint }: BackendOptions, { option }: Place): void {
  const row = findBackend(name)!
  const hasNone = row.sink !== undefined && row.sink !== 'scrape'
  if (endpoint !== undefined && hasNone) throw new ConfigError('ERR_OPTION_TYPE', noAddress(name, row), { option })
  if (dsn !== undefined && row.sink !== 'dsn')
    throw new ConfigError('ERR_OPTION_TYPE', `The back end ${name} takes no DSN: its address is its endpoint`, {
      option,
    })
}

function checkText(value: string, at: Place): void {
  try {
    parseBackend(value)
  } catch (error) {
    throw atPlace(error as Error, at)
  }
}

function atPlace({ message }: Error, at: Place): ConfigError {
  return new ConfigError('ERR_OPTION_TYPE', message.replace(/^a back end/, `Option ${at.path}`), { option: at.option })
}
