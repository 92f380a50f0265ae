/** How many times a request runs each statement, in two runs; connecting and transaction control are none. */
import type { ComparedQueries } from '../api.ts'
import { isRepeatable } from '../insights/n-plus-one.ts'
import { KINDS, SYSTEMS } from '../store/semantics.ts'
import type { TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'

const DATABASES = [SYSTEMS.indexOf('db'), SYSTEMS.indexOf('cache')]
const CLIENT = KINDS.indexOf('client')
/** Of each run, newest first. */
const MAX_TRACES = 1000
const LEAST_CHANGE = 0.1
const MAX_ROWS = 200

/** Operation of the root, then statement. */
interface Counts {
  readonly requests: Map<string, number>
  readonly statements: Map<
    string,
    { readonly operation: string; readonly grp: number; readonly sys: number; n: number }
  >
}

/** Of operations that both runs have; what a request runs as often as before is left out. */
export function compareStatements(
  engine: Engine,
  before: readonly TraceRow[],
  after: readonly TraceRow[],
): ComparedQueries[] {
  const [a, b] = [countStatements(engine, before), countStatements(engine, after)]
  const { texts } = engine.store
  const rows: ComparedQueries[] = []
  for (const key of new Set([...a.statements.keys(), ...b.statements.keys()])) {
    const { operation, grp, sys } = (a.statements.get(key) ?? b.statements.get(key))!
    const [statement, system] = [texts.textOf(grp), SYSTEMS[sys] ?? 'db']
    if (!isRepeatable(system, statement, statement)) continue
    const [requestsA, requestsB] = [a.requests.get(operation), b.requests.get(operation)]
    if (requestsA === undefined || requestsB === undefined) continue
    const [svc, name] = operation.split('|').map(Number)
    rows.push({
      service: texts.textOf(svc!),
      operation: texts.textOf(name!),
      statement,
      system,
      a: (a.statements.get(key)?.n ?? 0) / requestsA,
      b: (b.statements.get(key)?.n ?? 0) / requestsB,
    })
  }
  const change = (row: ComparedQueries) => Math.abs(row.b - row.a)
  return rows
    .filter((row) => change(row) >= LEAST_CHANGE)
    .sort((x, y) => change(y) - change(x))
    .slice(0, MAX_ROWS)
}

function countStatements({ store }: Engine, traces: readonly TraceRow[]): Counts {
  const sample = traces.slice(0, MAX_TRACES)
  const operationOf = new Map(sample.map((trace) => [trace.no, `${trace.head_svc}|${trace.head_name}`]))
  const counts: Counts = { requests: new Map(), statements: new Map() }
  for (const operation of operationOf.values())
    counts.requests.set(operation, (counts.requests.get(operation) ?? 0) + 1)
  if (sample.length === 0) return counts
  const rows = store.database
    .prepare(
      `SELECT trace_no, grp, sys, count(*) AS n FROM span INDEXED BY span_trace WHERE trace_no IN (${[...operationOf.keys()].join(',')})
        AND sys IN (${DATABASES.join(',')}) AND kind = ${CLIENT} GROUP BY trace_no, grp, sys`,
    )
    .all() as { trace_no: number; grp: number; sys: number; n: number }[]
  for (const { trace_no, grp, sys, n } of rows) {
    const operation = operationOf.get(trace_no)!
    const key = `${operation}|${grp}`
    const known = counts.statements.get(key)
    if (known) known.n += n
    else counts.statements.set(key, { operation, grp, sys, n })
  }
  return counts
}
