/** What a test suite asks of the viewer: spans, logs and metrics that meet a filter, and waiting for a trace. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Attributes, AttributeValue, Severity, SpanKind, SpanStatus } from './api.ts'
import type { PointData } from './store/metrics.ts'
import { readSpans, type StoredSpan, traceNoOf } from './store/read-spans.ts'
import { severityOf } from './store/severity.ts'
import type { Store } from './store/store.ts'

/** A received span. */
export interface ViewerSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly statusMessage: string | null
  readonly service: string
  /** Microseconds since the epoch. */
  readonly startUs: number
  readonly durationNs: number
  readonly attributes: Attributes
  readonly events: readonly { readonly name: string; readonly timeUs: number; readonly attributes: Attributes }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string; readonly attributes: Attributes }[]
  readonly resource: Attributes
  readonly scope: { readonly name: string; readonly version: string }
}

export interface ViewerTrace {
  readonly traceId: string
  /** The span without a parent, when it has arrived. */
  readonly root: ViewerSpan | undefined
  /** In order of start. */
  readonly spans: readonly ViewerSpan[]
}

export interface ViewerLog {
  readonly timeUs: number
  readonly severity: Severity
  readonly severityText: string | null
  readonly body: string
  readonly attributes: Attributes
  readonly service: string
  readonly scope: string
  readonly eventName: string | null
  readonly traceId: string | null
  readonly spanId: string | null
  readonly resource: Attributes
}

export interface ViewerMetric {
  readonly name: string
  readonly service: string
  readonly unit: string
  readonly type: string
  readonly temporality: 'unspecified' | 'delta' | 'cumulative'
  readonly monotonic: boolean
  readonly scope: string
  /** In order of time. */
  readonly points: readonly {
    readonly attributes: Attributes
    readonly timeUs: number
    readonly startUs: number
    /** Of gauges and sums. */
    readonly value: number | null
    /** Of histograms and summaries. */
    readonly count: number | null
    readonly sum: number | null
    readonly bounds: readonly number[] | null
    readonly counts: readonly number[] | null
  }[]
}

export interface SpanFilter {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string | null
  readonly name?: string | RegExp
  readonly service?: string
  readonly kind?: SpanKind
  readonly status?: SpanStatus
  /** Each must be there with this value. */
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>
}

export interface LogFilter {
  readonly traceId?: string
  readonly spanId?: string
  readonly service?: string
  readonly severity?: Severity
  readonly body?: string | RegExp
  readonly attributes?: Readonly<Record<string, AttributeValue | RegExp>>
}

export interface WaitOptions {
  /** @default 10_000 */
  readonly timeoutMillis?: number
  /** Wait for this many spans. Without it a trace that is named by id is complete when its root and all parents are there. */
  readonly minSpans?: number
}

export function findSpans(store: Store, filter: SpanFilter = {}): ViewerSpan[] {
  const ids = new Map<number, string>()
  const traceIdOf = (no: number): string => {
    const known = ids.get(no)
    if (known !== undefined) return known
    const { id } = store.database.prepare('SELECT id FROM trace WHERE no = ?').get(no) as { id: string }
    ids.set(no, id)
    return id
  }
  const no = filter.traceId === undefined ? undefined : traceNoOf(store, filter.traceId.toLowerCase())
  if (filter.traceId !== undefined && no === undefined) return []
  const order = 'ORDER BY s.start_us, s.start_rem, s.dur_ns DESC, s.id'
  const rows = no === undefined ? readSpans(store, order) : readSpans(store, `WHERE s.trace_no = ? ${order}`, no)
  return rows.map((span) => toViewerSpan(span, traceIdOf(span.traceNo))).filter((span) => matchesSpan(span, filter))
}

export function findLogs(store: Store, filter: LogFilter = {}): ViewerLog[] {
  const rows = store.database
    .prepare('SELECT * FROM log ORDER BY time_us, time_rem, id')
    .all() as unknown as LogColumns[]
  return rows.map((row) => toViewerLog(store, row)).filter((log) => matchesLog(log, filter))
}

export function findMetrics(store: Store, name?: string | RegExp): ViewerMetric[] {
  const rows = store.database.prepare('SELECT * FROM instrument ORDER BY id').all() as unknown as InstrumentColumns[]
  return rows.filter((row) => name === undefined || isMatch(row.name, name)).map((row) => toViewerMetric(store, row))
}

/** Resolves with a trace by id once it is complete, or with the first trace a predicate accepts. */
export async function waitForTrace(
  store: Store,
  wanted: string | ((trace: ViewerTrace) => boolean),
  explain: () => string,
  options: WaitOptions = {},
): Promise<ViewerTrace> {
  const { timeoutMillis = 10_000, minSpans } = options
  const isWanted = (trace: ViewerTrace) =>
    trace.spans.length >= (minSpans ?? 1) &&
    (typeof wanted === 'function' ? wanted(trace) : minSpans !== undefined || isComplete(trace))
  const candidates = (): string[] =>
    typeof wanted === 'string'
      ? [wanted.toLowerCase()]
      : (store.database.prepare('SELECT id FROM trace WHERE spans > 0 ORDER BY no').all() as { id: string }[]).map(
          ({ id }) => id,
        )
  const deadline = new AbortController()
  const expiry = sleep(timeoutMillis, undefined, { signal: deadline.signal }).catch(() => {})
  let isExpired = false
  void expiry.then(() => {
    isExpired = true
  })
  try {
    for (let ids = candidates(); ; ) {
      for (const id of ids) {
        const trace = readTrace(store, id)
        if (isWanted(trace)) return trace
      }
      const changed = await Promise.race([nextChange(store, deadline.signal), expiry])
      if (isExpired || !changed) throw timeoutError(store, wanted, timeoutMillis, explain())
      ids = typeof wanted === 'string' ? [wanted.toLowerCase()] : changed
    }
  } finally {
    deadline.abort()
  }
}

export function readTrace(store: Store, traceId: string): ViewerTrace {
  const spans = findSpans(store, { traceId })
  return { traceId, root: spans.find(({ parentSpanId }) => parentSpanId === null), spans }
}

function isComplete({ root, spans }: ViewerTrace): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return root !== undefined && spans.every(({ parentSpanId }) => parentSpanId === null || ids.has(parentSpanId))
}

function nextChange(store: Store, signal: AbortSignal): Promise<string[]> {
  return new Promise((resolve) => {
    const stop = store.onChange(({ traces }) => {
      stop()
      resolve(traces.map(({ id }) => id))
    })
    signal.addEventListener('abort', stop, { once: true })
  })
}

function timeoutError(store: Store, wanted: unknown, millis: number, explanation: string): Error {
  const { spans, logs, metricPoints } = store.retention.totals
  const what = typeof wanted === 'string' ? `Trace ${wanted}` : 'A trace that the predicate accepts'
  return new Error(
    `${what} did not come within ${millis} ms. Stored: ${spans} spans, ${logs} log records, ${metricPoints} metric points. ${explanation}`,
  )
}

function toViewerSpan(span: StoredSpan, traceId: string): ViewerSpan {
  return {
    traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    name: span.name,
    kind: span.kind,
    status: span.status,
    statusMessage: span.extra.m ?? null,
    service: span.service,
    startUs: span.startUs,
    durationNs: span.durationNs,
    attributes: span.attributes,
    events: (span.extra.e ?? []).map(([name, timeUs, , attributes]) => ({
      name,
      timeUs,
      attributes: attributes as Attributes,
    })),
    links: (span.extra.l ?? []).map(([linked, spanId, attributes]) => ({
      traceId: linked,
      spanId,
      attributes: attributes as Attributes,
    })),
    resource: span.resource.attributes,
    scope: { name: span.scope.name, version: span.scope.version },
  }
}

interface LogColumns {
  readonly time_us: number
  readonly sev: number
  readonly sev_text: string | null
  readonly resource_id: number
  readonly scope_id: number
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly event: string | null
  readonly body: string
  readonly attrs: string
}

function toViewerLog(store: Store, row: LogColumns): ViewerLog {
  const resource = store.resources.byId(row.resource_id)
  return {
    timeUs: row.time_us,
    severity: severityOf(row.sev),
    severityText: row.sev_text,
    body: row.body,
    attributes: JSON.parse(row.attrs) as Attributes,
    service: resource.service,
    scope: (JSON.parse(store.scopes.textOf(row.scope_id)) as [string])[0],
    eventName: row.event,
    traceId: row.trace_id,
    spanId: row.span_id,
    resource: resource.attributes,
  }
}

interface InstrumentColumns {
  readonly id: number
  readonly name: string
  readonly svc: number
  readonly scope_id: number
  readonly type: string
  readonly unit: string
  readonly temporality: number
  readonly monotonic: number
}

function toViewerMetric(store: Store, row: InstrumentColumns): ViewerMetric {
  const points = store.database
    .prepare(
      'SELECT e.attrs, p.time_us, p.start_us, p.value, p.data FROM series e JOIN point p ON p.series_id = e.id WHERE e.instrument_id = ? ORDER BY p.time_us, p.id',
    )
    .all(row.id) as { attrs: string; time_us: number; start_us: number; value: number | null; data: string | null }[]
  return {
    name: row.name,
    service: store.texts.textOf(row.svc),
    unit: row.unit,
    type: row.type,
    temporality: (['unspecified', 'delta', 'cumulative'] as const)[row.temporality] ?? 'unspecified',
    monotonic: row.monotonic === 1,
    scope: (JSON.parse(store.scopes.textOf(row.scope_id)) as [string])[0],
    points: points.map((point) => {
      const data = point.data === null ? undefined : (JSON.parse(point.data) as PointData)
      return {
        attributes: JSON.parse(point.attrs) as Attributes,
        timeUs: point.time_us,
        startUs: point.start_us,
        value: point.value,
        count: data?.n ?? null,
        sum: data?.s ?? null,
        bounds: data?.b ?? null,
        counts: data?.c ?? null,
      }
    }),
  }
}

function matchesSpan(span: ViewerSpan, filter: SpanFilter): boolean {
  return (
    (filter.spanId === undefined || span.spanId === filter.spanId) &&
    (filter.parentSpanId === undefined || span.parentSpanId === filter.parentSpanId) &&
    (filter.name === undefined || isMatch(span.name, filter.name)) &&
    (filter.service === undefined || span.service === filter.service) &&
    (filter.kind === undefined || span.kind === filter.kind) &&
    (filter.status === undefined || span.status === filter.status) &&
    hasAttributes(span.attributes, filter.attributes)
  )
}

function matchesLog(log: ViewerLog, filter: LogFilter): boolean {
  return (
    (filter.traceId === undefined || log.traceId === filter.traceId) &&
    (filter.spanId === undefined || log.spanId === filter.spanId) &&
    (filter.service === undefined || log.service === filter.service) &&
    (filter.severity === undefined || log.severity === filter.severity) &&
    (filter.body === undefined || isMatch(log.body, filter.body)) &&
    hasAttributes(log.attributes, filter.attributes)
  )
}

function hasAttributes(attributes: Attributes, wanted: SpanFilter['attributes'] = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => {
    const actual = Object.hasOwn(attributes, key) ? attributes[key] : undefined
    if (actual === undefined) return false
    return value instanceof RegExp ? value.test(String(actual)) : JSON.stringify(actual) === JSON.stringify(value)
  })
}

function isMatch(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? text === wanted : wanted.test(text)
}
