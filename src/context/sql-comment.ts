/** Reads the trace context that a client left in a comment of an SQL statement. */
import { type Context, defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'

const COMMENT = /\/\*([^*]*(?:\*(?!\/)[^*]*)*)\*\//g
const PAIR = /([\w.%-]+)='((?:[^'\\]|\\.)*)'/g
const MAX_LENGTH = 100_000

/**
 * The context a statement carries in a comment such as `SELECT 1 /*traceparent='00-…-01'* /`; `base` where it carries none. For proxies and
 * database middleware that continue the trace.
 * @see https://google.github.io/sqlcommenter/spec/
 * @example
 * const span = tracer.startSpan('proxy query', {}, extractFromSqlComment(sql))
 */
export function extractFromSqlComment(sql: string, base: Context = ROOT_CONTEXT): Context {
  const carrier: Record<string, string> = {}
  // comments stand at the end of a statement
  for (const [, comment] of sql.slice(-MAX_LENGTH).matchAll(COMMENT)) {
    for (const [, key, value] of comment!.matchAll(PAIR)) carrier[decode(key!)] = decode(value!.replace(/\\(.)/g, '$1'))
  }
  return new W3CTraceContextPropagator().extract(base, carrier, defaultTextMapGetter)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
