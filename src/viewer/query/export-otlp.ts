/** Writes stored data back as OTLP JSON, a request a line, and traces as Chrome trace events or Markdown. */
import type { Value, ValueMap } from '../../wire/decode-types.ts'
import { type StoreContext, scopeOf } from '../store/context.ts'
import type { PointData } from '../store/metrics.ts'
import { readSpans, type StoredSpan } from '../store/read-spans.ts'
import { KINDS, STATUSES, summaryOf } from '../store/semantics.ts'
import type { LogColumns } from './logs.ts'
import type { PlacedTrace } from './trace-detail.ts'
import { buildTree } from './tree.ts'

type Json = { readonly [key: string]: unknown }

export function toOtlpSpan(traceId: string, span: StoredSpan): Json {
  const { extra } = span
  const [droppedAttributesCount, droppedEventsCount, droppedLinksCount] = extra.d ?? [0, 0, 0]
  const end = endOf(span)
  return {
    traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === null ? {} : { parentSpanId: span.parentSpanId }),
    ...(extra.ts === undefined ? {} : { traceState: extra.ts }),
    ...(extra.f === undefined ? {} : { flags: extra.f }),
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    startTimeUnixNano: nanos(span.startUs, span.startRemainderNs),
    endTimeUnixNano: extra.open === 1 ? '0' : nanos(end.us, end.rem),
    attributes: toAttributes(span.attributes),
    ...(droppedAttributesCount ? { droppedAttributesCount } : {}),
    events: (extra.e ?? []).map(([name, us, rem, attributes, dropped]) => ({
      timeUnixNano: nanos(us, rem),
      name,
      attributes: toAttributes(attributes as ValueMap),
      ...(dropped ? { droppedAttributesCount: dropped } : {}),
    })),
    ...(droppedEventsCount ? { droppedEventsCount } : {}),
    links: (extra.l ?? []).map(([linkedTrace, spanId, attributes, traceState, dropped]) => ({
      traceId: linkedTrace,
      spanId,
      ...(traceState ? { traceState } : {}),
      attributes: toAttributes(attributes as ValueMap),
      ...(dropped ? { droppedAttributesCount: dropped } : {}),
    })),
    ...(droppedLinksCount ? { droppedLinksCount } : {}),
    status: { code: STATUSES.indexOf(span.status), ...(extra.m === undefined ? {} : { message: extra.m }) },
  }
}

/** Requests of one trace each. */
export function* exportTraces(context: StoreContext, traces: Iterable<{ no: number; id: string }>): Generator<string> {
  for (const { no, id } of traces) {
    const spans = readSpans(context, 'WHERE s.trace_no = ? ORDER BY s.start_us, s.start_rem, s.id', no)
    if (spans.length === 0) continue
    const resourceSpans = nest(
      spans,
      ({ resource }) => resource.id,
      ({ scope }) => JSON.stringify(scope),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(first.resource.attributes) },
      scopeSpans: scopes.map(({ first: { scope }, items }) => ({
        scope: toScope(scope),
        spans: items.map((span) => toOtlpSpan(id, span)),
      })),
    }))
    yield JSON.stringify({ resourceSpans })
  }
}

export function* exportLogs(context: StoreContext, rows: readonly LogColumns[]): Generator<string> {
  for (let at = 0; at < rows.length; at += 1000) {
    const resourceLogs = nest(
      rows.slice(at, at + 1000),
      (row) => row.resource_id,
      (row) => String(row.scope_id),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(context.resources.byId(first.resource_id).attributes) },
      scopeLogs: scopes.map(({ first: row, items }) => ({
        scope: toScope(scopeOf(context.scopes.textOf(row.scope_id))),
        logRecords: items.map(toOtlpLog),
      })),
    }))
    yield JSON.stringify({ resourceLogs })
  }
}

function toOtlpLog(row: LogColumns): Json {
  return {
    timeUnixNano: nanos(row.time_us, row.time_rem),
    observedTimeUnixNano: nanos(row.time_us, row.time_rem),
    severityNumber: row.sev,
    ...(row.sev_text === null ? {} : { severityText: row.sev_text }),
    body: { stringValue: row.body },
    attributes: toAttributes(JSON.parse(row.attrs) as ValueMap),
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    ...(row.span_id === null ? {} : { spanId: row.span_id }),
    ...(row.event === null ? {} : { eventName: row.event }),
  }
}

interface PointColumns {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly unit: string
  readonly type: 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'
  readonly temporality: number
  readonly monotonic: number
  readonly scope_id: number
  readonly resource_id: number
  readonly instrument_id: number
  readonly attrs: string
  readonly time_us: number
  readonly start_us: number
  readonly value: number | null
  readonly data: string | null
}

export function* exportMetrics(context: StoreContext): Generator<string> {
  const page = context.database.prepare(
    `SELECT p.id, i.name, i.description, i.unit, i.type, i.temporality, i.monotonic, i.scope_id, e.resource_id, e.instrument_id, e.attrs,
      p.time_us, p.start_us, p.value, p.data FROM point p JOIN series e ON e.id = p.series_id JOIN instrument i ON i.id = e.instrument_id
      WHERE p.id > ? ORDER BY p.id LIMIT 1000`,
  )
  for (let last = 0; ; ) {
    const rows = page.all(last) as unknown as PointColumns[]
    if (rows.length === 0) return
    last = rows.at(-1)!.id
    const resourceMetrics = nest(
      rows,
      (row) => row.resource_id,
      (row) => String(row.scope_id),
    ).map(({ first, scopes }) => ({
      resource: { attributes: toAttributes(context.resources.byId(first.resource_id).attributes) },
      scopeMetrics: scopes.map(({ first: row, items }) => ({
        scope: toScope(scopeOf(context.scopes.textOf(row.scope_id))),
        metrics: [...Map.groupBy(items, (item) => item.instrument_id).values()].map(toOtlpMetric),
      })),
    }))
    yield JSON.stringify({ resourceMetrics })
  }
}

function toOtlpMetric(points: readonly PointColumns[]): Json {
  const { name, description, unit, type, temporality, monotonic } = points[0]!
  const hasTemporality = type !== 'gauge' && type !== 'summary'
  return {
    name,
    description,
    unit,
    [type]: {
      dataPoints: points.map(toOtlpPoint),
      ...(hasTemporality ? { aggregationTemporality: temporality } : {}),
      ...(type === 'sum' ? { isMonotonic: monotonic === 1 } : {}),
    },
  }
}

function toOtlpPoint(row: PointColumns): Json {
  const common = {
    attributes: toAttributes(JSON.parse(row.attrs) as ValueMap),
    startTimeUnixNano: nanos(row.start_us, 0),
    timeUnixNano: nanos(row.time_us, 0),
  }
  if (row.data === null) return row.value === null ? common : { ...common, asDouble: row.value }
  const data = JSON.parse(row.data) as PointData
  return {
    ...common,
    count: String(data.n),
    ...(data.s === null ? {} : { sum: data.s }),
    ...(data.min === undefined ? {} : { min: data.min }),
    ...(data.max === undefined ? {} : { max: data.max }),
    ...(data.c === undefined ? {} : { bucketCounts: data.c.map(String), explicitBounds: data.b }),
    ...(data.x === undefined
      ? {}
      : {
          scale: data.x.k,
          zeroCount: String(data.x.z),
          zeroThreshold: data.x.t,
          positive: { offset: data.x.p[0], bucketCounts: data.x.p[1].map(String) },
          negative: { offset: data.x.m[0], bucketCounts: data.x.m[1].map(String) },
        }),
    ...(data.q === undefined ? {} : { quantileValues: data.q.map(([quantile, value]) => ({ quantile, value })) }),
  }
}

/** Trace-event JSON: opens in Perfetto and chrome://tracing. A lane a service and overlap. */
export function toChromeTrace(placed: PlacedTrace): Json {
  const processes = new Map<string, number>()
  const lanes = new Map<string, number[]>()
  const traceEvents: Json[] = []
  for (const { stored, offsetNs, durationNs } of [...placed.spans].sort((a, b) => a.offsetNs - b.offsetNs)) {
    let pid = processes.get(stored.service)
    if (pid === undefined) {
      pid = processes.size + 1
      processes.set(stored.service, pid)
      traceEvents.push({ ph: 'M', name: 'process_name', pid, args: { name: stored.service } })
    }
    const ends = lanes.get(stored.service) ?? []
    lanes.set(stored.service, ends)
    const free = ends.findIndex((end) => end <= offsetNs)
    const tid = free < 0 ? ends.length : free
    ends[tid] = offsetNs + durationNs
    traceEvents.push({
      ph: 'X',
      name: stored.name,
      cat: stored.kind,
      pid,
      tid: tid + 1,
      ts: offsetNs / 1000,
      dur: durationNs / 1000,
      args: { ...stored.attributes, spanId: stored.spanId, status: stored.status },
    })
  }
  return { traceEvents, displayTimeUnit: 'ms', otherData: { traceId: placed.row.id } }
}

const MARKDOWN_ROWS = 300

export function toMarkdown(placed: PlacedTrace): string {
  const tree = buildTree(placed.spans)
  const millis = (ns: number) => `${(ns / 1e6).toFixed(2)} ms`
  const lines = tree.order.slice(0, MARKDOWN_ROWS).map((index) => {
    const { stored, durationNs, offsetNs } = placed.spans[index]!
    const summary = summaryOf(stored.name, stored.system, stored.attributes)
    const error = stored.status === 'error' ? ` **error** ${inline(stored.extra.m ?? '')}` : ''
    const detail = summary === null ? '' : ` — ${inline(summary)}`
    return `${'  '.repeat(Math.min(tree.depths[index]!, 40))}- \`${stored.service}\` ${inline(stored.name)}${detail} (${millis(durationNs)} at +${millis(offsetNs)})${error}`
  })
  const left = tree.order.length - lines.length
  const rest = left > 0 ? [`- … ${left} more spans`] : []
  return `# Trace ${placed.row.id}\n\n${placed.spans.length} spans, ${millis(placed.durationNs)}\n\n${[...lines, ...rest].join('\n')}\n`
}

/** Text of a program within Markdown: no markup, no line break. */
function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>#|]/g, '\\$&')
}

export function toAttributes(attributes: ValueMap | Json): Json[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toOtlpValue(value as Value) }))
}

function toOtlpValue(value: Value): Json {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(toOtlpValue) } }
  if (typeof value['$bytes'] === 'string' && Object.keys(value).length === 1) return { bytesValue: value['$bytes'] }
  return { kvlistValue: { values: toAttributes(value) } }
}

function toScope({ name, version, attributes }: { name: string; version: string; attributes: ValueMap }): Json {
  return { name, ...(version ? { version } : {}), attributes: toAttributes(attributes) }
}

function endOf(span: StoredSpan): { us: number; rem: number } {
  const total = span.startRemainderNs + span.durationNs
  return { us: span.startUs + Math.floor(total / 1000), rem: total % 1000 }
}

/** Exact: the number of nanoseconds does not fit a double. */
function nanos(us: number, rem: number): string {
  return us === 0 ? String(rem) : `${us}${String(rem).padStart(3, '0')}`
}

/** Groups items by resource and then by scope. */
function nest<Item>(
  items: readonly Item[],
  resourceOf: (item: Item) => number,
  scopeKeyOf: (item: Item) => string,
): { first: Item; scopes: { first: Item; items: Item[] }[] }[] {
  return [...Map.groupBy(items, resourceOf).values()].map((ofResource) => ({
    first: ofResource[0]!,
    scopes: [...Map.groupBy(ofResource, scopeKeyOf).values()].map((ofScope) => ({
      first: ofScope[0]!,
      items: ofScope,
    })),
  }))
}
