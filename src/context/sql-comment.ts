/** Reads the trace context that a client left in a comment of an SQL statement. */
import { type Context, defaultTextMapGetter, ROOT_CONTEXT } from '@opentelemetry/api'
import { percentDecode } from './header-text.ts'
import { traceContextPropagator } from './trace-context.ts'

/**
 * Comments, and what only looks as if it held one: text in quotes, which may come from anybody, and comments to the end of a line. What is not closed
 * goes on to the end, so that no character is looked at often.
 */
const PARTS = /'(?:[^'\\]|\\.)*\\?(?:'|$)|"(?:[^"\\]|\\.)*\\?(?:"|$)|--[^\n]*|\/\*([^*]*(?:\*(?!\/)[^*]*)*)(?:\*\/|$)/gs
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
  const carrier: Record<string, string> = Object.create(null)
  // comments stand at the end of a statement
  for (const [, comment] of sql.slice(-MAX_LENGTH).matchAll(PARTS)) {
    for (const [, key, value] of comment?.matchAll(PAIR) ?? [])
      carrier[percentDecode(key!)] = percentDecode(value!.replace(/\\(.)/g, '$1'))
  }
  return traceContextPropagator.extract(base, carrier, defaultTextMapGetter)
}
