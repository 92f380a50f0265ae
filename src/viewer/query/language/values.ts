/** Reads durations, numbers and ranges of a query. */
import { badQuery } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  sec: 1e9,
  m: 60e9,
  min: 60e9,
  h: 3600e9,
}
const DURATION = /^([+-]?\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|μs|ms|sec|s|min|m|h)?$/i

export const isUnit = (text: string): boolean => Object.hasOwn(UNITS, text.toLowerCase())

/** A duration in nanoseconds; without a unit milliseconds. */
export function parseDuration(text: string, position: number): number {
  const [, number, unit = 'ms'] = DURATION.exec(text.trim()) ?? []
  if (number === undefined) throw badQuery(position, `${JSON.stringify(text)} is not a duration such as 50ms.`)
  return Number(number) * UNITS[unit.toLowerCase()]!
}

export function parseNumber(text: string, position: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw badQuery(position, `${JSON.stringify(text)} is not a number.`)
  return value
}

export function isDurationLike(value: string): boolean {
  return /^\d+(\.\d+)?(ns|us|µs|ms|s|m|h)$/.test(value)
}

export interface Range {
  readonly from: string
  readonly to: string
}

/** `500..599`, `[500 TO 599]` or, for a status code, `5xx`. Both ends may be open; `*` is an open end too. */
export function parseRange(value: string): Range | undefined {
  const class_ = /^([1-5])xx$/i.exec(value)
  if (class_) return { from: `${class_[1]}00`, to: `${class_[1]}99` }
  const [, from, to] = /^\[?\s*([^\s[\]]*?)\s*(?:\.\.|\s+TO\s+)\s*([^\s[\]]*?)\s*\]?$/i.exec(value) ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  if (![from, to].every((end) => end === '' || end === '*' || /^[+-]?[\d.]+(ns|us|µs|ms|s|m|h)?$/i.test(end)))
    return undefined
  return { from: from === '*' ? '' : from, to: to === '*' ? '' : to }
}
