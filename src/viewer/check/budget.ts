/** Budgets of routes: read from a file, and held against the requests of a run. */
import { UsageError } from '../process/start.ts'
import { type CheckFinding, matchesName } from './finding.ts'
import type { Request } from './requests.ts'

/** Limits of the requests whose name meets the key. */
export interface Budget {
  /** 95 of 100 requests take no longer, in milliseconds; of fewer than 20 requests, none takes longer. */
  readonly maxP95Millis?: number
  /** Spans of one request. */
  readonly maxSpans?: number
  /** Statements that one request sends to databases. */
  readonly maxQueries?: number
}

/** By name of the request, in which `*` stands for any text: `{ "GET /orders/:id": { "maxQueries": 5 } }`. */
export type Budgets = Readonly<Record<string, Budget>>

const LIMITS = ['maxP95Millis', 'maxSpans', 'maxQueries'] as const

/** @throws {UsageError} that names the entry that is wrong */
export function parseBudgets(text: string, file: string): Budgets {
  const fail = (why: string): never => {
    throw new UsageError(`${file}: ${why}`)
  }
  let budgets: unknown
  try {
    budgets = JSON.parse(text)
  } catch (error) {
    return fail((error as Error).message)
  }
  if (!isObject(budgets)) return fail('a budget is an object: { "GET /orders/:id": { "maxQueries": 5 } }')
  for (const [name, budget] of Object.entries(budgets)) {
    if (!isObject(budget)) return fail(`${JSON.stringify(name)} is no object with ${LIMITS.join(', ')}`)
    for (const [limit, value] of Object.entries(budget)) {
      if (!(LIMITS as readonly string[]).includes(limit))
        fail(`${JSON.stringify(name)} has an unknown limit ${limit}; there are ${LIMITS.join(', ')}`)
      if (typeof value !== 'number' || !(value >= 0)) fail(`${limit} of ${JSON.stringify(name)} is no number from 0 on`)
    }
  }
  return budgets as Budgets
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export interface BudgetResult {
  readonly findings: readonly CheckFinding[]
  /** Entries that no request met: most likely a name that was mistyped. */
  readonly unused: readonly string[]
}

/** The entry that names a request to the letter goes before those with `*`. */
export function checkBudgets(budgets: Budgets, requests: readonly Request[]): BudgetResult {
  const groups = Map.groupBy(requests, ({ name }) => name)
  const used = new Set<string>()
  const findings = [...groups].flatMap(([name, group]) => {
    const key = Object.hasOwn(budgets, name) ? name : Object.keys(budgets).find((pattern) => matchesName(pattern, name))
    if (key === undefined) return []
    used.add(key)
    return overruns(name, group, budgets[key]!)
  })
  return { findings, unused: Object.keys(budgets).filter((key) => !used.has(key)) }
}

function overruns(name: string, group: readonly Request[], budget: Budget): CheckFinding[] {
  const { maxP95Millis, maxSpans, maxQueries } = budget
  const slow = quantile(group, 0.95)
  const most = (count: (request: Request) => number): Request =>
    group.reduce((largest, request) => (count(request) > count(largest) ? request : largest))
  const finding = (limit: string, request: Request, title: string, detail: string, count: number): CheckFinding => ({
    kind: 'budget',
    key: `budget|${name}|${limit}`,
    title,
    detail,
    service: request.service,
    operation: name,
    count,
    file: null,
    line: null,
    traceId: request.traceId,
  })
  const found: CheckFinding[] = []
  const slowMillis = slow.durationNs / 1e6
  if (maxP95Millis !== undefined && slowMillis > maxP95Millis) {
    const title = `${name} takes ${slowMillis.toFixed(1)} ms (p95), at most ${maxP95Millis} ms are allowed`
    found.push(finding('maxP95Millis', slow, title, `Of ${group.length} requests.`, 1))
  }
  for (const [limit, allowed, countOf, what] of [
    ['maxSpans', maxSpans, ({ spans }: Request) => spans, 'spans'],
    ['maxQueries', maxQueries, ({ queries }: Request) => queries, 'queries'],
  ] as const) {
    if (allowed === undefined) continue
    const over = group.filter((request) => countOf(request) > allowed)
    if (over.length === 0) continue
    const worst = most(countOf)
    const title = `${name} makes ${countOf(worst)} ${what}, at most ${allowed} are allowed`
    found.push(finding(limit, worst, title, `${over.length} of ${group.length} requests.`, over.length))
  }
  return found
}

/** By nearest rank. */
function quantile(group: readonly Request[], share: number): Request {
  const sorted = [...group].sort((a, b) => a.durationNs - b.durationNs)
  return sorted[Math.ceil(share * sorted.length) - 1]!
}
