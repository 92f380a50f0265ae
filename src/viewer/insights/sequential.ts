/** Finds calls made one after the other that do not seem to need each other. */
import { type Finding, millis, queryFor, shorten, type TraceView } from './finding.ts'
import { isRepeatable } from './n-plus-one.ts'

const LEAST_CALLS = 3
const LEAST_SAVING_NS = 1_000_000
/** More time than this between two calls means that something was done with the answer. */
const MOST_GAP_NS = 2_000_000
const OPENS_TRANSACTION = /^(begin|start transaction)\b/i
const ENDS_TRANSACTION = /^(commit|rollback|end)\b/i
/** Calls that change something are ordered for a reason. */
const WRITES =
  /^(insert|update|delete|merge|replace|create|drop|alter|call|set|del|incr|decr|expire|hset|hdel|lpush|rpush|lpop|rpop|sadd|srem|zadd|zrem|publish|multi|exec|post|put|patch)\b/i

export function findSequential(trace: TraceView): Finding[] {
  const parents = new Set<number>()
  for (const [index, { stored }] of trace.spans.entries())
    if (stored.kind === 'client') parents.add(trace.tree.parents[index]!)
  const findings = new Map<string, Finding>()
  for (const parent of parents) {
    if (parent < 0) continue
    for (const run of runsOf(trace, parent)) {
      const finding = describe(trace, parent, run)
      if (finding && !findings.has(finding.key)) findings.set(finding.key, finding)
    }
  }
  return [...findings.values()]
}

/** Stretches of reading client spans below one parent, each begun soon after the one before it ended. */
function runsOf(trace: TraceView, parent: number): number[][] {
  const runs: number[][] = []
  let run: number[] = []
  let inTransaction = false
  let reached = Number.NEGATIVE_INFINITY
  const close = () => {
    if (run.length >= LEAST_CALLS) runs.push(run)
    run = []
  }
  for (const index of trace.tree.childrenOf(parent)) {
    const { stored, offsetNs, durationNs } = trace.spans[index]!
    const statement = stored.groupKey
    if (OPENS_TRANSACTION.test(statement)) inTransaction = true
    if (inTransaction) {
      if (ENDS_TRANSACTION.test(statement)) inTransaction = false
      close()
      continue
    }
    // spans of other kinds, and connecting, do not part two calls
    if (stored.kind !== 'client' || !isRepeatable(stored.system, statement, stored.name)) continue
    const overlaps = offsetNs < reached
    if (overlaps || WRITES.test(statement) || offsetNs - reached > MOST_GAP_NS) close()
    if (overlaps) run.length = 0
    else if (!WRITES.test(statement)) run.push(index)
    reached = Math.max(reached, offsetNs + durationNs)
  }
  close()
  return runs
}

function describe({ spans }: TraceView, parent: number, run: readonly number[]): Finding | undefined {
  const statements = new Set(run.map((index) => spans[index]!.stored.groupKey))
  // one statement over and over is an N+1, and is told as one
  if (statements.size < LEAST_CALLS) return undefined
  const durations = run.map((index) => spans[index]!.durationNs)
  const sum = durations.reduce((total, ns) => total + ns, 0)
  const savingNs = sum - Math.max(...durations)
  if (savingNs < LEAST_SAVING_NS) return undefined
  const { stored } = spans[parent]!
  const names = [...statements].map((statement) => shorten(statement, 60))
  return {
    key: `sequential|${stored.service}|${stored.name}|${[...statements].sort().join('|')}`,
    kind: 'sequential',
    severity: 'info',
    title: `${run.length} calls in ${stored.name} wait for each other`,
    detail: `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''} run one after the other, ${millis(sum)} in sum; the longest takes ${millis(Math.max(...durations))}.`,
    advice: 'If none needs the answer of another, start them together with `await Promise.all([…])`.',
    service: stored.service,
    operation: stored.name,
    count: 1,
    weight: run.length,
    savingNs,
    spanIds: [stored.spanId, ...run.slice(0, 2).map((index) => spans[index]!.spanId)],
    query: queryFor(stored.service, stored.name, 'badge:sequential'),
    badge: 'sequential',
  }
}
