/** What an option may be: rules that throw a ConfigError which names the option, down to the element that is wrong. */
import { ConfigError, type ConfigErrorCode } from '../errors.ts'

/** Where a value stands: the option, and the path to an element or a member inside it that the caller has named. */
export interface Place {
  readonly option: string
  readonly path: string
}

/** Looks at a value, which may be anything: what throws when it is read is wrong as well. */
export type Rule = (value: unknown, at: Place) => void

/** What a shape consists of: one who gives a member of it by itself is told where it belongs. */
const membersOf = new WeakMap<Rule, readonly string[]>()

export const ROOT: Place = { option: '', path: '' }

const MAX_TEXT_LENGTH = 65_536
const MAX_LIST_LENGTH = 10_000

export const isText = (value: unknown): value is string => typeof value === 'string'
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether these are options, of which there are none. */
export function isEmpty(value: unknown): boolean {
  return attempt(ROOT, () => isObject(value) && Object.keys(value).length === 0)
}

/** A rule from a test; whatever the test throws means that the value cannot be used. */
export function rule(expected: string, isRight: (value: unknown) => boolean): Rule {
  return (value, at) => {
    if (!attempt(at, () => isRight(value))) refuse('ERR_OPTION_TYPE', at, expected, value)
  }
}

export const text: Rule = (value, at) => {
  if (!isText(value)) refuse('ERR_OPTION_TYPE', at, 'a string', value)
  if ((value as string).length > MAX_TEXT_LENGTH)
    refuse('ERR_OPTION_RANGE', at, `a string of at most ${MAX_TEXT_LENGTH} characters`, 'a longer one')
}
export const flag = rule('true or false', (value) => typeof value === 'boolean')
export const oneOf = (...names: string[]): Rule =>
  rule(`one of ${names.map((name) => `'${name}'`).join(', ')}`, (value) => isText(value) && names.includes(value))

/** A number; one of the right type that is out of range has another code. */
export function amount(expected: string, isInRange: (value: number) => boolean): Rule {
  return (value, at) => {
    if (typeof value !== 'number') refuse('ERR_OPTION_TYPE', at, expected, value)
    if (!isInRange(value as number)) refuse('ERR_OPTION_RANGE', at, expected, value)
  }
}

/** An object that has these methods, wherever they are defined. */
export function having(what: string, ...methods: string[]): Rule {
  return rule(
    `${what} (an object with ${methods.join(', ')})`,
    (value) =>
      ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
  )
}

/** A list; its holes count as elements. */
export function listOf(what: string, element: Rule): Rule {
  return (value, at) => {
    if (!attempt(at, () => Array.isArray(value))) refuse('ERR_OPTION_TYPE', at, what, value)
    const list = value as unknown[]
    const length = attempt(at, () => list.length)
    if (length > MAX_LIST_LENGTH)
      refuse('ERR_OPTION_RANGE', at, `${what} of at most ${MAX_LIST_LENGTH}`, 'a longer one')
    for (let index = 0; index < length; index++) {
      const place = { option: at.option, path: `${at.path}[${index}]` }
      element(
        attempt(place, () => list[index]),
        place,
      )
    }
  }
}

export function eitherOf(expected: string, first: Rule, isFirst: (value: unknown) => boolean, second: Rule): Rule {
  return (value, at) => {
    const chosen = attempt(at, () => isFirst(value)) ? first : second
    if (chosen === second && !attempt(at, () => typeof value === 'object' && value !== null))
      refuse('ERR_OPTION_TYPE', at, expected, value)
    chosen(value, at)
  }
}

/** An object with these members and no others; `undefined` counts as not given. */
export function shape(rules: Readonly<Record<string, Rule>>, what = 'an object'): Rule {
  const check: Rule = (value, at) => {
    for (const name of namesOf(value, at, what)) {
      const path = at.path === '' ? name : `${at.path}.${name}`
      const place = { option: path, path }
      const known = Object.hasOwn(rules, name) ? rules[name] : undefined
      if (!known)
        throw new ConfigError('ERR_OPTION_UNKNOWN', `Unknown option ${path}${suggest(name, rules)}`, {
          option: path,
        })
      const member = attempt(place, () => (value as Record<string, unknown>)[name])
      if (member !== undefined) known(member, place)
    }
  }
  membersOf.set(check, Object.keys(rules))
  return check
}

/** An object whose members the caller names. */
export function mapOf(what: string, member: Rule, name?: (name: string, at: Place) => void): Rule {
  return (value, at) => {
    for (const key of namesOf(value, at, what)) {
      const place = { option: at.option, path: `${at.path}.${key}` }
      name?.(key, place)
      const content = attempt(place, () => (value as Record<string, unknown>)[key])
      if (content !== undefined) member(content, place)
    }
  }
}

/** A Map, or the Headers of fetch, has its members elsewhere: taken for an object it would be an empty one. */
const isNamed = (value: unknown): boolean => isObject(value) && !(Symbol.iterator in value)

function namesOf(value: unknown, at: Place, what: string): string[] {
  if (!attempt(at, () => isNamed(value))) refuse('ERR_OPTION_TYPE', at, what, value)
  return attempt(at, () => Object.keys(value as object))
}

/** Reads from a value of the caller's; a getter or a proxy that throws is the fault of the option. */
export function attempt<Result>(at: Place, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    const what = at.path === '' ? 'The options cannot be read' : `Option ${at.path} cannot be read`
    throw new ConfigError('ERR_OPTION_TYPE', `${what}: reading it throws`, {
      ...(at.option !== '' && { option: at.option }),
      cause,
    })
  }
}

export function refuse(code: ConfigErrorCode, { path, option }: Place, expected: string, value: unknown): never {
  if (path === '')
    throw new ConfigError(code, `configureOpentelemetry expects an object of options, got ${describe(value)}`)
  throw new ConfigError(code, `Option ${path} must be ${expected}, got ${describe(value)}`, { option })
}

/** The type of a value and, where it cannot be a secret, the value. */
function describe(value: unknown): string {
  if (value === 'a longer one') return value
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  try {
    if (Array.isArray(value)) return 'a list'
  } catch {
    // a revoked proxy
  }
  return `a value of type ${typeof value}`
}

/** The known name nearest to a mistyped one: the same letters but for case, one that starts alike, or one of a group. */
function suggest(name: string, rules: Readonly<Record<string, Rule>>): string {
  const known = Object.keys(rules)
  const lower = name.toLowerCase()
  const near =
    known.find((item) => item.toLowerCase() === lower) ??
    known.find((item) => item.toLowerCase().startsWith(lower.slice(0, 5)) && lower.length >= 5)
  const group = known.find((item) => membersOf.get(rules[item]!)?.includes(name))
  const meant = group ? `${group}.${name}` : near
  return meant ? ` (did you mean ${meant}?)` : ''
}
