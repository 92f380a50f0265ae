/** The filters of a test suite, and what meets them. */
import type { Attributes, AttributeValue, Severity, SpanKind, SpanStatus } from '../api.ts'
import type { ViewerLog, ViewerSpan } from './found.ts'

export interface SpanFilter {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string | null
  readonly name?: string | RegExp
  readonly service?: string
  readonly kind?: SpanKind
  readonly status?: SpanStatus
  /** Each must be there with this value. */
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>
}

export interface LogFilter {
  readonly traceId?: string
  readonly spanId?: string
  readonly service?: string
  readonly severity?: Severity
  readonly body?: string | RegExp
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>
}

export function matchesSpan(span: ViewerSpan, filter: SpanFilter): boolean {
  return (
    (filter.spanId === undefined || span.spanId === filter.spanId) &&
    (filter.parentSpanId === undefined || span.parentSpanId === filter.parentSpanId) &&
    (filter.name === undefined || isMatch(span.name, filter.name)) &&
    (filter.service === undefined || span.service === filter.service) &&
    (filter.kind === undefined || span.kind === filter.kind) &&
    (filter.status === undefined || span.status === filter.status) &&
    hasAttributes(span.attributes, filter.attributes)
  )
}

export function matchesLog(log: ViewerLog, filter: LogFilter): boolean {
  return (
    (filter.traceId === undefined || log.traceId === filter.traceId) &&
    (filter.spanId === undefined || log.spanId === filter.spanId) &&
    (filter.service === undefined || log.service === filter.service) &&
    (filter.severity === undefined || log.severity === filter.severity) &&
    (filter.body === undefined || isMatch(log.body, filter.body)) &&
    hasAttributes(log.attributes, filter.attributes)
  )
}

function hasAttributes(attributes: Attributes, wanted: SpanFilter['attributes'] = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const actual = Object.hasOwn(attributes, key) ? attributes[key] : undefined
    if (actual === undefined) return false
    return value instanceof RegExp ? value.test(String(actual)) : JSON.stringify(actual) === JSON.stringify(value)
  })
}

export function isMatch(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text)
}
