/** Reads durations, numbers and ranges of a query. */
import { badQuery } from './errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  msec: 1e6,
  millis: 1e6,
  milliseconds: 1e6,
  s: 1e9,
  sec: 1e9,
  secs: 1e9,
  second: 1e9,
  seconds: 1e9,
  m: 60e9,
  min: 60e9,
  mins: 60e9,
  minute: 60e9,
  minutes: 60e9,
  h: 3600e9,
  hour: 3600e9,
  hours: 3600e9,
  d: 86_400e9,
  day: 86_400e9,
  days: 86_400e9,
}
const NUMBER = '(?:\\d{1,3}(?:,\\d{3})+|\\d+)(?:\\.\\d+)?(?:e[+-]?\\d+)?|\\.\\d+'
const UNIT = Object.keys(UNITS)
  .toSorted((a, b) => b.length - a.length)
  .join('|')
const DURATION = new RegExp(`^([+-]?(?:${NUMBER}))\\s*(${UNIT})?$`, 'i')
/** Go's `1m30s`. */
const PARTS = new RegExp(`(\\d+(?:\\.\\d+)?)(${UNIT})`, 'gi')
const SUM = new RegExp(`^(?:\\d+(?:\\.\\d+)?(?:${UNIT})){2,}$`, 'i')
const DURATION_LIKE = new RegExp(`^\\d+(?:\\.\\d+)?(?:${UNIT})$`)

/** Milliseconds that are nanoseconds of somebody who is used to them. */
const LEAST_DOUBTFUL = 100_000_000

export const isUnit = (text: string): boolean => Object.hasOwn(UNITS, text.toLowerCase())

/** A duration in nanoseconds; without a unit milliseconds. */
export function parseDuration(text: string, position: number): number {
  const [, number, unit = 'ms'] = DURATION.exec(text.trim()) ?? []
  if (number !== undefined) {
    const value = Number(number.replaceAll(',', ''))
    if (value >= LEAST_DOUBTFUL && DURATION.exec(text.trim())?.[2] === undefined)
      throw badQuery(
        position,
        `Without a unit ${text} is milliseconds, which is ${Math.floor(value / 86_400_000)} days: write ${text}ns, ${text}us or 1s.`,
      )
    return value * UNITS[unit.toLowerCase()]!
  }
  if (SUM.test(text))
    return [...text.matchAll(PARTS)].reduce((sum, [, part, of]) => sum + Number(part) * UNITS[of!.toLowerCase()]!, 0)
  throw badQuery(position, `${JSON.stringify(text)} is not a duration such as 50ms or 1.5s; a range is 50ms..1s.`)
}

export function parseNumber(text: string, position: number): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw badQuery(position, `${JSON.stringify(text)} is not a number.`)
  return value
}

/** The number that an attribute's text is; a duration as nanoseconds where it is compared with one. */
export function numberIn(text: string, isTimed: boolean): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return number
  return isTimed && (isDurationLike(text) || SUM.test(text)) ? parseDuration(text, 0) : undefined
}

export function isDurationLike(value: string): boolean {
  return DURATION_LIKE.test(value)
}

/** A number, with or without a unit: a value, never a field. */
export const isQuantity = (text: string): boolean => DURATION.test(text)

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
  if (![from, to].every((end) => end === '' || end === '*' || DURATION.test(end))) return undefined
  return { from: from === '*' ? '' : from, to: to === '*' ? '' : to }
}
