/** Finds operations that are slow now and then, or slower than in the run before. */
import type { ProgramRun } from '../api.ts'
import { type Aggregate, quantileOf } from '../query/aggregate.ts'
import type { OperationKey, Rollups } from '../query/rollups.ts'
import type { Interner } from '../store/intern.ts'
import { KINDS } from '../store/semantics.ts'
import { millis, queryFor } from './finding.ts'
import type { SlowFinding } from './slow-chains.ts'

const LEAST_CALLS = 20
const LEAST_CALLS_A_RUN = 10
/** Below this nobody waits. */
const LEAST_P95_NS = 20_000_000
const TAIL_FACTOR = 3
const REGRESSION_FACTOR = 1.5
const LEAST_REGRESSION_NS = 5_000_000
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }

/** A trace is slow when its root takes three times what is usual for its operation. */
export function isSlow(durationNs: number, usualNs: number | null): boolean {
  return usualNs !== null && durationNs >= LEAST_P95_NS && durationNs > usualNs * TAIL_FACTOR
}

type Sum = Aggregate & { readonly sample: OperationKey }

/** @param programs of all processes: those that run side by side are one, and are not compared with each other */
export function findSlow(operations: Rollups, texts: Interner, programs: readonly ProgramRun[]): SlowFinding[] {
  const programOf = new Map(programs.flatMap((program) => program.runs.map((run) => [run, program] as const)))
  const runs = new Map<string, Sum[]>()
  for (const sum of operations
    .sum(ALL, (key) => (isCall(key) ? `${idOf(key)}|${programOf.get(key.run)?.id ?? key.run}` : undefined))
    .values()) {
    const id = idOf(sum.sample)
    const known = runs.get(id)
    if (known) known.push(sum)
    else runs.set(id, [sum])
  }
  const sums = operations.sum(ALL, (key) => (isCall(key) ? idOf(key) : undefined))
  return [...sums].flatMap(([id, sum]) => {
    const regression = regressionOf(runs.get(id)!, texts, programOf)
    const tail = tailOf(sum, texts)
    return [regression, tail].filter((finding) => finding !== undefined)
  })
}

function tailOf(sum: Sum, texts: Interner): SlowFinding | undefined {
  if (sum.calls < LEAST_CALLS) return undefined
  const [median, p95] = [quantileOf(sum, 0.5), quantileOf(sum, 0.95)]
  if (p95 < LEAST_P95_NS || p95 <= median * TAIL_FACTOR) return undefined
  return {
    ...common(sum.sample, texts, 'tail', p95),
    severity: 'warning',
    title: `One in twenty calls of ${texts.textOf(sum.sample.name)} is slow`,
    detail: `p95 is ${millis(p95)} and the median ${millis(median)}, over ${sum.calls} calls.`,
    advice:
      'Compare a slow trace with a usual one: look for waiting (pools, locks, the event loop) and for cold caches.',
    count: Math.max(1, Math.round(sum.calls / 20)),
    weight: p95,
    savingNs: p95 - median,
  }
}

/** Against the run before the newest. */
function regressionOf(
  runs: readonly Sum[],
  texts: Interner,
  programOf: ReadonlyMap<string, ProgramRun>,
): SlowFinding | undefined {
  const [now, ...earlier] = [...runs].sort((a, b) => b.lastUs - a.lastUs)
  const startUs = (now && programOf.get(now.sample.run)?.firstUs) ?? Number.MAX_SAFE_INTEGER
  const before = earlier.find(({ lastUs }) => lastUs < startUs)
  if (!now || !before || now.calls < LEAST_CALLS_A_RUN || before.calls < LEAST_CALLS_A_RUN) return undefined
  const [p95, was] = [quantileOf(now, 0.95), quantileOf(before, 0.95)]
  if (p95 < was * REGRESSION_FACTOR || p95 - was < LEAST_REGRESSION_NS) return undefined
  return {
    ...common(now.sample, texts, 'regression', p95),
    severity: 'warning',
    title: `${texts.textOf(now.sample.name)} is slower than in the run before`,
    detail: `p95 is ${millis(p95)} over ${now.calls} calls; it was ${millis(was)} over ${before.calls} calls in the run before.`,
    advice: 'Compare a trace of this run with one of the run before: what takes longer, or is new, stands out.',
    count: now.calls,
    weight: p95,
    savingNs: p95 - was,
  }
}

function common(
  key: OperationKey,
  texts: Interner,
  code: string,
  fromNs: number,
): Pick<SlowFinding, 'operationKey' | 'key' | 'kind' | 'service' | 'operation' | 'spanIds' | 'query' | 'badge'> {
  const [service, name] = [texts.textOf(key.svc), texts.textOf(key.name)]
  return {
    key: `slow|${code}|${service}|${name}|${key.kind}`,
    operationKey: { svc: key.svc, name: key.name, kind: key.kind },
    kind: 'slow',
    service,
    operation: name,
    spanIds: [],
    query: queryFor(service, name, `duration>=${Math.floor(fromNs)}ns`),
    badge: null,
  }
}

/** What somebody waits for; functions within a process are part of these. */
function isCall({ kind, name }: OperationKey): boolean {
  return name !== 0 && (KINDS[kind] === 'server' || KINDS[kind] === 'consumer' || KINDS[kind] === 'client')
}

function idOf({ svc, name, kind }: OperationKey): string {
  return `${svc}|${name}|${kind}`
}
