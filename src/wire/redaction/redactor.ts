/** The one stage that masks secrets: every text of a span and of a log record passes it while it is encoded. It never throws and changes no object. */
import type { RedactionOptions, SqlRedaction } from '../../config/redaction-options.ts'
import { log } from '../../log.ts'
import { maskRemembered } from '../../redact.ts'
import { cutString } from '../encode-common.ts'
import { maskCommand } from './command.ts'
import { maskDatabaseMessage } from './database-message.ts'
import { isJson, maskJsonValues } from './json-values.ts'
import { createKinds, Kind } from './kinds.ts'
import { createNames, type Names } from './names.ts'
import { isOpaque } from './pairs.ts'
import { sanitizeSql } from './sql.ts'
import type { SqlFamily } from './sql-tokens.ts'
import { maskText, maskUrl } from './text.ts'
import { isHarmless, MASK, mayHoldSecret } from './tokens.ts'

type Leaf = string | number | bigint | boolean
/** How statements of a database are read. */
type Family = SqlFamily | 'command'

const FAMILIES: Readonly<Record<string, Family>> = {
  postgresql: 'postgresql', postgres: 'postgresql', cockroachdb: 'postgresql', 'aws.redshift': 'postgresql', redshift: 'postgresql', mysql: 'mysql',
  mariadb: 'mysql', 'gcp.spanner': 'google', spanner: 'google', 'gcp.bigquery': 'google', bigquery: 'google', hive: 'mysql', clickhouse: 'clickhouse', neo4j: 'mysql', trino: 'other', 'oracle.db': 'oracle',
  oracle: 'oracle', mssql: 'mssql', 'microsoft.sql_server': 'mssql', sqlite: 'sqlite', redis: 'command', valkey: 'command', memcached: 'command',
} // biome-ignore format: a table
/** Expressions of the user's may take their time. */
const MAX_OWN_LENGTH = 64 * 1024
const MAX_STATEMENTS = 256
const MAX_NAMES = 512
const MAX_STATEMENT_LENGTH = 2048

/** What all redactors of one configuration have in common. */
interface Settings {
  readonly isOn: boolean
  readonly names: Names
  readonly kindOf: (key: string) => Kind
  readonly sql: SqlRedaction
  readonly values: readonly RegExp[]
  readonly hook: RedactionOptions['redact']
  readonly siblings: Map<string, Redactor>
  isAsking: boolean
  hasComplained: boolean
}

export class Redactor {
  readonly #settings: Settings
  readonly #family: Family | undefined
  readonly #statements = new Map<string, string>()
  readonly #names = new Map<string, string>()
  #lastSystem: string | undefined
  #lastSibling: Redactor | undefined
  /** Whether a number or a boolean may have to be masked or asked for. */
  readonly isOn: boolean

  /** Whether there is anything that `omits` says. */
  readonly hasOmissions: boolean

  constructor(settings: Settings, family?: Family) {
    this.#settings = settings
    this.#family = family
    this.isOn = settings.isOn
    this.hasOmissions = settings.isOn && settings.sql === 'off'
  }

  /** While the function of the user's runs, what it does must not be encoded: it would be asked without end, in the midst of another item. */
  get isBusy(): boolean {
    return this.#settings.isAsking
  }

  /** That for spans of this database system. */
  forSystem(system: unknown): Redactor {
    if (typeof system !== 'string' || !this.isOn) return this
    if (system === this.#lastSystem) return this.#lastSibling!
    const sibling = this.#siblingFor(system)
    this.#lastSystem = system
    this.#lastSibling = sibling
    return sibling
  }

  #siblingFor(system: string): Redactor {
    const { siblings } = this.#settings
    const family = Object.hasOwn(FAMILIES, system) ? FAMILIES[system]! : 'other'
    const known = siblings.get(family)
    if (known) return known
    const redactor = new Redactor(this.#settings, family)
    siblings.set(family, redactor)
    return redactor
  }

  /** Whether the attribute is not sent at all. */
  omits(key: string): boolean {
    return this.hasOmissions && this.#settings.kindOf(key) === Kind.STATEMENT
  }

  /** Whether all that an object under this key holds is a secret. */
  isSecret(key: string): boolean {
    return this.isOn && this.#settings.kindOf(key) >= Kind.SECRET_TEXT
  }

  /** The value to send of an attribute, an event or a field of this name. */
  leaf(key: string, value: Leaf): unknown {
    const settings = this.#settings
    if (!settings.isOn) return typeof value === 'string' ? cutString(value) : value
    const kind = settings.kindOf(key)
    let safe: Leaf = value
    if (typeof value === 'string') safe = this.#text(key, cutString(value), kind)
    else if (kind === Kind.SECRET && typeof value !== 'boolean') safe = MASK
    return settings.hook === undefined ? safe : this.#ask(key, safe)
  }

  /** The text to send in a field that has no key: the name of a span, a status. */
  text(key: string, value: string): string {
    const safe = this.leaf(key, value)
    return typeof safe === 'string' ? safe : safe === undefined || safe === null ? '' : MASK
  }

  /** The name of a span. Names repeat. */
  name(value: string): string {
    if (!this.isOn) return value
    const known = this.#names.get(value)
    if (known !== undefined) return known
    const safe = this.text('span.name', value)
    if (value.length > 256) return safe
    if (this.#names.size >= MAX_NAMES) this.#names.clear()
    this.#names.set(value, safe)
    return safe
  }

  #text(key: string, value: string, kind: Kind): string {
    const { values } = this.#settings
    let safe = kind === Kind.PLAIN ? value : this.#mask(key, value, kind)
    if (values.length === 0) return safe
    if (safe.length > MAX_OWN_LENGTH) safe = `${safe.slice(0, MAX_OWN_LENGTH)}…`
    for (const pattern of values) safe = safe.replace(pattern, MASK)
    return safe
  }

  #mask(key: string, value: string, kind: Kind): string {
    const { names, sql } = this.#settings
    switch (kind) {
      case Kind.URL:
        return maskUrl(value, names)
      case Kind.STATEMENT:
        return sql === 'raw' ? value : this.#statement(value)
      case Kind.MESSAGE:
        return this.#message(value)
      case Kind.SECRET:
      case Kind.SECRET_TEXT:
        return isNoSecret(key, value) ? value : MASK
      case Kind.IF_OPAQUE:
        return isOpaque(value) ? MASK : maskText(value, names)
      default:
        return this.#plainText(value)
    }
  }

  /** The token of the DSN has no look of its own. */
  #plainText(value: string): string {
    const known = maskRemembered(value, MASK)
    return mayHoldSecret(known) ? maskText(maskDatabaseMessage(known, undefined), this.#settings.names) : known
  }

  #message(value: string): string {
    if (isHarmless(value)) return maskRemembered(value, MASK)
    const family = this.#family === 'command' ? 'other' : this.#family
    const safe = this.#settings.sql === 'raw' ? value : maskDatabaseMessage(value, family)
    return maskRemembered(maskText(safe, this.#settings.names), MASK)
  }

  /** Statements repeat. */
  #statement(text: string): string {
    // each names a key of its own
    if (this.#family === 'command' && !isJson(text)) return maskCommand(text)
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const family = this.#family ?? 'other'
    const safe = isJson(text) || family === 'command' ? maskJsonValues(text) : sanitizeSql(text, family)
    if (text.length > MAX_STATEMENT_LENGTH) return safe
    if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
    this.#statements.set(text, safe)
    return safe
  }

  #ask(key: string, value: Leaf): unknown {
    const settings = this.#settings
    settings.isAsking = true
    try {
      const answer = settings.hook!(key, value)
      return typeof answer === 'string' ? cutString(answer) : answer
    } catch (error) {
      if (!settings.hasComplained) {
        settings.hasComplained = true
        log.warn(
          `the function redaction.redact has thrown for ${key}; the values it throws for are masked: ${describe(error)}`,
        )
      }
      return MASK
    } finally {
      settings.isAsking = false
    }
  }
}

/** A redactor of these options; `false` lets everything through. */
export function createRedactor(options: RedactionOptions | false = {}): Redactor {
  const { keys = [], values = [], sql = 'sanitized', redact } = options === false ? {} : options
  const names = createNames(keys)
  return new Redactor({
    isOn: options !== false,
    names,
    kindOf: createKinds(names, keys.length > 0),
    sql,
    values: values.map((value) => new RegExp(value.source, `${value.flags.replace(/[gy]/g, '')}g`)),
    hook: redact,
    siblings: new Map(),
    isAsking: false,
    hasComplained: false,
  })
}

/** For whoever configures nothing. */
export const DEFAULT_REDACTOR = createRedactor()

/** What the field says where it has been masked already, or where a shell says in which directory it is. */
const isNoSecret = (key: string, value: string): boolean =>
  value === '' ||
  /^\[?(?:redacted|masked|filtered|\*+)\]?$/i.test(value) ||
  (/^(?:.*[._-])?(?:old)?pwd$/i.test(key) && value.startsWith('/'))

function describe(error: unknown): string {
  try {
    return String((error as Error)?.name ?? typeof error).slice(0, 100)
  } catch {
    return 'an error'
  }
}
