/** The calls from service to service, and to what is not a service of ours. */

import type { ValueMap } from '../../wire/decode-types.ts'
import type { ServiceEdge } from '../api.ts'
import { readArrays } from '../store/read-arrays.ts'
import { PEER_KEYS, peerOf, SYSTEMS } from '../store/semantics.ts'
import { type Aggregate, bucketOf, emptyAggregate } from './aggregate.ts'
import { type Range, SAMPLE, statsOf } from './call-stats.ts'
import type { Engine } from './engine.ts'
import { and } from './sql.ts'
import { ofWindow, readWindow, timeWithin } from './window.ts'

const PEER_PATHS = PEER_KEYS.map((key) => `'$."${key}"'`).join(', ')

type EdgeRow = readonly [
  traceNo: number,
  spanId: string,
  parentId: string | null,
  svc: number,
  system: number,
  status: number,
  durationNs: number,
  startUs: number,
  /** Values of {@link PEER_KEYS} as JSON; null of what is no call. */
  peer: string | null,
]

/** A call is a span whose parent is of another service, or a client span that nobody answered here. */
export function edgesOf({ store }: Engine, query: URLSearchParams, range: Range): ServiceEdge[] {
  const window = readWindow(query)
  const where = and([timeWithin('s.start_us', window), ofWindow(store, window, 's')])
  const rows = readArrays<EdgeRow>(
    store.database,
    `SELECT s.trace_no, s.span_id, s.parent_id, s.svc, s.sys, s.status, s.dur_ns, s.start_us,
      CASE WHEN s.kind IN (3, 4) THEN json_extract(s.attrs, ${PEER_PATHS}) END FROM span s WHERE ${where.text} ORDER BY s.id DESC LIMIT ${SAMPLE}`,
    where.args,
  )
  // joined here: within SQL a trace of 100 000 spans would be read again for each of its spans
  const parents = parentsIn(rows)
  const answered = new Set<EdgeRow>()
  const edges = new Map<string, { sum: Aggregate; from: string; to: string; system: number; external: boolean }>()
  const add = (from: string, to: string, row: EdgeRow, external: boolean): void => {
    const key = `${from}\n${to}`
    const edge = edges.get(key) ?? { sum: emptyAggregate(), from, to, system: row[4], external }
    edges.set(key, edge)
    addSpan(edge.sum, row)
  }
  for (const row of rows) {
    const parent = parents(row)
    if (!parent || parent[3] === row[3]) continue
    answered.add(parent)
    add(store.texts.textOf(parent[3]), store.texts.textOf(row[3]), row, false)
  }
  const names = new Map<string, string | null>()
  for (const row of rows) {
    if (row[8] === null || answered.has(row)) continue
    const key = `${row[4]}${row[8]}`
    let peer = names.get(key)
    if (peer === undefined) {
      peer = peerOf(SYSTEMS[row[4]]!, attributesOf(row[8]))
      names.set(key, peer)
    }
    if (peer !== null) add(store.texts.textOf(row[3]), peer, row, true)
  }
  return [...edges.values()].map(({ sum, from, to, system, external }) => ({
    from,
    to,
    system: SYSTEMS[system]!,
    external,
    ...statsOf(sum, range),
  }))
}

/** An id is of one trace as a rule: only then is one map enough. */
function parentsIn(rows: readonly EdgeRow[]): (row: EdgeRow) => EdgeRow | undefined {
  const byId = new Map<string, EdgeRow>()
  const namesakes = new Map<string, EdgeRow>()
  for (const row of rows) {
    const other = byId.get(row[1])
    if (other === undefined) byId.set(row[1], row)
    else namesakes.set(`${row[0]}|${row[1]}`, row)
  }
  return ([traceNo, , parentId]) => {
    if (parentId === null) return undefined
    const parent = byId.get(parentId)
    return parent === undefined || parent[0] === traceNo ? parent : namesakes.get(`${traceNo}|${parentId}`)
  }
}

function attributesOf(values: string): ValueMap {
  const list = JSON.parse(values) as ValueMap[string][]
  return Object.fromEntries(PEER_KEYS.flatMap((key, at) => (list[at] === null ? [] : [[key, list[at]!]])))
}

function addSpan(sum: Aggregate, [, , , , , status, durationNs, startUs]: EdgeRow): void {
  sum.calls++
  if (status === 2) sum.errors++
  sum.totalNs += durationNs
  sum.maxNs = Math.max(sum.maxNs, durationNs)
  sum.lastUs = Math.max(sum.lastUs, startUs)
  sum.buckets[bucketOf(durationNs)]!++
}
