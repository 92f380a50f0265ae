/** Lists traces that meet a query: newest first by default, paged, with a budget of time. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TraceList, TraceSummary } from '../api.ts'
import { badgesOf } from '../store/badges.ts'
import { KINDS, STATUSES } from '../store/semantics.ts'
import { servicesOf, type TraceRow } from '../store/traces.ts'
import { callsBySystem } from './calls-by-system.ts'
import { unknownFields } from './compile/known-fields.ts'
import { readQuery } from './compile/read-query.ts'
import { serviceIds } from './compile/spans.ts'
import { type CompiledTraceQuery, compileTraceQuery, hasService } from './compile/traces.ts'
import type { Engine } from './engine.ts'
import { and, FALSE, not, type Sql, sql, TRUE } from './sql.ts'
import { decodeCursor, encodeCursor, limitOf, ofWindow, optionalNumber, readWindow, timeWithin } from './window.ts'

type Sort = 'newest' | 'oldest' | 'slowest' | 'fastest' | 'spans' | 'errors'

const SORTS: Record<Sort, readonly [column: string, direction: 'ASC' | 'DESC']> = {
  newest: ['start_us', 'DESC'],
  oldest: ['start_us', 'ASC'],
  slowest: ['dur_ns', 'DESC'],
  fastest: ['dur_ns', 'ASC'],
  spans: ['spans', 'DESC'],
  errors: ['errors', 'DESC'],
}
const CHUNK = 1000
/** Walking traces is tried so long before the index of spans is asked for all that match. */
const WALK_MILLIS = 20
const BUDGET_MILLIS = 1500
/** Then others are answered in between. */
const TURN_MILLIS = 25
const CLOCK_EVERY = 32

export interface TraceSelection extends CompiledTraceQuery {
  /** Everything that one span must meet, window included. */
  readonly spanCondition: Sql
  /** Everything that the trace itself must meet. */
  readonly traceCondition: Sql
}

export interface Page {
  readonly rows: readonly TraceRow[]
  readonly next: readonly number[] | null
  readonly partial: boolean
}

export async function listTraces(engine: Engine, query: URLSearchParams): Promise<TraceList> {
  const started = performance.now()
  const selection = selectTraces(engine, query)
  const page = await findTraces(engine, selection, {
    sort: sortOf(query),
    limit: limitOf(query, 100, 1000),
    budgetMillis: Math.min(optionalNumber(query, 'wait') ?? BUDGET_MILLIS, BUDGET_MILLIS),
    cursor: decodeCursor(query, 2),
  })
  const systems = query.get('systems') === '1' ? callsBySystem(engine, page.rows) : undefined
  const traces = page.rows.map((row) => {
    const summary = summarize(engine, row, selection)
    return systems ? { ...summary, systems: systems.get(row.no) ?? {} } : summary
  })
  return {
    traces,
    next: page.next && encodeCursor(page.next),
    partial: page.partial,
    tookMillis: millisSince(started),
    unknownFields:
      traces.length > 0 ? [] : unknownFields(engine.store, 'span', readQuery(engine.store, 'span', query.get('q'))),
  }
}

export function selectTraces({ store, live }: Engine, query: URLSearchParams): TraceSelection {
  const window = readWindow(query)
  const compiled = compileTraceQuery(store, readQuery(store, 'span', query.get('q')), (isAbandoned) =>
    [...live.all()].flatMap((span) =>
      (isAbandoned ? span.isAbandoned : span.endedMillis === null) ? span.traceId : [],
    ),
  )
  const ofSpan = ofWindow(store, window, 's')
  return {
    ...compiled,
    spanCondition: ofSpan.text === '0' ? ofSpan : and([ofSpan, compiled.span]),
    isIndexed: compiled.isIndexed && window.run === undefined,
    hasSpanTerms: compiled.hasSpanTerms || ofSpan !== TRUE,
    traceCondition: and([
      sql('t.spans > 0'),
      timeWithin('t.start_us', window),
      window.services.length === 0 ? TRUE : hasService(serviceIds(store, window.services)),
      compiled.necessary,
      compiled.trace,
    ]),
  }
}

interface Order {
  readonly sort: Sort
  readonly limit: number
  readonly cursor?: readonly number[] | undefined
  /** @default 1500 */
  readonly budgetMillis?: number
}

/** In turns: whoever looks through all that is stored keeps nobody else waiting. */
export async function findTraces(engine: Engine, selection: TraceSelection, order: Order): Promise<Page> {
  if (!selection.hasSpanTerms && selection.excluded === FALSE)
    return selectPage(engine, selection.traceCondition, order)
  return walk(engine, selection, order)
}

/** One select, by an index where the sort has one. */
function selectPage({ store }: Engine, condition: Sql, { sort, limit, cursor }: Order): Page {
  const [column, direction] = SORTS[sort]
  const where = and([condition, after(column, direction, cursor)])
  const rows = store.database
    .prepare(
      `SELECT * FROM trace t WHERE ${where.text} ORDER BY t.${column} ${direction}, t.no ${direction} LIMIT ${limit + 1}`,
    )
    .all(...where.args) as unknown as TraceRow[]
  return {
    rows: rows.slice(0, limit),
    next: rows.length > limit ? keyOf(rows[limit - 1]!, sort) : null,
    partial: false,
  }
}

/** Looks at traces in order and asks for each whether a span of it matches and none is unwanted: fast when many do. */
async function walk(engine: Engine, selection: TraceSelection, order: Order): Promise<Page> {
  const { store } = engine
  const { budgetMillis = BUDGET_MILLIS } = order
  const started = performance.now()
  const [column, direction] = SORTS[order.sort]
  const { traceCondition } = selection
  const hit = selectionBy(selection, (condition) => ({
    text: `EXISTS (SELECT 1 FROM span s INDEXED BY span_trace WHERE s.trace_no = t.no AND (${condition.text}))`,
    args: condition.args,
  }))
  const rows: TraceRow[] = []
  let position = order.cursor
  for (;;) {
    const where = and([traceCondition, after(column, direction, position)])
    const chunk = store.database.prepare(
      `SELECT t.*, (${hit.text}) AS hit FROM trace t
        WHERE ${where.text} ORDER BY t.${column} ${direction}, t.no ${direction} LIMIT ${CHUNK}`,
    )
    const turn = performance.now()
    let seen = 0
    let isCut = false
    for (const row of chunk.iterate(...hit.args, ...where.args) as Iterable<unknown>) {
      const trace = row as TraceRow & { readonly hit: number }
      seen++
      if (trace.hit === 1) {
        if (rows.length === order.limit) return { rows, next: keyOf(rows.at(-1)!, order.sort), partial: false }
        rows.push(trace)
      }
      position = keyOf(trace, order.sort)
      if (seen % CLOCK_EVERY !== 0) continue
      const now = performance.now()
      if (selection.isIndexed && now - started > WALK_MILLIS) return bySpanIndex(engine, selection, order)
      isCut = now - turn > TURN_MILLIS
      if (isCut) break
    }
    if (seen < CHUNK && !isCut) return { rows, next: null, partial: false }
    if (performance.now() - started > budgetMillis) return { rows, next: position!, partial: true }
    await nextTurn()
  }
}

/** Asks the index of spans for all that match: fast when few do, or when much must be passed over. */
function bySpanIndex(engine: Engine, selection: TraceSelection, order: Order): Page {
  const services = [...new Set(engine.store.resources.all().map(({ svc }) => svc))]
  const matching = selectionBy(selection, ({ text, args }) => ({
    text: `t.no IN (SELECT s.trace_no FROM span s INDEXED BY span_svc WHERE s.svc IN (${services.join(',')}) AND (${text}))`,
    args,
  }))
  return selectPage(engine, and([selection.traceCondition, matching]), order)
}

/** A span that matches, where one is asked for, and none that is unwanted; `has` makes a condition on spans one on the trace `t`. */
function selectionBy({ hasSpanTerms, spanCondition, excluded }: TraceSelection, has: (span: Sql) => Sql): Sql {
  return and([hasSpanTerms ? has(spanCondition) : TRUE, excluded === FALSE ? TRUE : not(has(excluded))])
}

function after(column: string, direction: 'ASC' | 'DESC', cursor: readonly number[] | undefined): Sql {
  if (!cursor) return TRUE
  return sql(`(t.${column}, t.no) ${direction === 'ASC' ? '>' : '<'} (?, ?)`, cursor[0]!, cursor[1]!)
}

function keyOf(row: TraceRow, sort: Sort): readonly number[] {
  return [Number(row[SORTS[sort][0] as keyof TraceRow]), row.no]
}

export function sortOf(query: URLSearchParams): Sort {
  const sort = query.get('sort') ?? 'newest'
  return Object.hasOwn(SORTS, sort) ? (sort as Sort) : 'newest'
}

export function summarize(engine: Engine, row: TraceRow, selection?: TraceSelection): TraceSummary {
  const { texts } = engine.store
  const services = servicesOf(row)
    .sort(([, a], [, b]) => b[0] - a[0])
    .slice(0, 6)
  const match = selection?.hasSpanTerms ? matchOf(engine, row.no, selection) : { id: null, count: row.spans }
  return {
    traceId: row.id,
    startUs: row.start_us,
    durationNs: row.dur_ns,
    rootSpanId: row.root,
    service: texts.textOf(row.head_svc),
    name: texts.textOf(row.head_name),
    kind: KINDS[row.head_kind] ?? 'unspecified',
    status: STATUSES[row.head_status] ?? 'unset',
    httpStatus: row.http,
    spans: row.spans,
    errors: row.errors,
    logs: row.logs,
    services: services.map(([svc, [spans, errors]]) => ({ service: texts.textOf(svc), spans, errors })),
    operationP50Ns: engine.statistics.p50Of(row.head_svc, row.head_name, row.head_kind),
    operationP95Ns: engine.statistics.p95Of(row.head_svc, row.head_name, row.head_kind),
    badges: badgesOfTrace(engine, row),
    matchedSpanId: match.id === row.root ? null : match.id,
    matchedSpans: match.count,
  }
}

export function badgesOfTrace(engine: Engine, row: TraceRow): TraceSummary['badges'] {
  const badges = badgesOf(row.badges)
  if (row.errors > 0) badges.push('error')
  const open = engine.live.ofTrace(row.id)
  if (open.some(({ endedMillis }) => endedMillis === null)) badges.push('running')
  if (!badges.includes('unclosed') && open.some(({ isAbandoned }) => isAbandoned)) badges.push('unclosed')
  return badges
}

function matchOf(
  { store }: Engine,
  no: number,
  { spanCondition }: TraceSelection,
): { id: string | null; count: number } {
  const row = store.database
    .prepare(
      `SELECT s.span_id AS id, count(*) AS count, min(s.start_us) FROM span s INDEXED BY span_trace WHERE s.trace_no = ? AND (${spanCondition.text})`,
    )
    .get(no, ...spanCondition.args) as { id: string | null; count: number }
  return row
}

export function millisSince(started: number): number {
  return Math.round((performance.now() - started) * 100) / 100
}
