/** One operation: how its durations spread, where its time goes, its slowest and failed calls. */
import type { OperationDetail, SpanKind } from '../api.ts'
import { HttpError } from '../receive/body.ts'
import { KINDS, SYSTEMS } from '../store/semantics.ts'
import { type Aggregate, bucketStart } from './aggregate.ts'
import { type Range, rangeOf, SAMPLE, statsOf } from './call-stats.ts'
import { serviceIds } from './compile/spans.ts'
import type { Engine } from './engine.ts'
import { seriesOf, toOperation } from './operations.ts'
import type { OperationKey, Window } from './rollups.ts'
import { spanRefs } from './span-refs.ts'
import { and, isIn, type Sql } from './sql.ts'
import { readWindow, required, timeWithin } from './window.ts'

const BREAKDOWN_CALLS = 200

export function operationDetail(engine: Engine, query: URLSearchParams): OperationDetail {
  const { store, operations } = engine
  const range = rangeOf(engine, query)
  const name = store.texts.find(required(query, 'name'))
  const kind = KINDS.indexOf((query.get('kind') ?? 'server') as SpanKind)
  const [svc] = serviceIds(store, [required(query, 'service')])
  const isThis = (operation: OperationKey) =>
    operation.svc === svc && operation.name === name && operation.kind === kind
  const sum = operations.sum(range, (operation) => (isThis(operation) ? 'this' : undefined)).get('this')
  if (!sum || svc === undefined || name === undefined)
    throw new HttpError(404, 'operation_not_found', 'There were no calls of this operation in this time.')
  const serviceNs = operations.sum({ ...range, svcs: [svc] }, () => 'all').get('all')?.totalNs ?? sum.totalNs
  const where = and([
    isIn('s.svc', [svc]),
    isIn('s.name', [name]),
    isIn('s.kind', [kind]),
    timeWithin('s.start_us', readWindow(query)),
  ])
  return {
    operation: toOperation(engine, sum, range, serviceNs, seriesOf(engine, sum, range)),
    histogram: histogramOf(sum),
    slowest: spanRefs(engine.store, where, 'ORDER BY s.dur_ns DESC LIMIT 5'),
    failed: spanRefs(
      engine.store,
      { text: `${where.text} AND s.status = 2`, args: where.args },
      'ORDER BY s.start_us DESC LIMIT 5',
    ),
    breakdown: breakdownOf(engine, where),
    previousRun: previousRunOf(engine, isThis, range),
  }
}

function histogramOf(sum: Aggregate): OperationDetail['histogram'] {
  const first = sum.buckets.findIndex((count) => count > 0)
  const last = sum.buckets.findLastIndex((count) => count > 0)
  if (first < 0) return { boundsNs: [], counts: [] }
  return {
    boundsNs: Array.from({ length: last - first + 2 }, (_, index) => Math.round(bucketStart(first + index))),
    counts: [...sum.buckets.slice(first, last + 1)],
  }
}

/** Mean time a call spends in its direct children, by system, and in itself, over the newest 200 calls. */
function breakdownOf({ store }: Engine, where: Sql): OperationDetail['breakdown'] {
  const calls = store.database
    .prepare(
      `SELECT s.trace_no, s.span_id, s.dur_ns FROM span s WHERE ${where.text} ORDER BY s.start_us DESC LIMIT ${BREAKDOWN_CALLS}`,
    )
    .all(...where.args) as { trace_no: number; span_id: string; dur_ns: number }[]
  const ofTrace = store.database.prepare(
    `SELECT parent_id, sys, dur_ns FROM span WHERE trace_no = ? AND parent_id IS NOT NULL LIMIT ${SAMPLE}`,
  )
  const bySystem = new Map<number, number>()
  let totalNs = 0
  let childrenNs = 0
  for (const [traceNo, ofThisTrace] of Map.groupBy(calls, ({ trace_no }) => trace_no)) {
    const durations = new Map(ofThisTrace.map(({ span_id, dur_ns }) => [span_id, dur_ns]))
    for (const durationNs of durations.values()) totalNs += durationNs
    const spans = ofTrace.all(traceNo) as { parent_id: string; sys: number; dur_ns: number }[]
    for (const { parent_id, sys, dur_ns } of spans) {
      const parentNs = durations.get(parent_id)
      if (parentNs === undefined) continue
      const ns = Math.min(dur_ns, parentNs)
      bySystem.set(sys, (bySystem.get(sys) ?? 0) + ns)
      childrenNs += ns
    }
  }
  if (totalNs === 0) return []
  const part = (label: string, system: OperationDetail['breakdown'][number]['system'], ns: number) => ({
    label,
    system,
    meanNs: Math.round(ns / calls.length),
    share: Math.min(ns / Math.max(totalNs, childrenNs), 1),
  })
  return [
    ...[...bySystem].map(([sys, ns]) => part(SYSTEMS[sys] ?? 'internal', SYSTEMS[sys] ?? 'internal', ns)),
    part('self', 'self', Math.max(totalNs - childrenNs, 0)),
  ].sort((a, b) => b.meanNs - a.meanNs)
}

/** The last run of the service that ended before its newest began. */
function previousRunOf(
  { operations }: Engine,
  isThis: (operation: OperationKey) => boolean,
  range: Range,
): OperationDetail['previousRun'] {
  const all: Window = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER }
  const byRun = [...operations.sum(all, (operation) => (isThis(operation) ? operation.run : undefined))].sort(
    ([, a], [, b]) => b.lastUs - a.lastUs,
  )
  const current = byRun.findIndex(([run]) => range.run === undefined || run === range.run)
  const previous = byRun[current + 1]
  return current < 0 || !previous ? null : { runId: previous[0], stats: statsOf(previous[1], range) }
}
