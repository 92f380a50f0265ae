/** The record of a line, from what the line was made of where that is plain, so that most lines are not parsed. */
import type { AnyValue, LogRecord } from '@opentelemetry/api'
import { type Fields, isOfProcess, isSpecial, severityOf } from './record.ts'
import type { PinoInstance, Symbols } from './symbols.ts'

/** What pino makes a line of. */
export interface Parts {
  readonly object: unknown
  readonly message: unknown
  readonly level: number
  /** With its key, such as `,"time":1700000000000`. */
  readonly time: string
}

/** What all lines of a logger have in common, as long as its bindings stay. */
interface Plan {
  readonly chindings: unknown
  readonly levels: Readonly<Record<number, string>>
  /** Those of them that were looked at, and are as pino makes them. */
  readonly usualLevels: Record<number, string>
  readonly serializers: Readonly<Record<string, unknown>>
  readonly messageKey: string
  readonly errorKey: string
  readonly bindings: Fields
}

const TIME = /^,"time":\d+$/
const MAX_BINDINGS = 500
/** Bindings of loggers as text -> as fields without those of the process. */
const bindings = new Map<string, Fields>()
/** Of the logger that wrote last; undefined for one whose lines have to be parsed. */
let plan: Plan | undefined
let planned: PinoInstance | undefined

/**
 * Undefined where the line has to be parsed.
 * @param isId whether a field of this name may have been added by this package
 */
export function plainRecord(
  symbols: Symbols,
  instance: PinoInstance,
  { object, message, level, time }: Parts,
  isId: (key: string) => boolean,
): LogRecord | undefined {
  const own = planFor(symbols, instance)
  if (own === undefined || !isUsualLevel(own, level) || !TIME.test(time)) return undefined
  if (typeof message !== 'string' && message !== undefined) return undefined
  const attributes: Fields = {}
  for (const key in own.bindings) {
    if (isId(key)) return undefined
    attributes[key] = own.bindings[key]
  }
  if (!addPlain(attributes, object, own, isId)) return undefined
  const record: LogRecord = {
    severityNumber: severityOf(level),
    severityText: instance.levels?.labels[level] ?? String(level),
    attributes,
    timestamp: Number(time.slice(8)),
  }
  if (message !== undefined) record.body = message
  return record
}

function isUsualLevel({ levels, usualLevels }: Plan, level: number): boolean {
  const text = levels[level]
  if (text !== undefined && text === usualLevels[level]) return true
  if (text !== `{"level":${level}`) return false
  usualLevels[level] = text
  return true
}

/** @returns whether each of them is in the line as it is here */
function addPlain(attributes: Fields, object: unknown, own: Plan, isId: (key: string) => boolean): boolean {
  const { serializers, messageKey, errorKey } = own
  const given = object as Record<string, unknown>
  for (const key in given) {
    const descriptor = Object.getOwnPropertyDescriptor(given, key)
    if (descriptor === undefined) continue
    const { value } = descriptor
    const type = typeof value
    const isPlain = type === 'string' || type === 'boolean' || (type === 'number' && Number.isFinite(value))
    if (!isPlain || serializers[key] || key === messageKey || key === errorKey || isSpecial(key) || isId(key))
      return false
    attributes[key] = value as AnyValue
  }
  return true
}

function planFor(symbols: Symbols, instance: PinoInstance): Plan | undefined {
  const { chindings } = symbols.forLine(instance)
  const text = chindings === undefined ? undefined : instance[chindings]
  if (planned === instance && (plan === undefined || plan.chindings === text)) return plan
  plan = makePlan(symbols, instance, text)
  planned = instance
  return plan
}

function makePlan(symbols: Symbols, instance: PinoInstance, chindings: unknown): Plan | undefined {
  const of = symbols.forLine(instance)
  const read = (symbol: symbol | undefined): unknown => (symbol === undefined ? undefined : instance[symbol])
  const levels = read(of.lsCache) as Plan['levels'] | undefined
  const messageKey = read(of.messageKey)
  const errorKey = read(of.errorKey) ?? 'err'
  const serializers = read(of.serializers) as Plan['serializers'] | undefined
  const stringifiers = read(of.stringifiers) as Record<PropertyKey, unknown> | undefined
  if (levels === undefined || typeof messageKey !== 'string' || typeof errorKey !== 'string') return undefined
  if (serializers === undefined || serializers[messageKey] || stringifiers === undefined || hasAny(stringifiers))
    return undefined
  if (read(of.nestedKey) || (read(of.formatters) as { log?: unknown } | undefined)?.log !== undefined) return undefined
  const fields = typeof chindings === 'string' ? bindingsOf(chindings) : undefined
  if (fields === undefined) return undefined
  for (const key in fields) if (key === messageKey || key === errorKey || isSpecial(key)) return undefined
  return { chindings, levels, usualLevels: {}, serializers, messageKey, errorKey, bindings: fields }
}

/** Redaction is done by functions under the names of fields. */
function hasAny(stringifiers: Record<PropertyKey, unknown>): boolean {
  for (const _ in stringifiers) return true
  return Object.getOwnPropertySymbols(stringifiers).some((symbol) => stringifiers[symbol])
}

function bindingsOf(text: string): Fields {
  const known = bindings.get(text)
  if (known !== undefined) return known
  const fields: Fields = {}
  for (const [key, value] of Object.entries(JSON.parse(`{${text.slice(1)}}`) as Fields))
    if (!isOfProcess(key)) fields[key] = value
  if (bindings.size >= MAX_BINDINGS) bindings.clear()
  bindings.set(text, fields)
  return fields
}
