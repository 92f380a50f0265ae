/** Lists log records that meet a query, their histogram and their patterns. */
import type { Attributes, LogHistogram, LogList, LogPatternList, LogRow, Severity } from '../api.ts'
import type { StoreContext } from '../store/context.ts'
import { readObject } from '../store/read-json.ts'
import { severityOf } from '../store/severity.ts'
import { unknownFields } from './compile/known-fields.ts'
import { compileLogQuery } from './compile/logs.ts'
import { readQuery } from './compile/read-query.ts'
import type { Engine } from './engine.ts'
import { normalizeMessage } from './normalize-sql.ts'
import { and, type Sql, sql, TRUE } from './sql.ts'
import { millisSince } from './traces.ts'
import {
  closeWindow,
  decodeCursor,
  encodeCursor,
  limitOf,
  ofWindow,
  optionalNumber,
  readWindow,
  timeWithin,
} from './window.ts'

export interface LogColumns {
  readonly id: number
  readonly time_us: number
  readonly time_rem: number
  readonly sev: number
  readonly sev_text: string | null
  readonly svc: number
  readonly resource_id: number
  readonly scope_id: number
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly event: string | null
  readonly body: string
  readonly attrs: string
}

const BUCKETS = 60
const PATTERN_SAMPLE = 20_000
const MAX_PATTERNS = 200

export function listLogs({ store }: Engine, query: URLSearchParams): LogList {
  const started = performance.now()
  const limit = limitOf(query, 200, 2000)
  const direction = query.get('order') === 'oldest' ? 'ASC' : 'DESC'
  const cursor = decodeCursor(query, 2)
  const position = cursor ? sql(`(l.time_us, l.id) ${direction === 'ASC' ? '>' : '<'} (?, ?)`, ...cursor) : TRUE
  const where = and([logCondition(store, query), position])
  const rows = store.database
    .prepare(
      `SELECT l.* FROM log l WHERE ${where.text} ORDER BY l.time_us ${direction}, l.id ${direction} LIMIT ${limit + 1}`,
    )
    .all(...where.args) as unknown as LogColumns[]
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    logs: page.map((row) => toLogRow(store, row)),
    next: rows.length > limit && last ? encodeCursor([last.time_us, last.id]) : null,
    partial: false,
    tookMillis: millisSince(started),
    lastId: lastLogId(store),
    unknownFields: page.length > 0 ? [] : unknownFields(store, 'log', readQuery(store, 'log', query.get('q'))),
  }
}

export function logsOfTrace({ store }: Engine, traceId: string): LogList {
  const started = performance.now()
  const rows = store.database
    .prepare('SELECT * FROM log WHERE trace_id = ? ORDER BY time_us, time_rem, id LIMIT 10000')
    .all(traceId.toLowerCase()) as unknown as LogColumns[]
  return {
    logs: rows.map((row) => toLogRow(store, row)),
    next: null,
    partial: false,
    tookMillis: millisSince(started),
    lastId: lastLogId(store),
    unknownFields: [],
  }
}

export function logHistogram({ store }: Engine, query: URLSearchParams): LogHistogram {
  const where = logCondition(store, query)
  const window = readWindow(query)
  const range = window.isBounded ? closeWindow(store, window) : rangeOf(store, where)
  const bucketUs = niceBucket((range.toUs - range.fromUs) / BUCKETS)
  const rows = store.database
    .prepare(
      `SELECT CAST(l.time_us / ${bucketUs} AS INTEGER) AS bucket, l.sev AS sev, count(*) AS count FROM log l WHERE ${where.text} GROUP BY bucket, sev ORDER BY bucket`,
    )
    .all(...where.args) as { bucket: number; sev: number; count: number }[]
  const buckets = new Map<number, Partial<Record<Severity, number>>>()
  let total = 0
  for (const { bucket, sev, count } of rows) {
    const counts = buckets.get(bucket) ?? {}
    buckets.set(bucket, counts)
    const severity = severityOf(sev)
    counts[severity] = (counts[severity] ?? 0) + count
    total += count
  }
  return { bucketUs, buckets: [...buckets].map(([bucket, counts]) => ({ startUs: bucket * bucketUs, counts })), total }
}

export function logPatterns({ store }: Engine, query: URLSearchParams): LogPatternList {
  const where = logCondition(store, query)
  const rows = store.database
    .prepare(`SELECT l.* FROM log l WHERE ${where.text} ORDER BY l.time_us DESC LIMIT ${PATTERN_SAMPLE}`)
    .all(...where.args) as unknown as LogColumns[]
  const groups = new Map<string, { rows: LogColumns[]; count: number; services: Set<number>; firstUs: number }>()
  for (const row of rows) {
    const pattern = normalizeMessage(row.body)
    const group = groups.get(pattern) ?? { rows: [row], count: 0, services: new Set(), firstUs: row.time_us }
    groups.set(pattern, group)
    group.count++
    group.services.add(row.svc)
    group.firstUs = row.time_us
  }
  const patterns = [...groups]
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, MAX_PATTERNS)
    .map(
      ([
        pattern,
        {
          rows: [newest],
          count,
          services,
          firstUs,
        },
      ]) => ({
        pattern,
        count,
        severity: severityOf(newest!.sev),
        services: [...services].map((svc) => store.texts.textOf(svc)),
        firstUs,
        lastUs: newest!.time_us,
        sample: toLogRow(store, newest!),
      }),
    )
  return { patterns }
}

export function toLogRow({ texts, scopes, resources }: StoreContext, row: LogColumns): LogRow {
  const resource = resources.byId(row.resource_id)
  return {
    id: row.id,
    timeUs: row.time_us,
    severity: severityOf(row.sev),
    severityText: row.sev_text,
    severityNumber: row.sev,
    service: texts.textOf(row.svc),
    scope: scopeName(scopes.textOf(row.scope_id)),
    body: row.body,
    attributes: readObject<Attributes>(row.attrs),
    eventName: row.event,
    traceId: row.trace_id,
    spanId: row.span_id,
    resource: resource.attributes,
    runId: resource.run,
  }
}

export function scopeName(key: string): string {
  return key === '' ? '' : (JSON.parse(key) as [string])[0]
}

/** A round number of µs: 1, 2, 5 times a power of ten, then minutes and hours. */
export function niceBucket(us: number): number {
  const second = 1_000_000
  const sizes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400]
  if (us > second / 2)
    return (sizes.find((size) => size * second >= us) ?? Math.ceil(us / second / 86_400) * 86_400) * second
  const power = 10 ** Math.floor(Math.log10(Math.max(us, 1000)))
  return [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= us) ?? power
}

function logCondition(context: StoreContext, query: URLSearchParams): Sql {
  const window = readWindow(query)
  const trace = query.get('trace')
  const span = query.get('span')
  const after = optionalNumber(query, 'after')
  return and([
    timeWithin('l.time_us', window),
    ofWindow(context, window, 'l'),
    trace ? sql('l.trace_id = ?', trace.toLowerCase()) : TRUE,
    span ? sql('l.span_id = ?', span.toLowerCase()) : TRUE,
    after === undefined ? TRUE : sql('l.id > ?', after),
    compileLogQuery(context, readQuery(context, 'log', query.get('q'))),
  ])
}

function rangeOf({ database }: StoreContext, where: Sql): { fromUs: number; toUs: number } {
  const { first, last } = database
    .prepare(`SELECT min(l.time_us) AS first, max(l.time_us) AS last FROM log l WHERE ${where.text}`)
    .get(...where.args) as { first: number | null; last: number | null }
  return { fromUs: first ?? 0, toUs: last ?? 1 }
}

function lastLogId({ database }: StoreContext): number {
  return (database.prepare('SELECT coalesce(max(id), 0) AS id FROM log').get() as { id: number }).id
}
