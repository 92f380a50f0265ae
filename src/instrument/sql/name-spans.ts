/** Names the spans of SQL libraries by what their statements do, in place of what stands first in them. */
import type { Attributes, Span, TracerProvider } from '@opentelemetry/api'
import { adaptTracers, type StartSpan } from '../mend/adapt-tracer.ts'
import { type SqlSummary, summarizeSql } from './summarize.ts'

/** Instrumentations that name spans by the first word of a statement, or by what their own method and the database are called. */
const NAMED_BY_STATEMENT: ReadonlySet<string> = new Set(['mysql', 'mysql2', 'knex'])
const MAX_REMEMBERED = 1_000
const remembered = new Map<string, SqlSummary | undefined>()

/** The same provider for all others. */
export function withSqlNames(instrumentation: string, provider: TracerProvider): TracerProvider {
  return NAMED_BY_STATEMENT.has(instrumentation) ? adaptTracers(provider, startNamed) : provider
}

/** A hook for `pg`, which tells of the statement once the span is there. */
export function nameByQuery(span: Span, { query }: { readonly query?: { readonly text?: unknown } }): void {
  const text = query?.text
  if (typeof text !== 'string') return
  const summary = summaryOf(text)
  span.updateName(summary?.text ?? 'SQL')
  span.setAttributes(attributesOf(summary))
}

const startNamed: StartSpan = (tracer, name, options, parent) => {
  const { attributes } = options ?? {}
  const text = attributes?.['db.query.text'] ?? attributes?.['db.statement']
  if (typeof text !== 'string') return tracer.startSpan(name, options, parent)
  const summary = summaryOf(text)
  const named = { ...options, attributes: { ...attributes, ...attributesOf(summary) } }
  return tracer.startSpan(summary?.text ?? 'SQL', named, parent)
}

export function attributesOf(summary: SqlSummary | undefined): Attributes {
  if (summary === undefined) return {}
  const { operation, table, text } = summary
  return { 'db.operation.name': operation, 'db.query.summary': text, ...(table && { 'db.collection.name': table }) }
}

export function summaryOf(statement: string): SqlSummary | undefined {
  if (remembered.has(statement)) return remembered.get(statement)
  if (remembered.size >= MAX_REMEMBERED) remembered.clear()
  const summary = summarizeSql(statement)
  // long ones are often made for one use
  if (statement.length < 2_000) remembered.set(statement, summary)
  return summary
}
