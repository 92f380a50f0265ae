/** Services, the calls between them, operations with rate, errors and percentiles, and database statements. */
import type {
  OperationDetail,
  OperationList,
  OperationStats,
  QueryStatList,
  ServiceEdge,
  ServiceGraph,
  SpanKind,
  SpanRef,
  Stats,
} from '../api.ts'
import { HttpError } from '../receive/body.ts'
import type { SpanColumns } from '../store/read-spans.ts'
import { KINDS, peerOf, SYSTEMS } from '../store/semantics.ts'
import { serviceIds } from './compile/spans.ts'
import type { Engine } from './engine.ts'
import { niceBucket } from './logs.ts'
import {
  type Aggregate,
  bucketOf,
  bucketStart,
  emptyAggregate,
  type OperationKey,
  quantileOf,
  type Window,
} from './rollups.ts'
import { type SpanRefColumns, spanRefs, toSpanRef } from './span-refs.ts'
import { and, isIn, type Sql } from './sql.ts'
import { closeWindow, ofWindow, readWindow, required, timeWithin } from './window.ts'

const SPARKLINE_POINTS = 30
/** Edges, breakdowns and callers come from the newest spans: enough for a picture, never slow. */
const SAMPLE = 20_000
const MAX_STATEMENTS = 500
const BREAKDOWN_CALLS = 200

type Sum = Aggregate & { readonly sample: OperationKey }

interface Range extends Window {
  readonly bucketUs: number
}

function rangeOf({ store }: Engine, query: URLSearchParams): Range {
  const window = readWindow(query)
  const { fromUs, toUs } = closeWindow(store, window)
  const svcs = window.services.length === 0 ? [] : serviceIds(store, window.services)
  return {
    fromUs,
    toUs,
    // a service that is not known must not mean all
    svcs: window.services.length > 0 && svcs.length === 0 ? [-1] : svcs,
    run: window.run,
    bucketUs: Math.max(niceBucket((toUs - fromUs) / SPARKLINE_POINTS), 60_000_000),
  }
}

export function serviceGraph(engine: Engine, query: URLSearchParams): ServiceGraph {
  const { store, operations } = engine
  const range = rangeOf(engine, query)
  const counts = logCounts(engine, range)
  const services = [...operations.sum(range, ({ svc }) => svc)].map(([svc, sum]) => {
    const attributes = store.resources.all().findLast((resource) => resource.svc === svc)?.attributes ?? {}
    const names = new Set<string>()
    for (const operation of operations.operations())
      if (operation.svc === svc) names.add(`${operation.name}|${operation.kind}`)
    return {
      service: store.texts.textOf(svc),
      ...statsOf(sum, range),
      operations: names.size,
      logs: counts.get(svc)?.logs ?? 0,
      errorLogs: counts.get(svc)?.errors ?? 0,
      language: textOrNull(attributes['telemetry.sdk.language']),
      version: textOrNull(attributes['service.version']),
      sparkline: operations.series(range, range.bucketUs, (operation) => operation.svc === svc).calls,
      lastUs: sum.lastUs,
    }
  })
  const known = new Set(services.map(({ service }) => service))
  const onlyLogs = [...counts]
    .filter(([svc]) => !known.has(store.texts.textOf(svc)))
    .map(([svc, { logs, errors, lastUs }]) => {
      const attributes = store.resources.all().findLast((resource) => resource.svc === svc)?.attributes ?? {}
      return {
        service: store.texts.textOf(svc),
        ...statsOf(emptyAggregate(), range),
        operations: 0,
        logs,
        errorLogs: errors,
        language: textOrNull(attributes['telemetry.sdk.language']),
        version: textOrNull(attributes['service.version']),
        sparkline: [],
        lastUs,
      }
    })
  return {
    services: [...services, ...onlyLogs].sort((a, b) => b.totalNs - a.totalNs),
    edges: edgesOf(engine, query, range),
    bucketUs: range.bucketUs,
  }
}

function logCounts({ store }: Engine, range: Range): Map<number, { logs: number; errors: number; lastUs: number }> {
  const where = and([{ text: 'time_us BETWEEN ? AND ?', args: [range.fromUs, range.toUs] }])
  const rows = store.database
    .prepare(
      `SELECT svc, count(*) AS logs, sum(sev >= 17) AS errors, max(time_us) AS last FROM log WHERE ${where.text} GROUP BY svc`,
    )
    .all(...where.args) as { svc: number; logs: number; errors: number; last: number }[]
  const accepts = (svc: number) => !range.svcs || range.svcs.length === 0 || range.svcs.includes(svc)
  return new Map(
    rows
      .filter(({ svc }) => accepts(svc))
      .map((row) => [row.svc, { logs: row.logs, errors: row.errors, lastUs: row.last }]),
  )
}

type EdgeRow = Pick<
  SpanColumns,
  'trace_no' | 'span_id' | 'parent_id' | 'svc' | 'sys' | 'status' | 'dur_ns' | 'kind' | 'start_us'
> & { readonly attrs: string | null }

/** A call is a span whose parent is of another service, or a client span that nobody answered here. */
function edgesOf({ store }: Engine, query: URLSearchParams, range: Range): ServiceEdge[] {
  const window = readWindow(query)
  const where = and([timeWithin('s.start_us', window), ofWindow(store, window, 's')])
  const rows = store.database
    .prepare(
      `SELECT s.trace_no, s.span_id, s.parent_id, s.svc, s.sys, s.status, s.dur_ns, s.kind, s.start_us,
        CASE WHEN s.kind IN (3, 4) THEN s.attrs END AS attrs FROM span s WHERE ${where.text} ORDER BY s.id DESC LIMIT ${SAMPLE}`,
    )
    .all(...where.args) as unknown as EdgeRow[]
  // joined here: within SQL a trace of 100 000 spans would be read again for each of its spans
  const byId = new Map(rows.map((row) => [`${row.trace_no}|${row.span_id}`, row]))
  const answered = new Set<EdgeRow>()
  const edges = new Map<string, { sum: Aggregate; from: string; to: string; system: number; external: boolean }>()
  const add = (from: string, to: string, row: EdgeRow, external: boolean): void => {
    const key = `${from}\n${to}`
    const edge = edges.get(key) ?? { sum: emptyAggregate(), from, to, system: row.sys, external }
    edges.set(key, edge)
    addSpan(edge.sum, row)
  }
  for (const row of rows) {
    const parent = row.parent_id === null ? undefined : byId.get(`${row.trace_no}|${row.parent_id}`)
    if (!parent || parent.svc === row.svc) continue
    answered.add(parent)
    add(store.texts.textOf(parent.svc), store.texts.textOf(row.svc), row, false)
  }
  for (const row of rows) {
    if (row.attrs === null || answered.has(row)) continue
    const peer = peerOf(SYSTEMS[row.sys]!, JSON.parse(row.attrs) as Record<string, string>)
    if (peer !== null) add(store.texts.textOf(row.svc), peer, row, true)
  }
  return [...edges.values()].map(({ sum, from, to, system, external }) => ({
    from,
    to,
    system: SYSTEMS[system]!,
    external,
    ...statsOf(sum, range),
  }))
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

interface Series {
  readonly calls: readonly number[]
  readonly errors: readonly number[]
}

function seriesOf({ operations }: Engine, { sample: { svc, name, kind } }: Sum, range: Range): Series {
  const isThis = (operation: OperationKey) =>
    operation.svc === svc && operation.name === name && operation.kind === kind
  return operations.series(range, range.bucketUs, isThis)
}

function toOperation({ store }: Engine, sum: Sum, range: Range, serviceNs: number, series: Series): OperationStats {
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

function statsOf(sum: Aggregate, { fromUs, toUs }: Window): Stats {
  return {
    calls: sum.calls,
    errors: sum.errors,
    rate: sum.calls / Math.max((toUs - fromUs) / 1e6, 1),
    p50Ns: quantileOf(sum, 0.5),
    p95Ns: quantileOf(sum, 0.95),
    p99Ns: quantileOf(sum, 0.99),
    maxNs: sum.maxNs,
    totalNs: sum.totalNs,
  }
}

function addSpan(sum: Aggregate, row: EdgeRow): void {
  sum.calls++
  if (row.status === 2) sum.errors++
  sum.totalNs += row.dur_ns
  sum.maxNs = Math.max(sum.maxNs, row.dur_ns)
  sum.lastUs = Math.max(sum.lastUs, row.start_us)
  sum.buckets[bucketOf(row.dur_ns)]!++
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
