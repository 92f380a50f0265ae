/** Numbers, durations and instants as text for people. */
import type { HandlerTime, TraceDetail } from './api.ts'

const UNITS: readonly (readonly [number, string])[] = [
  [86_400e9, 'd'],
  [3_600e9, 'h'],
  [60e9, 'm'],
  [1e9, 's'],
  [1e6, 'ms'],
  [1e3, 'µs'],
  [1, 'ns'],
]

/** `1.24 s`, `340 µs`, `2.5 h`: three digits, unit after a thin blank. */
export function duration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined || !Number.isFinite(ns)) return '–'
  if (ns === 0) return '0'
  const [size, unit] = UNITS.find(([limit]) => Math.abs(ns) >= limit) ?? UNITS.at(-1)!
  return `${digits(ns / size)} ${unit}`
}

/** Three significant digits, no exponent. */
export function digits(value: number): string {
  const size = Math.abs(value)
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2)
}

/** `12.3k`, `4.5M`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  const size = Math.abs(value)
  if (size < 1000) return Number.isInteger(value) ? String(value) : digits(value)
  return size < 1e6 ? `${digits(value / 1e3)}k` : size < 1e9 ? `${digits(value / 1e6)}M` : `${digits(value / 1e9)}G`
}

export function bytes(value: number): string {
  return value < 1024 ? `${value} B` : value < 2 ** 20 ? `${digits(value / 1024)} kB` : `${digits(value / 2 ** 20)} MB`
}

export function percent(share: number): string {
  const value = share * 100
  return `${value !== 0 && Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0)} %`
}

/** `14:03:22.123`, with the date when it is not today. */
export function time(us: number): string {
  const date = new Date(us / 1000)
  const pad = (value: number, length = 2) => String(value).padStart(length, '0')
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${pad(date.getMilliseconds(), 3)}`
  const isToday = date.toDateString() === new Date().toDateString()
  return isToday ? clock : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock}`
}

/** `3 s ago`. */
export function ago(us: number): string {
  const seconds = Math.max(0, Date.now() / 1000 - us / 1e6)
  if (seconds < 60) return `${Math.floor(seconds)} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** A value in the unit that its instrument names (UCUM). */
export function inUnit(value: number | null, unit: string): string {
  if (value === null) return '–'
  if (unit === 's') return duration(value * 1e9)
  if (unit === 'ms') return duration(value * 1e6)
  if (unit === 'us') return duration(value * 1e3)
  if (unit === 'ns') return duration(value)
  if (unit === 'By') return bytes(Math.round(value))
  if (unit === '1' || unit === '') return count(value)
  return `${count(value)} ${unit.replace(/[{}]/g, '')}`
}

/** Where the time of the trace went: of its root, or else of what is first. */
export function handlerOf({
  handlers,
  rootSpanId,
}: Pick<TraceDetail, 'handlers' | 'rootSpanId'>): HandlerTime | undefined {
  return handlers.find(({ spanId }) => spanId === rootSpanId) ?? handlers[0]
}

interface Times {
  readonly durationNs: number
  readonly categories: readonly { readonly category: string; readonly share: number }[]
  readonly ownNs: number
  readonly overlapNs: number
}

/** `database 70 %, http 12 %, own code 18 %`: where the time of a request went; empty when it made no call. */
export function timeText({ durationNs, categories, ownNs, overlapNs }: Times): string {
  if (durationNs === 0 || categories.length === 0) return ''
  const parts = categories.map(({ category, share }) => `${category} ${percent(share)}`)
  const overlap = overlapNs > 0 ? ` (${percent(overlapNs / durationNs)} at the same time)` : ''
  return `${parts.join(', ')}, own code ${percent(ownNs / durationNs)}${overlap}`
}

/** That a query found nothing, and why, when it asks for what nothing has. */
export const nothingFound = (text: string, fields: readonly string[]): string =>
  fields.length === 0
    ? text
    : `${text} Nothing stored has ${fields.map((field) => JSON.stringify(field)).join(', ')} as a field. A text that holds : or = is found in quotes.`
