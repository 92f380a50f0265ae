/** What can be asked of the spans of a test: each check gives whether it holds, and a message for either outcome. */
import { findNPlusOne } from '../insights/n-plus-one.ts'
import { statementOf } from '../store/semantics.ts'
import type { ViewerSpan } from './found.ts'
import { matchesSpan, type SpanFilter } from './match.ts'
import { describeError, outline } from './outline.ts'
import { viewOf } from './view.ts'

/** The outcome of a check. */
export interface CheckResult {
  readonly pass: boolean
  /** Why it failed; of a check that passed, why its negation fails. */
  readonly message: () => string
}

/** A number of queries: exactly this many, or a range with its ends. */
export type QueryCount = number | { readonly min?: number; readonly max?: number }

/** A span that meets all that the filter names. */
export function checkSpan(spans: readonly ViewerSpan[], filter: SpanFilter): CheckResult {
  const pass = spans.some((span) => matchesSpan(span, filter))
  return {
    pass,
    message: () =>
      pass
        ? `expected no span that meets ${show(filter)}, found:\n${outline(spans.filter((span) => matchesSpan(span, filter)))}`
        : `expected a span that meets ${show(filter)}\n${nearest(spans, filter)}The spans are:\n${outline(spans)}`,
  }
}

/** No span with the status error. */
export function checkNoErrors(spans: readonly ViewerSpan[]): CheckResult {
  const failed = spans.filter(({ status }) => status === 'error')
  return {
    pass: failed.length === 0,
    message: () =>
      failed.length === 0
        ? 'expected a span with the status error, found none'
        : `expected no span with the status error, found ${failed.length}:\n${failed.map((span) => `  ${describeError(span)}`).join('\n')}`,
  }
}

/** No statement or call that is made again and again for one request: five times or more. */
export function checkNoNPlusOne(spans: readonly ViewerSpan[]): CheckResult {
  const found = findNPlusOne(viewOf(spans))
  return {
    pass: found.length === 0,
    message: () =>
      found.length === 0
        ? 'expected an N+1, found none'
        : `expected no N+1, found ${found.length}:\n${found.map(({ title, detail, advice }) => `  ${title}\n    ${detail}\n    ${advice}`).join('\n')}`,
  }
}

/**
 * As many statements sent to databases as named. Caches such as Redis, connecting and waiting for a connection do not count.
 * @param filter counts only those that meet it
 */
export function checkQueryCount(
  spans: readonly ViewerSpan[],
  wanted: QueryCount,
  filter: SpanFilter = {},
): CheckResult {
  const { min = 0, max = Number.POSITIVE_INFINITY } = typeof wanted === 'number' ? { min: wanted, max: wanted } : wanted
  const queries = queriesOf(spans).filter((span) => matchesSpan(span, filter))
  const pass = queries.length >= min && queries.length <= max
  const range = min === max ? String(min) : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`
  return {
    pass,
    message: () =>
      `expected ${pass ? 'another number of queries than ' : ''}${range}${pass ? '' : ' queries'}, found ${queries.length}:\n${outline(queries)}`,
  }
}

function queriesOf(spans: readonly ViewerSpan[]): ViewerSpan[] {
  const { spans: placed } = viewOf(spans)
  return spans.filter((_, index) => isQuery(placed[index]!.stored))
}

/** Whether a span is one statement that was sent to a database. */
export function isQuery({ system, attributes }: { system: string; attributes: object }): boolean {
  return system === 'db' && statementOf(attributes as Parameters<typeof statementOf>[0]) !== ''
}

/** Of the span that meets the most, what it has instead. */
function nearest(spans: readonly ViewerSpan[], filter: SpanFilter): string {
  const wanted = partsOf(filter)
  if (wanted.length < 2) return ''
  const missed = spans.map((span) => ({ span, parts: wanted.filter(({ part }) => !matchesSpan(span, part)) }))
  const [best] = missed.sort((a, b) => a.parts.length - b.parts.length)
  if (!best || best.parts.length === wanted.length) return ''
  const { span, parts } = best
  const differences = parts.map(({ name, read, part }) => `  ${name} is ${show(read(span))}, expected ${show(part)}`)
  return `The nearest is "${span.name}":\n${differences.join('\n')}\n`
}

interface Part {
  readonly name: string
  readonly part: SpanFilter
  readonly read: (span: ViewerSpan) => unknown
}

/** A filter as filters of one condition each. */
function partsOf({ attributes = {}, ...plain }: SpanFilter): Part[] {
  return [
    ...Object.entries(plain).map(([name, value]) => ({
      name,
      part: { [name]: value },
      read: (span: ViewerSpan) => span[name as keyof ViewerSpan],
    })),
    ...Object.entries(attributes).map(([key, value]) => ({
      name: key,
      part: { attributes: { [key]: value } },
      read: (span: ViewerSpan) => span.attributes[key],
    })),
  ]
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, inner: unknown) => (inner instanceof RegExp ? String(inner) : inner))
  return text ?? 'absent'
}
