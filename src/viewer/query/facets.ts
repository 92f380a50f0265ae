/** What the traces of a query have in common, counted, and the points of the scatter plot. */
import type { Facet, FacetList, FacetValue, Scatter } from '../api.ts'
import { readObject } from '../store/read-json.ts'
import { servicesOf, type TraceRow } from '../store/traces.ts'
import type { Engine } from './engine.ts'
import { findTraces, millisSince, selectTraces, sortOf } from './traces.ts'

const SAMPLED_TRACES = 2000
const SAMPLED_SPANS = 5000
const MAX_VALUES = 12
const MAX_KEYS = 60

const DURATIONS: readonly (readonly [label: string, least: number, most: number, term: string])[] = [
  ['< 1 ms', 0, 1e6, 'trace.duration<1ms'],
  ['1–10 ms', 1e6, 1e7, 'trace.duration:1ms..10ms'],
  ['10–100 ms', 1e7, 1e8, 'trace.duration:10ms..100ms'],
  ['100 ms–1 s', 1e8, 1e9, 'trace.duration:100ms..1s'],
  ['≥ 1 s', 1e9, Number.POSITIVE_INFINITY, 'trace.duration>=1s'],
]

/** Attributes worth a facet of their own when they are there; old names count as the new ones. */
const ATTRIBUTES: readonly (readonly [label: string, key: string, old: string])[] = [
  ['HTTP status', 'http.response.status_code', 'http.status_code'],
  ['HTTP method', 'http.request.method', 'http.method'],
  ['Route', 'http.route', 'http.route'],
  ['Database', 'db.system.name', 'db.system'],
  ['Messaging', 'messaging.system', 'messaging.system'],
  ['RPC service', 'rpc.service', 'rpc.service'],
]

export async function traceFacets(engine: Engine, query: URLSearchParams): Promise<FacetList> {
  const started = performance.now()
  const selection = selectTraces(engine, query)
  const { rows, next } = await findTraces(engine, selection, { sort: 'newest', limit: SAMPLED_TRACES })
  const attributes = countAttributes(engine, rows)
  const facets: Facet[] = [
    facet('service', 'Service', countServices(engine, rows)),
    facet(
      'root.name',
      'Operation',
      countBy(rows, (row) => engine.store.texts.textOf(row.head_name), 'root.name'),
    ),
    facet('status', 'Status', countOutcomes(rows)),
    facet('trace.duration', 'Duration', countDurations(rows)),
    ...attributes.facets,
  ]
  return {
    facets: facets.filter(({ values }) => values.length > 0),
    attributeKeys: attributes.keys,
    total: next === null ? rows.length : countAll(engine, rows.length),
    sampled: rows.length,
    tookMillis: millisSince(started),
  }
}

export async function traceScatter(engine: Engine, query: URLSearchParams): Promise<Scatter> {
  const { texts } = engine.store
  const { rows, next } = await findTraces(engine, selectTraces(engine, query), { sort: sortOf(query), limit: 2000 })
  return {
    traceIds: rows.map(({ id }) => id),
    startUs: rows.map((row) => row.start_us),
    durationNs: rows.map((row) => row.dur_ns),
    errors: rows.map((row) => (row.errors > 0 ? 1 : 0)),
    labels: rows.map((row) => `${texts.textOf(row.head_svc)} ${texts.textOf(row.head_name)}`),
    more: next !== null,
  }
}

/** All traces stored: of a query only what was sampled is known, and at least that many. */
function countAll({ store }: Engine, sampled: number): number {
  const { n } = store.database.prepare('SELECT count(*) AS n FROM trace WHERE spans > 0').get() as { n: number }
  return Math.max(n, sampled)
}

type Counts = Map<string, { count: number; errors: number; term: string }>

function countBy(rows: readonly TraceRow[], pick: (row: TraceRow) => string, field: string): Counts {
  const counts: Counts = new Map()
  for (const row of rows) {
    const value = pick(row)
    add(counts, value, termOf(field, value), row)
  }
  return counts
}

function countServices({ store }: Engine, rows: readonly TraceRow[]): Counts {
  const counts: Counts = new Map()
  for (const row of rows) {
    for (const [svc] of servicesOf(row)) {
      const service = store.texts.textOf(svc)
      add(counts, service, termOf('service', service), row)
    }
  }
  return counts
}

/** Of the trace as a whole: one failed span is enough. */
function countOutcomes(rows: readonly TraceRow[]): Counts {
  const counts: Counts = new Map()
  for (const row of rows) {
    if (row.errors > 0) add(counts, 'error', 'status:error', row)
    else add(counts, 'ok', 'trace.errors=0', row)
  }
  return counts
}

function countDurations(rows: readonly TraceRow[]): Counts {
  const counts: Counts = new Map()
  for (const [label, least, most, term] of DURATIONS)
    for (const row of rows) if (row.dur_ns >= least && row.dur_ns < most) add(counts, label, term, row)
  return counts
}

function countAttributes(
  { store }: Engine,
  rows: readonly TraceRow[],
): { facets: Facet[]; keys: FacetList['attributeKeys'] } {
  const keys = new Map<string, number>()
  const counts = ATTRIBUTES.map((): Counts => new Map())
  const select = store.database.prepare('SELECT attrs FROM span WHERE trace_no = ? LIMIT 500')
  let seen = 0
  for (const row of rows) {
    if (seen >= SAMPLED_SPANS) break
    const terms = new Map<string, number>()
    for (const { attrs } of select.all(row.no) as { attrs: string }[]) {
      seen++
      const attributes = readObject<Record<string, unknown>>(attrs)
      for (const key of Object.keys(attributes)) keys.set(key, (keys.get(key) ?? 0) + 1)
      for (const [index, [, key, old]] of ATTRIBUTES.entries()) {
        const name = attributes[key] !== undefined ? key : old
        const value = attributes[name]
        // a trace counts once for a value
        if (value !== undefined && typeof value !== 'object') terms.set(`${name}\n${value}`, index)
      }
    }
    for (const [term, index] of terms) {
      const [name, value] = term.split('\n') as [string, string]
      add(counts[index]!, value, termOf(name, value), row)
    }
  }
  return {
    facets: ATTRIBUTES.map(([label, key], index) => facet(key, label, counts[index]!)),
    keys: [...keys]
      .map(([key, count]) => ({ key, count }))
      .sort((a, b) => b.count - a.count)
      .slice(0, MAX_KEYS),
  }
}

function facet(field: string, label: string, counts: Counts): Facet {
  const values = [...counts].map(([value, entry]): FacetValue => ({ value, ...entry }))
  if (field !== 'trace.duration') values.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  return { field, label, values: values.slice(0, MAX_VALUES), more: values.length > MAX_VALUES }
}

function add(counts: Counts, value: string, term: string, row: TraceRow): void {
  const entry = counts.get(value) ?? { count: 0, errors: 0, term }
  counts.set(value, entry)
  entry.count++
  if (row.errors > 0) entry.errors++
}

/** A term that means exactly this value, whatever characters it holds. */
export function termOf(field: string, value: string): string {
  const isPlain = /^[^\s|"'`“”„‘’‚«»*?\\,()[\]{}<>~!;]+$/.test(value)
  return `${field}:${isPlain ? value : JSON.stringify(value).replace(/\\n|\\t/g, ' ')}`
}
