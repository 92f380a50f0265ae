/** The fields of a line, from what it was made of where that is plain, so that most lines are not parsed. */
import type { AnyValue } from '@opentelemetry/api'
import type { PinoInstance, Symbols } from './symbols.ts'

export type Fields = Record<string, AnyValue>

/** What pino makes a line of. */
export interface Parts {
  readonly object: unknown
  readonly message: unknown
  readonly level: number
  /** With its key, such as `,"time":1700000000000`. */
  readonly time: string
}

const TIME = /^,"time":\d+$/
const MAX_BINDINGS = 500
/** Bindings of loggers, as text -> as fields. */
const bindings = new Map<string, Fields>()

/** Undefined where the line has to be parsed. */
export function plainFields(
  symbols: Symbols,
  instance: PinoInstance,
  { object, message, level, time }: Parts,
): Fields | undefined {
  const levels = symbols.read(instance, 'pino.lsCache') as Record<number, string> | undefined
  const isPlain =
    levels?.[level] === `{"level":${level}` &&
    TIME.test(time) &&
    (typeof message === 'string' || message === undefined) &&
    !symbols.read(instance, 'pino.nestedKey') &&
    (symbols.read(instance, 'pino.formatters') as { log?: unknown } | undefined)?.log === undefined
  if (!isPlain) return undefined
  const messageKey = symbols.read(instance, 'pino.messageKey') as string
  const serializers = symbols.read(instance, 'pino.serializers') as Record<string, unknown>
  const stringifiers = symbols.read(instance, 'pino.stringifiers') as Record<PropertyKey, unknown>
  if (serializers[messageKey] || hasAny(stringifiers)) return undefined
  const fields: Fields = { ...bindingsOf(symbols.read(instance, 'pino.chindings') as string) }
  if (!addPlain(fields, object, serializers)) return undefined
  fields['time'] = Number(time.slice(8))
  if (message !== undefined) fields[messageKey] = message
  return fields
}

/** @returns whether each of them is in the line as it is here */
function addPlain(fields: Fields, object: unknown, serializers: Record<string, unknown>): boolean {
  const given = object as Record<string, unknown>
  for (const key in given) {
    const descriptor = Object.getOwnPropertyDescriptor(given, key)
    if (descriptor === undefined) continue
    const { value } = descriptor
    const type = typeof value
    const isPlain = type === 'string' || type === 'boolean' || (type === 'number' && Number.isFinite(value))
    if (!isPlain || serializers[key] || key === 'time' || key === 'level' || key === '__proto__') return false
    fields[key] = value as AnyValue
  }
  return true
}

/** Redaction is done by functions under the names of fields. */
function hasAny(stringifiers: Record<PropertyKey, unknown>): boolean {
  for (const _ in stringifiers) return true
  return Object.getOwnPropertySymbols(stringifiers).some((symbol) => stringifiers[symbol])
}

function bindingsOf(text: string): Fields {
  let known = bindings.get(text)
  if (known === undefined) {
    known = JSON.parse(`{${text.slice(1)}}`) as Fields
    if (bindings.size >= MAX_BINDINGS) bindings.clear()
    bindings.set(text, known)
  }
  return known
}
