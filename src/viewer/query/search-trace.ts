/** Finds the spans of one trace that meet a query, attributes included. */
import type { TraceSearch } from '../api.ts'
import type { TraceRow } from '../store/traces.ts'
import { readQuery } from './compile/read-query.ts'
import { compileSpanQuery, isTraceTerm } from './compile/spans.ts'
import type { Engine } from './engine.ts'
import { termsOf } from './language/ast.ts'
import { layOutTrace } from './lay-out-trace.ts'

export function searchTrace(
  engine: Engine,
  row: TraceRow,
  q: string,
  options: { readonly alignClocks?: boolean } = {},
): TraceSearch {
  const expression = readQuery(engine.store, 'span', q)
  if (termsOf(expression).every(isTraceTerm)) return { spanIds: [], indexes: [] }
  const span = compileSpanQuery(engine.store, expression)
  const rows = engine.store.database
    .prepare(`SELECT s.id FROM span s INDEXED BY span_trace WHERE s.trace_no = ? AND (${span.text})`)
    .all(row.no, ...span.args) as { id: number }[]
  const found = new Set(rows.map(({ id }) => id))
  if (found.size === 0) return { spanIds: [], indexes: [] }
  const { placed, tree } = layOutTrace(engine, row, options)
  // indexes are those of the detail, which has the same order
  const indexes: number[] = []
  const spanIds: string[] = []
  for (const [at, index] of tree.order.entries()) {
    const { stored } = placed.spans[index]!
    if (!found.has(stored.id)) continue
    indexes.push(at)
    spanIds.push(stored.spanId)
  }
  return { spanIds, indexes }
}
