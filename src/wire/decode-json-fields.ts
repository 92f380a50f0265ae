/** Reads fields of OTLP/JSON, each checked for its type. */
import { WireError } from './wire-error.ts'

/** The year 2554: as far as 64 bits reach. */
const MAX_NANOS = 2 ** 64

export type Json = { readonly [key: string]: unknown }

/** Whole microseconds and the nanoseconds beyond, exactly where the text allows it. */
export function time(value: unknown): readonly [us: number, remainderNs: number] {
  if (value == null) return [0, 0]
  if (typeof value === 'string' && /^\d{1,20}$/.test(value))
    return [Math.min(Number(value.slice(0, -3)), Number.MAX_SAFE_INTEGER), Number(value.slice(-3))]
  const nanos = number(value)
  if (!(nanos >= 0 && nanos <= MAX_NANOS)) throw new WireError(`${String(value).slice(0, 100)} is not a time`)
  const us = Math.floor(nanos / 1000)
  return [Math.min(us, Number.MAX_SAFE_INTEGER), Math.max(0, Math.floor(nanos - us * 1000))]
}

/** Lower-case hex, or '' when it is not valid. Some senders use the base64 of protobuf's own JSON mapping: its length tells. */
export function hexId(value: unknown, length: number): string {
  const given = text(value)
  const isBase64 = given.length === (length === 32 ? 24 : 12)
  const id = isBase64 ? Buffer.from(given, 'base64').toString('hex') : given.toLowerCase()
  return id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? id : ''
}

export function enumeration(value: unknown, names: readonly string[]): number {
  if (typeof value === 'string' && names.includes(value)) return names.indexOf(value)
  return number(value)
}

export function integer(value: unknown): number | string {
  const parsed = number(value)
  if (Number.isSafeInteger(parsed)) return parsed
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return value
  return parsed
}

export function number(value: unknown): number {
  if (value == null) return 0
  if (typeof value === 'number') return value
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
  if (Number.isNaN(parsed) && value !== 'NaN')
    throw new WireError(`${String(JSON.stringify(value)).slice(0, 100)} is not a number`)
  return parsed
}

export const optional = (value: unknown): number | undefined => (value == null ? undefined : number(value))
export const numbers = (value: unknown): number[] => array(value, 'numbers').map(number)

export function text(value: unknown): string {
  if (value == null) return ''
  if (typeof value === 'string') return value
  throw new WireError(`${JSON.stringify(value)?.slice(0, 100)} is not a string`)
}

export function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw new WireError(`${what} is not an object`)
}

function array(value: unknown, what: string): readonly unknown[] {
  if (value == null) return []
  if (Array.isArray(value)) return value
  throw new WireError(`${what} is not an array`)
}

export const list = (value: unknown, what: string): Json[] =>
  array(value, what).map((entry) => object(entry, `an entry of ${what}`))
