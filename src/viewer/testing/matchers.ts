/** Matchers for `expect.extend` of vitest and jest, and the same as assertions for node:test. */
import { AssertionError } from 'node:assert'
import {
  type CheckResult,
  checkNoErrors,
  checkNoNPlusOne,
  checkQueryCount,
  checkSpan,
  type QueryCount,
} from './checks.ts'
import type { ViewerSpan } from './found.ts'
import type { SpanFilter } from './match.ts'

/** A source of spans that has to flush first, such as the handle of `startTelemetry`. */
export interface SpanSource {
  /** All spans that have ended; flushes what is still in the process. */
  spans(): Promise<readonly ViewerSpan[]>
}

/** What can be looked at: a trace, spans, or a handle that is flushed and then looked at as a whole. */
export type Observed = { readonly spans: readonly ViewerSpan[] } | readonly ViewerSpan[] | SpanSource

/** Matchers of a handle give a promise, those of a trace do not. */
type Outcome<T> = T extends SpanSource ? Promise<void> : void

/** The types of the matchers, for `expect`. */
export interface TelemetryMatchers<T> {
  /** One span meets all that the filter names: `{ name: 'GET /orders', status: 'error', attributes: { 'http.route': '/orders' } }`. */
  toHaveSpan(filter: SpanFilter): Outcome<T>
  /** No span has the status error. */
  toHaveNoErrors(): Outcome<T>
  /** No statement or call is made five times or more for one request. */
  toHaveNoNPlusOne(): Outcome<T>
  /** As many statements were sent to databases: `3`, or `{ max: 5 }`. A filter counts only those that meet it. */
  toHaveQueryCount(wanted: QueryCount, filter?: SpanFilter): Outcome<T>
}

type MatcherResult = CheckResult | Promise<CheckResult>

/**
 * For `expect.extend` of vitest and jest.
 * @example
 * expect.extend(matchers)
 * expect(await telemetry.capture(listOrders)).toHaveQueryCount({ max: 2 })
 */
export const matchers = {
  toHaveSpan: (observed: unknown, filter: SpanFilter): MatcherResult =>
    check(observed, (spans) => checkSpan(spans, filter)),
  toHaveNoErrors: (observed: unknown): MatcherResult => check(observed, checkNoErrors),
  toHaveNoNPlusOne: (observed: unknown): MatcherResult => check(observed, checkNoNPlusOne),
  toHaveQueryCount: (observed: unknown, wanted: QueryCount, filter?: SpanFilter): MatcherResult =>
    check(observed, (spans) => checkQueryCount(spans, wanted, filter)),
}

/**
 * Fails unless a span meets the filter.
 * @throws {AssertionError} that shows the spans; of a handle, a promise that rejects with it
 * @example
 * assertSpan(await telemetry.capture(listOrders), { name: 'GET /orders', status: 'unset' })
 */
export function assertSpan<T extends Observed>(observed: T, filter: SpanFilter): Outcome<T> {
  return assertCheck(observed, (spans) => checkSpan(spans, filter))
}

/** Fails when a span has the status error. @throws as {@link assertSpan} */
export function assertNoErrors<T extends Observed>(observed: T): Outcome<T> {
  return assertCheck(observed, checkNoErrors)
}

/** Fails when a statement or call is made five times or more for one request. @throws as {@link assertSpan} */
export function assertNoNPlusOne<T extends Observed>(observed: T): Outcome<T> {
  return assertCheck(observed, checkNoNPlusOne)
}

/** Fails unless as many statements were sent to databases. @throws as {@link assertSpan} */
export function assertQueryCount<T extends Observed>(observed: T, wanted: QueryCount, filter?: SpanFilter): Outcome<T> {
  return assertCheck(observed, (spans) => checkQueryCount(spans, wanted, filter))
}

function assertCheck<T extends Observed>(observed: T, run: (spans: readonly ViewerSpan[]) => CheckResult): Outcome<T> {
  const result = check(observed, run)
  const settle = ({ pass, message }: CheckResult): void => {
    if (!pass) throw new AssertionError({ message: message() })
  }
  return (result instanceof Promise ? result.then(settle) : settle(result)) as Outcome<T>
}

function check(observed: unknown, run: (spans: readonly ViewerSpan[]) => CheckResult): MatcherResult {
  const spans = Array.isArray(observed) ? observed : (observed as { spans?: unknown } | null | undefined)?.spans
  if (typeof spans === 'function') return (observed as SpanSource).spans().then(run)
  if (Array.isArray(spans)) return run(spans as ViewerSpan[])
  throw new TypeError(
    'expected a trace ({ spans: [...] }), spans, or what startTelemetry() gives; is an `await` missing?',
  )
}
