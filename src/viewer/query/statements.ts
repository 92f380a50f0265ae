/** Database statements with rate, errors and percentiles, and who calls them. */
import type { QueryStatList, SpanRef } from '../api.ts'
import { SYSTEMS } from '../store/semantics.ts'
import { rangeOf, SAMPLE, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { spanRefById } from './span-refs.ts'

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

interface Samples {
  readonly sample: SpanRef
  readonly callers: Map<number, number>
}

function statementSamples({ store }: Engine): Map<string, Samples> {
  const rows = store.database
    .prepare(
      `SELECT s.svc, s.grp, t.head_name AS caller, count(*) AS calls, max(s.id) AS id
        FROM (SELECT id, trace_no, svc, grp FROM span WHERE sys IN (3, 4) ORDER BY id DESC LIMIT ${SAMPLE}) s
        JOIN trace t ON t.no = s.trace_no GROUP BY s.svc, s.grp, caller ORDER BY id DESC`,
    )
    .all() as { svc: number; grp: number; caller: number; calls: number; id: number }[]
  const callers = new Map<string, { id: number; callers: Map<number, number> }>()
  for (const { svc, grp, caller, calls, id } of rows) {
    const key = `${svc}|${grp}`
    const entry = callers.get(key) ?? { id, callers: new Map<number, number>() }
    callers.set(key, entry)
    entry.callers.set(caller, calls)
  }
  const sampleOf = spanRefById(store)
  return new Map([...callers].map(([key, { id, callers }]) => [key, { sample: sampleOf(id)!, callers }]))
}
