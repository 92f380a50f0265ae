/** Database statements with rate, errors and percentiles, and who calls them. */
import type { QueryStatList, SpanRef } from '../api.ts'
import { SYSTEMS } from '../store/semantics.ts'
import { rangeOf, SAMPLE, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { type SpanRefColumns, toSpanRef } from './span-refs.ts'

const MAX_STATEMENTS = 500

export function listStatements(engine: Engine, query: URLSearchParams): QueryStatList {
  const { store, statements } = engine
  const range = rangeOf(engine, query)
  const sums = [...statements.sum(range, ({ svc, name }) => `${svc}|${name}`).values()]
    .filter(({ sample }) => sample.name !== 0)
    .sort((a, b) => b.totalNs - a.totalNs)
    .slice(0, MAX_STATEMENTS)
  const samples = statementSamples(engine)
  const queries = sums.flatMap((sum) => {
    const { svc, name, system } = sum.sample
    const found = samples.get(`${svc}|${name}`)
    if (!found) return []
    return {
      ...statsOf(sum, range),
      statement: store.texts.textOf(name),
      system: SYSTEMS[system] ?? 'db',
      service: store.texts.textOf(svc),
      callers: [...found.callers]
        .map(([caller, calls]) => ({ name: store.texts.textOf(caller), calls }))
        .sort((a, b) => b.calls - a.calls)
        .slice(0, 10),
      sample: found.sample,
    }
  })
  return { queries }
}

function statementSamples(engine: Engine): Map<string, { sample: SpanRef; callers: Map<number, number> }> {
  const rows = engine.store.database
    .prepare(
      `SELECT s.*, t.id AS trace_id, t.head_name AS caller FROM (SELECT * FROM span WHERE sys IN (3, 4) ORDER BY id DESC LIMIT ${SAMPLE}) s JOIN trace t ON t.no = s.trace_no`,
    )
    .all() as unknown as (SpanRefColumns & { grp: number; caller: number })[]
  const found = new Map<string, { sample: SpanRef; callers: Map<number, number> }>()
  for (const row of rows) {
    const key = `${row.svc}|${row.grp}`
    const entry = found.get(key) ?? { sample: toSpanRef(engine.store, row), callers: new Map<number, number>() }
    found.set(key, entry)
    entry.callers.set(row.caller, (entry.callers.get(row.caller) ?? 0) + 1)
  }
  return found
}
