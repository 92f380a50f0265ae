/** Reads the parameters that queries share: time window, run, services, limits. */
import { HttpError } from '../receive/body.ts'
import type { StoreContext } from '../store/context.ts'
import { serviceIds } from './compile/spans.ts'
import { and, FALSE, isIn, type Sql, sql, TRUE } from './sql.ts'

export interface QueryWindow {
  readonly fromUs: number
  readonly toUs: number
  /** Whether the caller set a bound. */
  readonly isBounded: boolean
  readonly run: string | undefined
  readonly services: readonly string[]
}

const FOREVER_US = 9_000_000_000_000_000

export function readWindow(query: URLSearchParams): QueryWindow {
  const from = optionalNumber(query, 'from')
  const to = optionalNumber(query, 'to')
  return {
    fromUs: from ?? 0,
    toUs: to ?? FOREVER_US,
    isBounded: from !== undefined || to !== undefined,
    run: query.get('run') || undefined,
    services: query.getAll('service').filter(Boolean),
  }
}

/** The window with its open ends closed by what is stored. */
export function closeWindow({ database }: StoreContext, window: QueryWindow): { fromUs: number; toUs: number } {
  const { first, last } = database
    .prepare('SELECT min(first_us) AS first, max(last_us) AS last FROM resource WHERE last_us > 0')
    .get() as { first: number | null; last: number | null }
  const now = Date.now() * 1000
  const toUs = window.toUs === FOREVER_US ? Math.max(last ?? now, 1) : window.toUs
  const fromUs = window.fromUs === 0 ? Math.min(first ?? now, toUs) : window.fromUs
  return { fromUs, toUs: Math.max(toUs, fromUs + 1) }
}

/** Service and run of one span `s` or log record `l`. */
export function ofWindow(context: StoreContext, window: QueryWindow, alias: 's' | 'l'): Sql {
  const services = window.services.length === 0 ? TRUE : isIn(`${alias}.svc`, serviceIds(context, window.services))
  const run = window.run === undefined ? TRUE : isIn(`${alias}.resource_id`, context.resources.ofRun(window.run))
  return services.text === '0' || run.text === '0' ? FALSE : and([services, run])
}

export function timeWithin(column: string, window: QueryWindow): Sql {
  return window.isBounded ? sql(`${column} BETWEEN ? AND ?`, window.fromUs, window.toUs) : TRUE
}

export function optionalNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || Math.abs(value) > FOREVER_US)
    throw new HttpError(400, 'bad_parameter', `${name} is not a number.`)
  return Math.trunc(value)
}

export function limitOf(query: URLSearchParams, fallback: number, most: number): number {
  return Math.min(Math.max(optionalNumber(query, 'limit') ?? fallback, 1), most)
}

export function required(query: URLSearchParams, name: string): string {
  const value = query.get(name)
  if (value === null || value === '') throw new HttpError(400, 'bad_parameter', `${name} is missing.`)
  return value
}

export function requiredNumber(query: URLSearchParams, name: string): number {
  required(query, name)
  return optionalNumber(query, name)!
}

/** An opaque position in a list: the values of its sort columns. */
export function encodeCursor(values: readonly number[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

export function decodeCursor(query: URLSearchParams, length: number): number[] | undefined {
  const text = query.get('cursor')
  if (text === null || text === '') return undefined
  try {
    const values = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown
    if (Array.isArray(values) && values.length === length && values.every(Number.isFinite)) return values as number[]
  } catch {
    // falls through
  }
  throw new HttpError(400, 'bad_parameter', 'cursor is not one that was handed out.')
}
