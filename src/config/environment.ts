/** Reads environment variables by the table: a wrong value says so once and counts as absent. */
import { MAX_TIMER_MILLIS } from '../deadline.ts'
import { log } from '../log.ts'
import { cleanText } from '../redact.ts'
import { parsePairs } from './pairs.ts'
import { VARIABLES, type Variable, type VariableName } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

type Table = typeof VARIABLES
/** The variables of these types. */
type NameOf<Type extends Variable['type']> = {
  [Name in VariableName]: Table[Name] extends { type: Type } ? Name : never
}[VariableName]
type NumberName = NameOf<'integer' | 'millis' | 'timeout' | 'number'>
/** A variable with a default always has a value. */
type NumberOf<Name extends VariableName> = Table[Name] extends { default: number } ? number : number | undefined
type FlagOf<Name extends VariableName> = Table[Name] extends { default: boolean } ? boolean : boolean | undefined
type ValueOf<Name extends VariableName> = Table[Name] extends { values: readonly (infer Value)[] } ? Value : string

/** Typed access to one environment. An empty variable counts as unset, as the specification asks. */
export interface EnvironmentReader {
  text(name: VariableName): string | undefined
  /** The parts between commas; of those that the table does not know each is told once and left out. Where none is known the variable counts as unset. */
  list<Name extends NameOf<'list'>>(name: Name): Array<ValueOf<Name>> | undefined
  /** `true` or `false` in any case; another value warns and counts as the default. */
  flag<Name extends NameOf<'boolean'>>(name: Name): FlagOf<Name>
  oneOf<Name extends NameOf<'enum'>>(name: Name): ValueOf<Name> | undefined
  number<Name extends NumberName>(name: Name): NumberOf<Name>
  /** `key=value` pairs with percent-encoded values; a wrong pair is told, without its value, and left out. */
  pairs(name: NameOf<'pairs'>): Record<string, string> | undefined
  /** Says once what is wrong with a variable. */
  warn(name: VariableName, problem: string): void
}

const MAX_SHOWN = 200
/** Not `0x1` or `0b1`, which JavaScript reads as well. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const UNITS = { millis: ' of milliseconds', timeout: ' of milliseconds (0 is no limit)' } as const

export function readEnvironment(env: Environment): EnvironmentReader {
  const said = new Set<string>()
  const warn = (name: VariableName, problem: string): void => {
    if (said.has(`${name} ${problem}`)) return
    said.add(`${name} ${problem}`)
    log.warn(problem)
  }
  const text = (name: VariableName): string | undefined => env[name]?.trim() || undefined
  const reject = (name: VariableName, value: string, expected: string): undefined => {
    warn(name, `${name}=${shown(value)} is not ${expected}; ${fallback(VARIABLES[name])}`)
    return undefined
  }
  const reader: EnvironmentReader = {
    text,
    warn,
    list(name) {
      const items = splitList(text(name))
      const { values }: Variable = VARIABLES[name]
      const usable = values === undefined ? items : items.filter((item) => isKnown(name, item, values))
      const read = values ? [...new Set(usable.map((item) => item.toLowerCase()))] : usable
      if (values?.includes('none') && read.includes('none') && read.length > 1)
        warn(name, `${name} names none beside others, which have no effect then`)
      return read.length > 0 ? (read as never) : undefined
    },
    flag(name) {
      const row: Variable = VARIABLES[name]
      const value = text(name)?.toLowerCase()
      if (value === 'true' || value === 'false') return (value === 'true') as never
      if (value !== undefined) reject(name, value, 'true or false')
      return (typeof row.default === 'boolean' ? row.default : undefined) as never
    },
    oneOf(name) {
      const { values = [] }: Variable = VARIABLES[name]
      const value = text(name)?.toLowerCase()
      if (value === undefined) return undefined
      return (values.find((item) => item === value) ?? reject(name, value, `one of ${values.join(', ')}`)) as never
    },
    number(name) {
      const row: Variable = VARIABLES[name]
      const value = text(name)
      const number = value === undefined ? undefined : parseNumber(value, row)
      if (value !== undefined && number === undefined) reject(name, value, expectedNumber(row))
      return (number ?? (typeof row.default === 'number' ? row.default : undefined)) as never
    },
    pairs(name) {
      const value = text(name)
      return value === undefined ? undefined : parsePairs(value, (problem) => warn(name, `${name} ${problem}`))
    },
  }
  return reader

  function isKnown(name: VariableName, item: string, values: readonly string[]): boolean {
    if (values.includes(item.toLowerCase())) return true
    warn(name, `${name} names ${shown(item)}, which is none of ${values.join(', ')}; it is ignored`)
    return false
  }
}

/** Enough of a value to know it again. */
function shown(value: string): string {
  const clean = cleanText(value)
  return clean.length > MAX_SHOWN ? `${clean.slice(0, MAX_SHOWN)}…` : clean
}

export function splitList(text: string | undefined): string[] {
  const items = text?.split(',').map((item) => item.trim())
  return items?.filter((item) => item !== '') ?? []
}

function parseNumber(value: string, { type, min = 0, max = largest(type) }: Variable): number | undefined {
  const number = Number(value)
  const isNumeral = (type === 'number' ? DECIMAL : /^[+-]?\d+$/).test(value) && Number.isFinite(number)
  return isNumeral && number >= min && number <= max ? number : undefined
}

const largest = (type: Variable['type']): number =>
  type === 'millis' || type === 'timeout' ? MAX_TIMER_MILLIS : Number.MAX_SAFE_INTEGER

function expectedNumber({ type, min = 0, max }: Variable): string {
  const what = type === 'number' ? 'a number' : `a whole number${type in UNITS ? UNITS[type as 'millis'] : ''}`
  return max === undefined ? `${what} of at least ${min}` : `${what} from ${min} to ${max}`
}

function fallback(row: Variable): string {
  return row.default === undefined
    ? 'it is ignored'
    : `it is ignored (default: ${String(row.default).replaceAll('`', '')})`
}
