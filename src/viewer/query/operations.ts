/** Operations of services with rate, errors and percentiles. */
import type { OperationList, OperationStats } from '../api.ts'
import { KINDS, SYSTEMS } from '../store/semantics.ts'
import type { Aggregate } from './aggregate.ts'
import { type Range, rangeOf, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import type { OperationKey } from './rollups.ts'

type Sum = Aggregate & { readonly sample: OperationKey }

interface Series {
  readonly calls: readonly number[]
  readonly errors: readonly number[]
}

export function listOperations(engine: Engine, query: URLSearchParams): OperationList {
  const range = rangeOf(engine, query)
  const sums = engine.operations.sum(range, ({ svc, name, kind }) => `${svc}|${name}|${kind}`)
  const totals = new Map<number, number>()
  for (const { sample, totalNs } of sums.values()) totals.set(sample.svc, (totals.get(sample.svc) ?? 0) + totalNs)
  const series = engine.operations.seriesBy(range, range.bucketUs, ({ svc, name, kind }) => `${svc}|${name}|${kind}`)
  const operations = [...sums].map(([key, sum]) =>
    toOperation(engine, sum, range, totals.get(sum.sample.svc)!, series.get(key)!),
  )
  const sorts: Record<string, (operation: OperationStats) => number> = {
    time: ({ totalNs }) => totalNs,
    calls: ({ calls }) => calls,
    errors: ({ errors, calls }) => errors * 1e9 + calls,
    p95: ({ p95Ns }) => p95Ns,
  }
  const key = sorts[query.get('sort') ?? 'time'] ?? sorts['time']!
  return { operations: operations.sort((a, b) => key(b) - key(a)), bucketUs: range.bucketUs }
}

/** Over all that is stored. */
export function statsOfOperation(engine: Engine, svc: number, name: number, kind: number): OperationStats | null {
  const sum = engine.statistics.of(svc, name, kind)
  if (!sum) return null
  const range = rangeOf(engine, new URLSearchParams())
  return toOperation(engine, sum, range, sum.totalNs, seriesOf(engine, sum, range))
}

export function seriesOf({ operations }: Engine, { sample: { svc, name, kind } }: Sum, range: Range): Series {
  const isThis = (operation: OperationKey) =>
    operation.svc === svc && operation.name === name && operation.kind === kind
  return operations.series(range, range.bucketUs, isThis)
}

export function toOperation(
  { store }: Engine,
  sum: Sum,
  range: Range,
  serviceNs: number,
  series: Series,
): OperationStats {
  const { svc, name, kind, system } = sum.sample
  return {
    service: store.texts.textOf(svc),
    name: name === 0 ? '(other names)' : store.texts.textOf(name),
    kind: KINDS[kind] ?? 'unspecified',
    system: SYSTEMS[system] ?? 'internal',
    ...statsOf(sum, range),
    timeShare: serviceNs === 0 ? 0 : sum.totalNs / serviceNs,
    sparkline: series.calls,
    errorSparkline: series.errors,
    lastUs: sum.lastUs,
  }
}
