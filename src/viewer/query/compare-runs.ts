/** Two starts of a program side by side: operations that became slower or faster, findings that are new, statements more a request. */
import type { ComparedOperation, ComparedRun, ProgramRun, RunComparison } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { KINDS } from '../store/semantics.ts'
import { type Aggregate, quantileOf } from './aggregate.ts'
import { statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { findProgram, programBefore, programsOf } from './programs.ts'
import { correctByHolm, rankTest } from './rank-test.ts'
import type { OperationKey } from './rollups.ts'
import { compareStatements } from './run-statements.ts'
import { type RunTraces, tracesOfRun } from './run-traces.ts'
import { summarize } from './traces.ts'

const ALPHA = 0.01
const LEAST_CALLS = 8
const LEAST_RATIO = 1.1
const LEAST_CHANGE_NS = 50_000
const MAX_OPERATIONS = 500

/** @throws {HttpError} 404 `run_not_found` */
export function compareRuns(engine: Engine, query: URLSearchParams): RunComparison {
  const b = requireProgram(engine, query.get('b'))
  const named = query.get('a')
  const a = named ? requireProgram(engine, named) : programBefore(engine.store, b)
  const [tracesA, tracesB] = [a && tracesOfRun(engine, a), tracesOfRun(engine, b)]
  const foundA = engine.insights.ofTraces(tracesA?.rows ?? [])
  const foundB = engine.insights.ofTraces(tracesB.rows)
  const without = (all: typeof foundA, others: typeof foundA) =>
    all.filter(({ id }) => !others.some((other) => other.id === id))
  return {
    a: a && tracesA ? overviewOf(engine, a, tracesA, foundA) : null,
    b: overviewOf(engine, b, tracesB, foundB),
    test: { name: 'mann-whitney', alpha: ALPHA, leastCalls: LEAST_CALLS, leastRatio: LEAST_RATIO },
    operations: a ? compareOperations(engine, a, b) : [],
    findings: a ? { added: without(foundB, foundA), gone: without(foundA, foundB) } : { added: [], gone: [] },
    queries: tracesA ? compareStatements(engine, tracesA.rows, tracesB.rows) : [],
  }
}

function requireProgram({ store }: Engine, id: string | null): ProgramRun {
  const found = id ? findProgram(store, id) : programsOf(store)[0]
  if (found) return found
  throw new HttpError(404, 'run_not_found', id ? 'There is no such run.' : 'No program has sent anything yet.')
}

function overviewOf(
  engine: Engine,
  program: ProgramRun,
  { rows, isSample }: RunTraces,
  found: readonly { readonly kind: string; readonly count: number }[],
): ComparedRun {
  const isRequest = (kind: number) => KINDS[kind] === 'server' || KINDS[kind] === 'consumer'
  const slowest = rows.reduce((most, row) => (row.dur_ns > (most?.dur_ns ?? -1) ? row : most), rows[0])
  const kinds: Record<string, number> = {}
  for (const { kind, count } of found) kinds[kind] = (kinds[kind] ?? 0) + count
  return {
    ...program,
    traces: rows.length,
    requests: rows.filter(({ head_kind }) => isRequest(head_kind)).length,
    failed: rows.filter(({ errors }) => errors > 0).length,
    slowest: slowest ? summarize(engine, slowest) : null,
    found: kinds,
    sampled: isSample ? rows.length : null,
  }
}

interface Pair {
  readonly sample: OperationKey
  a?: Aggregate
  b?: Aggregate
}

function compareOperations({ store, operations }: Engine, a: ProgramRun, b: ProgramRun): ComparedOperation[] {
  const pairs = new Map<string, Pair>()
  for (const [side, program] of [
    ['a', a],
    ['b', b],
  ] as const) {
    const runs = new Set(program.runs)
    const window = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
    const sums = operations.sum(window, (key) =>
      key.name !== 0 && runs.has(key.run) ? `${key.svc}|${key.name}|${key.kind}` : undefined,
    )
    for (const [key, sum] of sums) {
      const pair = pairs.get(key) ?? { sample: sum.sample }
      pairs.set(key, pair)
      pair[side] = sum
    }
  }
  const all = [...pairs.values()]
  const tests = all.map((pair) => (isTestable(pair) ? rankTest(pair.a.buckets, pair.b.buckets) : undefined))
  const corrected = correctByHolm(tests.flatMap((test) => test?.pValue ?? []))
  let at = 0
  const compared = all.map((pair, index) => {
    const test = tests[index]
    const pValue = test ? corrected[at++]! : null
    return {
      service: store.texts.textOf(pair.sample.svc),
      name: store.texts.textOf(pair.sample.name),
      kind: KINDS[pair.sample.kind] ?? 'unspecified',
      a: pair.a ? statsOf(pair.a, windowOf(a)) : null,
      b: pair.b ? statsOf(pair.b, windowOf(b)) : null,
      verdict: verdictOf(pair, pValue),
      pValue,
      chanceSlower: test?.chanceLarger ?? null,
    }
  })
  return compared.sort((x, y) => weightOf(y) - weightOf(x)).slice(0, MAX_OPERATIONS)
}

function isTestable(pair: Pair): pair is Pair & { a: Aggregate; b: Aggregate } {
  return (pair.a?.calls ?? 0) >= LEAST_CALLS && (pair.b?.calls ?? 0) >= LEAST_CALLS
}

function verdictOf(pair: Pair, pValue: number | null): ComparedOperation['verdict'] {
  if (!pair.a) return 'added'
  if (!pair.b) return 'gone'
  if (pValue === null) return 'too-few'
  const [before, after] = [quantileOf(pair.a, 0.5), quantileOf(pair.b, 0.5)]
  const isLarge = Math.abs(after - before) >= LEAST_CHANGE_NS
  if (pValue >= ALPHA || !isLarge) return 'same'
  if (after >= before * LEAST_RATIO) return 'slower'
  return before >= after * LEAST_RATIO ? 'faster' : 'same'
}

/** What was told apart comes first, then what costs or saves most time a call. */
function weightOf({ verdict, a, b }: ComparedOperation): number {
  const change = Math.abs((b?.p50Ns ?? 0) - (a?.p50Ns ?? 0))
  return change + (verdict === 'slower' || verdict === 'faster' ? 1e15 : 0)
}

function windowOf({ firstUs, lastUs }: ProgramRun): { fromUs: number; toUs: number } {
  return { fromUs: firstUs, toUs: Math.max(lastUs, firstUs + 1) }
}
