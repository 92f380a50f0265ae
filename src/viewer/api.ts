/**
 * The JSON query API of the viewer: every type that crosses the wire between back end and browser. Types and constants only.
 * One file, since it is the whole contract between the pages and the server: both sides read it from top to bottom, and it must change as one.
 *
 * ## Who may read
 * The back end listens on loopback only and answers only when `Host` is exactly `localhost:<port>`, `127.0.0.1:<port>` or `[::1]:<port>`.
 * A printed URL opens by a plain click: serving `index.html` to a top-level navigation sets the cookie
 * `uptrace_viewer_<port>` (HttpOnly, SameSite=Strict, Path=/), whose value is derived from the token and is not the token. Every
 * `/api/` request needs that cookie, or `authorization: Bearer <token>`, or a `uptrace-dsn` header. Requests that a browser marks as coming from
 * elsewhere (`Sec-Fetch-Site` other than `same-origin`/`none`, an `Origin` other than ours) are refused with 403, other ports of localhost included.
 * The browser code needs to do nothing: plain same-origin `fetch(url)` and `new EventSource(url)`. On 401 (the back end was restarted)
 * reload the page once: that renews the cookie.
 *
 * ## Conventions
 * - Instants are integer microseconds since the epoch (`...Us`); durations and offsets are integer nanoseconds (`...Ns`), exact in a double.
 * - Ids are lower-case hex. Errors are `{ error: { code, message } }` with a 4xx or 5xx status.
 * - Every GET below takes `from` and `to` (µs; default: all that is stored), `run` (a `Run.id`) and `service` (repeatable), unless it names one trace.
 * - Lists are paged by an opaque `cursor` taken from `next`; `next` is null at the end.
 * - All text (names, attributes, bodies) comes from untrusted programs: render it as text nodes only.
 *
 * ## Query language (`q` of traces and logs)
 * Terms are separated by blanks and all must hold of one span (or log record). Values may be quoted: `name:"GET /a b"`.
 * `-term` negates. Of traces it leaves out each trace in which any span meets the term (`-service:orders`: no span of orders at all); of logs, and in
 * the search within one trace, each record or span that meets it. `field!=value` is about the one span: `service!=orders` wants a span of another service.
 * - `field:value`, `field=value` equal, `*` matches any text, letter case ignored for `:`; `a|b` either; `field!=value`
 * - `field>value`, `>=`, `<`, `<=` compare numbers; durations take a unit: `duration>50ms` (ns, us, ms, s, m), and ranges: `duration:10ms..50ms`, end not included
 * - `field~text` contains; `has:field` present
 * - a bare word or "quoted text" is found in the name, service, status message, attribute values and exception text
 * Fields of spans: `service`, `name`, `kind`, `status`, `duration`, `trace`, `span`, `parent`, `scope`, `event` and any attribute key, looked up in the span, then its
 * resource. Of the whole trace: `trace.duration`, `trace.spans`, `trace.errors`, `trace.logs`, `root.service`, `root.name`, `badge`. Of logs: `service`,
 * `severity` (`severity>=warn`), `body`, `trace`, `span`, `scope`, `event` and attribute keys.
 * Example: `service:orders duration>50ms status:error http.route=/api/* -has:user.id timeout`
 * A bad query answers 400 with code `bad_query` and `position` in the error.
 */

/** Path of each route; `:x` marks a parameter. All answers are JSON unless said otherwise. */
export const ROUTES = {
  /** GET, as a page: leads on to the newest trace whose id begins so, with at least six digits */
  short: '/t/:prefix',
  /** GET, no authorisation → {@link Health} */
  health: '/healthz',
  /** GET → {@link ViewerStatus} */
  status: '/api/v1/status',
  /** GET, `text/event-stream` of `event: tick` with data {@link Tick}, at most 4 a second while data arrives, a comment line every 15 s */
  events: '/api/v1/events',
  /** GET → {@link RunList} */
  runs: '/api/v1/runs',
  /** GET `a`, `b` (a `ProgramRun.id`, `Run.id` or the beginning of one; default: the newest and the one before) → {@link RunComparison} */
  compareRuns: '/api/v1/runs/compare',
  /** GET {@link TraceListParams} → {@link TraceList} */
  traces: '/api/v1/traces',
  /** GET {@link TraceListParams} → {@link FacetList} */
  traceFacets: '/api/v1/traces/facets',
  /** GET {@link TraceListParams} → {@link Scatter} */
  traceScatter: '/api/v1/traces/scatter',
  /** GET `attributes=0|1`, `from` (index of the first row, default 0), `limit` (rows, default all), `preview=1` (a large trace that is not laid out yet may be given with its first rows alone, `isPreview`), `clocks=recorded` (aligns no clocks) → {@link TraceDetail}, also by the beginning of an id, at least six digits; 404 code `trace_not_found` with {@link MissingTrace} as `details` */
  trace: '/api/v1/traces/:traceId',
  /** GET `q`, `clocks=recorded` → {@link TraceSearch}: spans of the trace that match, attributes included */
  traceSearch: '/api/v1/traces/:traceId/search',
  /** GET → {@link SpanDetail} */
  span: '/api/v1/traces/:traceId/spans/:spanId',
  /** GET → {@link SpanProfile}: what ran on the event loop of its process while the span was open; empty where nothing was profiled */
  spanProfile: '/api/v1/traces/:traceId/spans/:spanId/profile',
  /** GET → {@link LogList}, oldest first, not paged (cap 10 000) */
  traceLogs: '/api/v1/traces/:traceId/logs',
  /** GET `around` (seconds, default 30) → {@link TraceMetrics}: process charts around the trace and points that match it */
  traceMetrics: '/api/v1/traces/:traceId/metrics',
  /** GET `format=otlp|chrome|markdown` → a download (OTLP JSON, Chrome trace-event JSON for Perfetto, Markdown) */
  traceExport: '/api/v1/traces/:traceId/export',
  /** GET `a`, `b` (trace ids) → {@link Comparison} */
  compare: '/api/v1/compare',
  /** GET {@link LogListParams} → {@link LogList} */
  logs: '/api/v1/logs',
  /** GET {@link LogListParams} → {@link LogHistogram} */
  logHistogram: '/api/v1/logs/histogram',
  /** GET {@link LogListParams} → {@link LogPatternList} */
  logPatterns: '/api/v1/logs/patterns',
  /** GET → {@link InstrumentList} */
  metrics: '/api/v1/metrics',
  /** GET {@link MetricDataParams} → {@link MetricData} */
  metricData: '/api/v1/metrics/data',
  /** GET {@link MetricSpansParams} → {@link MetricSpans}: the spans behind a clicked point or heat-map cell */
  metricSpans: '/api/v1/metrics/spans',
  /** GET → {@link ServiceGraph} */
  services: '/api/v1/services',
  /** GET `sort=time|calls|errors|p95` → {@link OperationList} */
  operations: '/api/v1/operations',
  /** GET `service`, `name`, `kind` → {@link OperationDetail} */
  operation: '/api/v1/operations/detail',
  /** GET → {@link QueryStatList}: normalised database statements */
  queries: '/api/v1/queries',
  /** GET `dismissed=1` to include dismissed ones → {@link InsightList} */
  insights: '/api/v1/insights',
  /** POST → 204; `DELETE` brings it back */
  dismissInsight: '/api/v1/insights/:insightId/dismissed',
  /** GET `of=spans|logs`, `prefix` → {@link FieldList}: for completion in the query box */
  fields: '/api/v1/fields',
  /** GET `of`, `field`, `prefix` → {@link FieldValueList} */
  fieldValues: '/api/v1/fields/values',
  /** GET {@link TraceListParams} (or repeatable `trace`), `signals=traces,logs,metrics` → download, one OTLP JSON request a line */
  export: '/api/v1/export',
  /** POST OTLP JSON (one object, or one a line) → {@link ImportResult} */
  import: '/api/v1/import',
  /** POST → {@link TestTrace}: stores a small sample trace with logs */
  testTrace: '/api/v1/test-trace',
  /** POST {@link LiveReport} → 204, or with `stay` 200 without end: spans that have started but not ended, sent by the distribution */
  live: '/api/v1/live',
  /** POST {@link ProfileReport} → 204: samples of a program under `uptrace-node dev --profile` */
  profile: '/api/v1/profile',
  /** DELETE → 204: forgets everything */
  data: '/api/v1/data',
  /** POST, token only → {@link PageKey}: a key that opens the pages as `?key=…`, where this machine does not tell who asks */
  key: '/api/v1/key',
  /** POST, token only (never the cookie) → 202: ends the back end */
  shutdown: '/api/v1/shutdown',
} as const

export type RouteName = keyof typeof ROUTES

/** Resource attribute that `uptrace-node dev` gives to all processes of one start. */
export const RUN_ATTRIBUTE = 'uptrace.dev.run'

/** Identity on `/healthz`, so that a foreign program on the port is not mistaken for the viewer. */
export const VIEWER_NAME = 'uptrace-node-viewer'
/** Rows of a trace that its page asks for first: more than fit on a screen. */
export const FIRST_ROWS = 200
/** A file for import is packed from this size on: a body has a limit as it is sent, of which a large file is a tenth when packed. */
export const PACKED_FROM_BYTES = 4 * 1024 * 1024

/** What the page of a trace asks for first, and is told to while it loads; both have to be the same, else it is asked twice. */
export const firstRowsPath = (traceId: string): string =>
  `${ROUTES.trace.replace(':traceId', encodeURIComponent(traceId))}?limit=${FIRST_ROWS}&preview=1`

export interface Health {
  readonly name: typeof VIEWER_NAME
  readonly version: string
  /** HMAC-SHA256 of the `challenge` query parameter under the token; proves who answers. Absent without a challenge. */
  readonly proof?: string
}

export interface ApiError {
  readonly error: {
    readonly code: string
    readonly message: string
    /** Of `bad_query`: index into `q`. */
    readonly position?: number
    readonly details?: unknown
  }
}

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified'
export type SpanStatus = 'unset' | 'ok' | 'error'
export type Severity = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'unspecified'
/** What a span talks to, for colour and icon. */
export type SpanSystem = 'http' | 'rpc' | 'db' | 'cache' | 'messaging' | 'function' | 'internal'
export type Badge =
  | 'n+1'
  | 'slow'
  | 'unclosed'
  | 'running'
  | 'partial'
  | 'error'
  | 'duplicate-spans'
  | 'clock-skew'
  | 'sequential'
  | 'blocked'

/** 64-bit integers that a double cannot hold are decimal strings; bytes are `{ $bytes: base64 }`. */
export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }
export type Attributes = { readonly [key: string]: AttributeValue }

// ---- status, ticks, runs

export interface ViewerStatus {
  readonly version: string
  readonly startedUs: number
  readonly nowUs: number
  /** Address of the UI, without token. */
  readonly url: string
  /** For the snippet of the empty state: holds the token, show it but put it in no link. */
  readonly dsn: string
  /** Plain OTLP address for programs in other languages, when asked for by `--otlp`. */
  readonly otlpUrl: string | null
  readonly storage: {
    readonly kind: 'disk' | 'memory'
    readonly path: string | null
    readonly bytes: number
    readonly spans: number
    readonly traces: number
    readonly logs: number
    readonly metricPoints: number
    /** Bytes of samples from `dev --profile`, compressed. */
    readonly profileBytes: number
    readonly oldestUs: number | null
    readonly limits: {
      readonly maxSpans: number
      readonly maxLogs: number
      readonly maxMetricPoints: number
      readonly maxProfileBytes: number
      readonly maxBytes: number
      readonly maxAgeMillis: number
    }
    /** When the first item had to be evicted, and how many since; null while everything is kept. */
    readonly eviction: { readonly sinceUs: number; readonly spans: number; readonly logs: number } | null
    /** Why the last data could not be stored, such as a full disk; null when it could. */
    readonly problem: string | null
  }
  readonly ingest: {
    readonly requests: number
    readonly spans: number
    readonly logs: number
    readonly metricPoints: number
    readonly rejected: number
    readonly lastUs: number | null
    /** The last refused request, for the empty state: what was wrong and what to do. */
    readonly lastError: { readonly atUs: number; readonly path: string; readonly message: string } | null
  }
}

export interface Tick {
  /** Grows with every stored change. Data behind an unchanged counter is unchanged. */
  readonly rev: number
  readonly traces: number
  readonly spans: number
  readonly logs: number
  readonly metricPoints: number
  readonly insights: number
  /** Why the last data could not be stored; null when it could. */
  readonly problem: string | null
  /** Up to 50 traces that changed since the last tick; null when there were more: refetch. */
  readonly changedTraces: readonly string[] | null
}

/** Opens the pages once. */
export interface PageKey {
  readonly key: string
}

/** One run of one process: a `service.instance.id`, or failing that host + pid. */
export interface Run {
  readonly id: string
  readonly service: string
  readonly command: string | null
  readonly pid: number | null
  readonly host: string | null
  readonly sdkLanguage: string | null
  readonly firstUs: number
  readonly lastUs: number
  readonly spans: number
  readonly logs: number
}
/**
 * One start of a program: a process, or the processes that ran side by side as one, such as cluster workers or what `dev` started.
 * The next start of the same command is another one.
 */
export interface ProgramRun {
  /** Of `dev`: its `uptrace.dev.run`; else the `Run.id` of the first process. */
  readonly id: string
  readonly services: readonly string[]
  readonly command: string | null
  readonly host: string | null
  readonly processes: number
  readonly firstUs: number
  readonly lastUs: number
  readonly spans: number
  readonly logs: number
  /** `Run.id` of each process. */
  readonly runs: readonly string[]
}
/** Newest first. */
export interface RunList {
  readonly runs: readonly Run[]
  readonly programs: readonly ProgramRun[]
}

/** Two starts of a program: `a` before, `b` after. */
export interface RunComparison {
  /** Null when there was no run before. */
  readonly a: ComparedRun | null
  readonly b: ComparedRun
  /** How `verdict` of operations is found. */
  readonly test: {
    /** Two-sided rank test over durations in buckets of 9 %. */
    readonly name: 'mann-whitney'
    /** Of all operations together: p-values are corrected by Holm's method. */
    readonly alpha: number
    /** Calls that each run must have. */
    readonly leastCalls: number
    /** Medians must differ by this factor as well. */
    readonly leastRatio: number
  }
  /** Largest change of time first. */
  readonly operations: readonly ComparedOperation[]
  /** What was found in the traces of one run only. */
  readonly findings: { readonly added: readonly Insight[]; readonly gone: readonly Insight[] }
  /** Statements whose number a request changed; largest change first. */
  readonly queries: readonly ComparedQueries[]
}
export interface ComparedRun extends ProgramRun {
  readonly traces: number
  /** Traces whose root serves a request or a message. */
  readonly requests: number
  /** Traces with a span that failed. */
  readonly failed: number
  readonly slowest: TraceSummary | null
  /** Findings of its traces by kind. */
  readonly found: Readonly<Partial<Record<InsightKind, number>>>
  /** Counts come from the newest so many traces when there were more; else null. */
  readonly sampled: number | null
}
export interface ComparedOperation {
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly a: Stats | null
  readonly b: Stats | null
  readonly verdict: 'slower' | 'faster' | 'same' | 'too-few' | 'added' | 'gone'
  /** Corrected for the number of operations; null when not tested. */
  readonly pValue: number | null
  /** Chance that a call of `b` takes longer than one of `a`; null when not tested. */
  readonly chanceSlower: number | null
}
export interface ComparedQueries {
  /** Of the root of the request. */
  readonly service: string
  readonly operation: string
  readonly statement: string
  readonly system: SpanSystem
  /** Executions a request. */
  readonly a: number
  readonly b: number
}

// ---- traces

export interface TraceListParams {
  readonly q?: string
  readonly from?: number
  readonly to?: number
  readonly run?: string
  readonly service?: readonly string[]
  /** @default 'newest' */
  readonly sort?: 'newest' | 'oldest' | 'slowest' | 'fastest' | 'spans' | 'errors'
  /** @default 100, at most 1000 */
  readonly limit?: number
  readonly cursor?: string
  /** How many milliseconds may be spent on looking, where no index tells what meets the query. @default 1500, at most that */
  readonly wait?: number
  /** With `1` each trace tells its `systems`: costs a look at all of its spans. */
  readonly systems?: 0 | 1
}

export interface TraceSummary {
  readonly traceId: string
  readonly startUs: number
  readonly durationNs: number
  /** Null when the root has not arrived. */
  readonly rootSpanId: string | null
  /** Of the root; failing that of the earliest span. */
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly httpStatus: number | null
  readonly spans: number
  readonly errors: number
  readonly logs: number
  /** Share of spans by service, largest first, at most 6. */
  readonly services: readonly { readonly service: string; readonly spans: number; readonly errors: number }[]
  /** Median and p95 of the root's operation; null below 5 samples. */
  readonly operationP50Ns: number | null
  readonly operationP95Ns: number | null
  /** Calls of others, client spans, by what they talk to; only when asked for by `systems=1`. */
  readonly systems?: Readonly<Partial<Record<SpanSystem, number>>>
  readonly badges: readonly Badge[]
  /** First span that met the query, when that is not the root. */
  readonly matchedSpanId: string | null
  readonly matchedSpans: number
}

export interface TraceList {
  readonly traces: readonly TraceSummary[]
  readonly next: string | null
  readonly tookMillis: number
  /** True when the scan budget ended before all data was looked at; `next` goes on from there. */
  readonly partial: boolean
  /** When nothing was found: names in the query that nothing stored has. */
  readonly unknownFields: readonly string[]
}

export interface FacetValue {
  readonly value: string
  readonly count: number
  readonly errors: number
  /** Term to add to `q`. */
  readonly term: string
}
export interface Facet {
  readonly field: string
  readonly label: string
  readonly values: readonly FacetValue[]
  /** There are more values than shown. */
  readonly more: boolean
}
/** Service, operation, status, duration buckets, then attributes such as `http.response.status_code`, `db.system.name`. Counts are of traces. */
export interface FacetList {
  readonly facets: readonly Facet[]
  /** Attribute keys seen among the matches, most frequent first. */
  readonly attributeKeys: readonly { readonly key: string; readonly count: number }[]
  readonly total: number
  /** Counts come from the newest `sampled` traces when less than `total`. */
  readonly sampled: number
  readonly tookMillis: number
}

/** Columns, newest first, at most 2000 points. */
export interface Scatter {
  readonly traceIds: readonly string[]
  readonly startUs: readonly number[]
  readonly durationNs: readonly number[]
  readonly errors: readonly (0 | 1)[]
  /** `service name`, for the tooltip. */
  readonly labels: readonly string[]
  readonly more: boolean
}

// ---- one trace

export interface TraceDetail {
  readonly traceId: string
  readonly startUs: number
  /** Nanoseconds past `startUs` (0..999): offsets count from `startUs * 1000 + startRemainderNs`. */
  readonly startRemainderNs: number
  readonly durationNs: number
  readonly rootSpanId: string | null
  /** Depth-first order, children by start; broken parents and cycles are resolved: each span appears once and `parentIndex` is a forest. */
  readonly spans: readonly SpanRow[]
  /** Of the whole trace, as are all other numbers. */
  readonly spanCount: number
  /** Whether `spans` holds some of the rows only, as `from` and `limit` asked for. */
  readonly isPartial: boolean
  /** True where `preview=1` has been answered before the trace was laid out: what is worked out from all spans is empty or 0. */
  readonly isPreview?: boolean
  readonly services: readonly {
    readonly service: string
    readonly spans: number
    readonly errors: number
    readonly selfNs: number
  }[]
  readonly resources: readonly { readonly id: number; readonly attributes: Attributes }[]
  readonly depth: number
  readonly errors: number
  readonly logs: number
  readonly httpStatuses: readonly { readonly status: number; readonly count: number }[]
  readonly badges: readonly Badge[]
  /** Rank of the root's duration within its operation, 0..100; null below 5 samples. */
  readonly percentile: number | null
  readonly warnings: readonly TraceWarning[]
  /** Of the rows that are given. */
  readonly criticalPath: readonly CriticalSegment[]
  /** Where the time of requests and jobs went: of the root, and of every span of kind server or consumer, at most 200; of the rows that are given. */
  readonly handlers: readonly HandlerTime[]
  /** What was done about clocks that differ; null where no span had to be moved, or `clocks=recorded` was asked for and none would be. */
  readonly clocks: ClockAlignment | null
  readonly insights: readonly Insight[]
  /** Spans started but not ended that the distribution reported. They are also in `spans`, with `running: true`. */
  readonly running: number
  /** Whether `SpanRow.attributes` are present; left out above 5000 spans unless `attributes=1`: use the span and search routes. */
  readonly withAttributes: boolean
  readonly previousTraceId: string | null
  readonly nextTraceId: string | null
}

export interface TraceWarning {
  readonly code:
    | 'missing-root'
    | 'missing-parents'
    | 'duplicate-span-ids'
    | 'parent-cycle'
    | 'clock-skew'
    | 'ends-before-start'
    | 'dropped-attributes'
    | 'still-running'
    | 'truncated'
  readonly message: string
  readonly count: number
  readonly spanIds: readonly string[]
}

export interface SpanRow {
  /** Position in the whole trace: in `TraceDetail.spans` when that holds all rows. */
  readonly index: number
  /** Of the parent row; -1 for a top-level row. */
  readonly parentIndex: number
  readonly spanId: string
  /** As received, even if that span is missing. */
  readonly parentSpanId: string | null
  readonly depth: number
  readonly children: number
  /** All rows below this one. */
  readonly descendants: number
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly statusMessage: string | null
  readonly system: SpanSystem
  /** One key fact: SQL summary, route and status, queue name. */
  readonly summary: string | null
  /** Statement or route without literals: equal siblings fold to `×n`. */
  readonly groupKey: string
  readonly offsetNs: number
  /** By how much it was moved, because the clock of its machine differs: recorded at `offsetNs - movedNs`. Absent where it was not. */
  readonly movedNs?: number
  readonly durationNs: number
  /** Duration not covered by children. */
  readonly selfNs: number
  readonly resourceId: number
  readonly scope: string
  /** Offsets of events from the start of the trace. */
  readonly events: readonly { readonly offsetNs: number; readonly name: string }[]
  readonly logs: readonly { readonly offsetNs: number; readonly severity: Severity; readonly logId: number }[]
  readonly links: number
  readonly error: boolean
  readonly running: boolean
  readonly orphan: boolean
  readonly attributes?: Attributes
}

/** What a request or job waited for in its own process. Exact: calls of one category that overlap count once. */
export interface HandlerTime {
  /** Row of the handler in `spans`. */
  readonly index: number
  readonly spanId: string
  readonly durationNs: number
  /** Largest first. Each is the time in which at least one call of the category was open. */
  readonly categories: readonly TimeCategory[]
  /** Time in which no call was open: code of the handler, and waiting for anything that has no span. */
  readonly ownNs: number
  /** Time in which calls of several categories were open, counted in each of them. */
  readonly overlapNs: number
}
export interface TimeCategory {
  readonly category: 'database' | 'cache' | 'http' | 'rpc' | 'messaging' | 'function' | 'other'
  readonly calls: number
  readonly ns: number
  /** Of the duration of the handler, 0..1. */
  readonly share: number
}

/** Spans of other machines that lay outside their parents, and were moved into them. */
export interface ClockAlignment {
  readonly applied: boolean
  readonly spans: number
  /** Largest move, without its sign. */
  readonly mostNs: number
  readonly services: readonly string[]
}

/** A stretch of the path that decided the duration, in time order. */
export interface CriticalSegment {
  readonly index: number
  readonly spanId: string
  readonly fromNs: number
  readonly toNs: number
}

/** Why a trace is not there yet. */
export interface MissingTrace {
  readonly lastIngestUs: number | null
  readonly lastError: string | null
  readonly evictedSinceUs: number | null
}

export interface TraceSearch {
  readonly spanIds: readonly string[]
  readonly indexes: readonly number[]
}

export interface SpanEvent {
  readonly name: string
  readonly timeUs: number
  readonly offsetNs: number
  readonly attributes: Attributes
}
export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
  readonly attributes: Attributes
  /** Whether the other end is stored, and what it is. */
  readonly target: { readonly service: string; readonly name: string } | null
}

export interface SpanDetail {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | null
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly statusMessage: string | null
  readonly startUs: number
  readonly startRemainderNs: number
  readonly durationNs: number
  readonly traceState: string | null
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly exceptions: readonly ExceptionInfo[]
  readonly links: readonly SpanLink[]
  /** Spans that link to this one. */
  readonly backlinks: readonly SpanLink[]
  readonly resource: Attributes
  readonly scope: { readonly name: string; readonly version: string | null; readonly attributes: Attributes }
  readonly dropped: { readonly attributes: number; readonly events: number; readonly links: number }
  readonly operation: OperationStats | null
  /** Rank of this duration within its operation, 0..100; null below 5 samples. */
  readonly percentile: number | null
  /** Where the span was started, when reported. */
  readonly startStack: string | null
  /** Whether samples of its process are stored for the time it was open: ask for its profile. */
  readonly profiled: boolean
  /** The span as OTLP JSON. */
  readonly raw: unknown
}

export interface ExceptionInfo {
  readonly type: string | null
  readonly message: string | null
  readonly timeUs: number
  readonly frames: readonly StackFrame[]
  readonly stack: string | null
}
export interface StackFrame {
  readonly text: string
  readonly function: string | null
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  /** False for node: internals and node_modules. */
  readonly inProject: boolean
}

// ---- logs

export interface LogListParams {
  readonly q?: string
  readonly from?: number
  readonly to?: number
  readonly run?: string
  readonly service?: readonly string[]
  /** Only records of one trace. */
  readonly trace?: string
  readonly span?: string
  /** @default 'newest' */
  readonly order?: 'newest' | 'oldest'
  /** Only records stored after this id: for tailing. */
  readonly after?: number
  /** @default 200, at most 2000 */
  readonly limit?: number
  readonly cursor?: string
}

export interface LogRow {
  /** Grows in order of arrival. */
  readonly id: number
  readonly timeUs: number
  readonly severity: Severity
  /** As the program named it, e.g. `WARNING`. */
  readonly severityText: string | null
  readonly severityNumber: number
  readonly service: string
  readonly scope: string
  /** Text; a structured body is compact JSON. ANSI colours are removed. */
  readonly body: string
  readonly attributes: Attributes
  readonly eventName: string | null
  readonly traceId: string | null
  readonly spanId: string | null
  readonly resource: Attributes
  readonly runId: string
}
export interface LogList {
  readonly logs: readonly LogRow[]
  readonly next: string | null
  readonly partial: boolean
  readonly tookMillis: number
  /** Largest id stored now: pass as `after` to tail. */
  readonly lastId: number
  /** When nothing was found: names in the query that nothing stored has. */
  readonly unknownFields: readonly string[]
}
export interface LogHistogram {
  readonly bucketUs: number
  readonly buckets: readonly {
    readonly startUs: number
    readonly counts: Readonly<Partial<Record<Severity, number>>>
  }[]
  readonly total: number
}
export interface LogPatternList {
  readonly patterns: readonly {
    /** The text with numbers, ids and quoted parts as `<*>`. */
    readonly pattern: string
    readonly count: number
    readonly severity: Severity
    readonly services: readonly string[]
    readonly firstUs: number
    readonly lastUs: number
    readonly sample: LogRow
  }[]
}

// ---- metrics

export type InstrumentType = 'gauge' | 'sum' | 'histogram' | 'exponentialHistogram' | 'summary'

export interface Instrument {
  /** Pass to the data route. */
  readonly id: string
  readonly name: string
  readonly service: string
  readonly scope: string
  readonly type: InstrumentType
  readonly unit: string
  readonly description: string
  readonly temporality: 'delta' | 'cumulative' | 'unspecified' | null
  readonly monotonic: boolean
  readonly series: number
  readonly attributeKeys: readonly string[]
  readonly firstUs: number
  readonly lastUs: number
  readonly lastValue: number | null
  /** The newest 30 values over all series: last value, rate, or p50. */
  readonly sparkline: readonly number[]
  readonly warnings: readonly ('no-unit' | 'unspecified-temporality' | 'high-cardinality')[]
}
export interface InstrumentList {
  readonly instruments: readonly Instrument[]
  /** Ids of the charts on top of the page: event-loop delay, utilisation, heap, GC, CPU. */
  readonly process: readonly { readonly label: string; readonly id: string }[]
}

export interface MetricDataParams {
  readonly id: string
  readonly from?: number
  readonly to?: number
  /** Width of a time bucket; default: about 120 buckets. */
  readonly step?: number
  /** Attribute key that makes one line a value (histograms: one group of lines). */
  readonly split?: string
  /** `key=value`, repeatable; all must hold. */
  readonly filter?: readonly string[]
  /** Of sums. @default 'rate' for monotonic sums, else 'value' */
  readonly mode?: 'value' | 'rate'
}

export interface MetricData {
  readonly instrument: Instrument
  readonly stepUs: number
  /** Time between two exports, for which a point stands when it is longer than `stepUs`; null when nothing tells. */
  readonly intervalUs: number | null
  /** Shared x axis: start of each bucket. */
  readonly timesUs: readonly number[]
  /** Lines: one a series (or split value) of each run, newest run first, or p50/p95/p99 of histograms; null where there is no point. */
  readonly lines: readonly {
    readonly label: string
    readonly attributes: Attributes
    /** `Run.id` when there are several runs with lines of their own, else null. */
    readonly run: string | null
    readonly quantile: 'p50' | 'p95' | 'p99' | 'mean' | null
    readonly values: readonly (number | null)[]
  }[]
  /** Of histograms: `counts[t][b]` observations in bucket b. `bounds` has one value fewer than buckets. */
  readonly heatmap: { readonly bounds: readonly number[]; readonly counts: readonly (readonly number[])[] } | null
  readonly exemplars: readonly Exemplar[]
  readonly mode: 'value' | 'rate'
  /** Values of each attribute key, for the filter menu. */
  readonly attributeValues: { readonly [key: string]: readonly string[] }
}
export interface Exemplar {
  readonly timeUs: number
  readonly value: number
  readonly traceId: string | null
  readonly spanId: string | null
}
export interface MetricSpansParams {
  readonly id: string
  readonly from: number
  readonly to: number
  /** Bounds of the clicked bucket, in the unit of the instrument. */
  readonly min?: number
  readonly max?: number
  readonly filter?: readonly string[]
}
export interface MetricSpans {
  readonly spans: readonly SpanRef[]
  /** `exemplar`: named by the metric itself; `match`: found by service, attributes, time and value. */
  readonly source: 'exemplar' | 'match' | 'none'
}

export interface TraceMetrics {
  readonly fromUs: number
  readonly toUs: number
  readonly charts: readonly {
    readonly label: string
    readonly instrumentId: string
    readonly unit: string
    readonly timesUs: readonly number[]
    readonly values: readonly number[]
  }[]
}

/** A span in a list elsewhere. */
export interface SpanRef {
  readonly traceId: string
  readonly spanId: string
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly status: SpanStatus
  readonly startUs: number
  readonly durationNs: number
}

// ---- services, operations

export interface Stats {
  readonly calls: number
  readonly errors: number
  /** Calls a second over the window asked for. */
  readonly rate: number
  readonly p50Ns: number
  readonly p95Ns: number
  readonly p99Ns: number
  readonly maxNs: number
  readonly totalNs: number
}
export interface ServiceSummary extends Stats {
  readonly service: string
  readonly operations: number
  readonly logs: number
  readonly errorLogs: number
  readonly language: string | null
  readonly version: string | null
  /** Calls by time bucket. */
  readonly sparkline: readonly number[]
  readonly lastUs: number
}
/** `from` and `to` are services, or what a client span names that sends no spans itself: `db:postgresql shop`, `http:api.example.com`. */
export interface ServiceEdge extends Stats {
  readonly from: string
  readonly to: string
  readonly system: SpanSystem
  /** The target sends no spans itself. */
  readonly external: boolean
}
export interface ServiceGraph {
  readonly services: readonly ServiceSummary[]
  readonly edges: readonly ServiceEdge[]
  readonly bucketUs: number
}

export interface OperationStats extends Stats {
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly system: SpanSystem
  /** Of all time spent in this service's spans, 0..1. */
  readonly timeShare: number
  readonly sparkline: readonly number[]
  readonly errorSparkline: readonly number[]
  readonly lastUs: number
}
export interface OperationList {
  readonly operations: readonly OperationStats[]
  readonly bucketUs: number
}
export interface OperationDetail {
  readonly operation: OperationStats
  /** Log-spaced: bucket i is [bounds[i], bounds[i+1]). */
  readonly histogram: { readonly boundsNs: readonly number[]; readonly counts: readonly number[] }
  readonly slowest: readonly SpanRef[]
  readonly failed: readonly SpanRef[]
  /** Mean time a call by system of direct children, and self. */
  readonly breakdown: readonly {
    readonly label: string
    readonly system: SpanSystem | 'self'
    readonly meanNs: number
    readonly share: number
  }[]
  /** The same operation in the run before this one. */
  readonly previousRun: { readonly runId: string; readonly stats: Stats } | null
}
export interface QueryStatList {
  readonly queries: readonly (Stats & {
    readonly statement: string
    readonly system: string
    readonly service: string
    readonly callers: readonly { readonly name: string; readonly calls: number }[]
    readonly sample: SpanRef
  })[]
}

// ---- insights

export type InsightKind =
  | 'n+1'
  | 'slow'
  | 'errors'
  | 'unclosed'
  | 'sequential'
  | 'blocked'
  | 'broken-context'
  | 'high-cardinality'
  | 'hygiene'

export const INSIGHT_KINDS: readonly InsightKind[] = [
  'n+1',
  'slow',
  'errors',
  'unclosed',
  'sequential',
  'blocked',
  'broken-context',
  'high-cardinality',
  'hygiene',
]

export interface Insight {
  /** Stable across restarts for the same finding. */
  readonly id: string
  readonly kind: InsightKind
  readonly severity: 'info' | 'warning' | 'error'
  readonly title: string
  /** What was seen, why it matters, what to do: sentences. */
  readonly detail: string
  readonly advice: string
  readonly service: string
  readonly operation: string | null
  readonly count: number
  readonly firstUs: number
  readonly lastUs: number
  /** Time that could be saved a call, when that can be told. */
  readonly savingNs: number | null
  readonly evidence: readonly SpanRef[]
  /** Terms for `q` that show the traces behind it. */
  readonly query: string | null
  readonly exception: ExceptionInfo | null
  readonly dismissed: boolean
}
export interface InsightList {
  readonly insights: readonly Insight[]
  /** Not dismissed, by kind. */
  readonly counts: Readonly<Partial<Record<InsightKind, number>>>
}

// ---- compare

export interface Comparison {
  readonly a: TraceSummary
  readonly b: TraceSummary
  /** The two trees merged by service, name, kind and order among equal siblings; depth-first. */
  readonly rows: readonly ComparedRow[]
  readonly attributes: readonly { readonly key: string; readonly a: AttributeValue; readonly b: AttributeValue }[]
}
export interface ComparedRow {
  readonly depth: number
  readonly parentIndex: number
  readonly service: string
  readonly name: string
  readonly kind: SpanKind
  readonly system: SpanSystem
  /** Null on the side that lacks it. `count` is above 1 for folded equal siblings. */
  readonly a: ComparedSide | null
  readonly b: ComparedSide | null
}
export interface ComparedSide {
  readonly spanId: string
  readonly count: number
  readonly offsetNs: number
  readonly durationNs: number
  readonly selfNs: number
  readonly errors: number
}

// ---- fields, import, live

export interface FieldList {
  readonly fields: readonly {
    readonly field: string
    readonly type: 'string' | 'number' | 'boolean' | 'duration' | 'mixed'
    readonly count: number
  }[]
}
export interface FieldValueList {
  readonly values: readonly { readonly value: string; readonly count: number }[]
}
export interface ImportResult {
  readonly spans: number
  readonly logs: number
  readonly metricPoints: number
  readonly rejected: number
  /** The first trace, to show. */
  readonly traceId: string | null
}
export interface TestTrace {
  readonly traceId: string
  readonly spanId: string
}

/** Started spans, sent at most once a second by the distribution; the store drops each when it ends. */
export interface LiveReport {
  readonly resource: Attributes
  /** Process ended: what is still open never closed. */
  readonly exited?: boolean
  readonly started: readonly LiveSpan[]
  /** Reported before, and ended since. */
  readonly ended?: readonly { readonly traceId: string; readonly spanId: string }[]
  /** The answer is not finished: when its connection closes, the process has ended. */
  readonly stay?: boolean
}
/** What a program ran for about a second. Idle time is left out. */
export interface ProfileReport {
  readonly resource: Attributes
  readonly startUs: number
  readonly endUs: number
  /** Time between two samples. */
  readonly intervalUs: number
  readonly frames: readonly ProfileFrame[]
  /** Parent (an earlier index, or -1), index into `frames`, and the line that most samples ended at, or 0. */
  readonly stacks: readonly (readonly [parent: number, frame: number, line: number])[]
  /** Spans that were active. */
  readonly spans: readonly { readonly traceId: string; readonly spanId: string; readonly name: string }[]
  /** In order of time: µs after `startUs`, µs that it stands for, indexes into `stacks` and into `spans`, -1 for none. */
  readonly samples: readonly (readonly [afterUs: number, us: number, stack: number, span: number])[]
  readonly blocks: readonly ReportedBlock[]
  /** Samples of earlier reports that could not be delivered. */
  readonly lost?: number
}
export interface ProfileFrame {
  readonly name: string
  /** A path, a URL such as `node:fs`, or empty for native code. */
  readonly file: string
  /** Where the function begins, from 1; 0 when unknown. */
  readonly line: number
  readonly column: number
}
/** A stretch in which the event loop did not turn, and the code that took at least half of it. */
export interface LoopBlock {
  readonly startUs: number
  readonly endUs: number
  /** What was called, such as `JSON.parse`, or the function itself. */
  readonly callee: string
  /** Of the application where possible; empty for native code such as garbage collection. */
  readonly file: string
  readonly line: number
}
export interface ReportedBlock extends LoopBlock {
  /** Index into `spans` of the one that ran it, -1 for none. */
  readonly span: number
  /** Indexes into `spans`: those that went on as soon as it was over, before the loop rested. */
  readonly waiting: readonly number[]
}

/** What ran on the event loop of the process while a span was open. */
export interface SpanProfile {
  readonly intervalUs: number
  readonly durationNs: number
  /** How much of the time the span was open lies within what was sampled. */
  readonly sampledNs: number
  /** Own work first, then the rest of its trace, then others by time. What is missing to `sampledNs` is an idle loop. */
  readonly groups: readonly ProfileGroup[]
  /** Those that the trace ran, or that it went on after. */
  readonly blocks: readonly SpanBlock[]
  /** Samples of the process that never arrived. */
  readonly lost: number
  /** Only the first of many samples were read. */
  readonly truncated: boolean
}
export interface ProfileGroup {
  /** `own`: this span or one below it was active; `trace`: another span of the trace; `other`: another trace; `none`: no span. */
  readonly kind: 'own' | 'trace' | 'other' | 'none'
  /** Of `other`: the trace and the request or job that ran; null when it is not stored, or for the rest of many. */
  readonly name: string | null
  readonly traceId: string | null
  readonly ns: number
  /** Flame: outermost calls, largest first. */
  readonly roots: readonly FlameNode[]
}
export interface FlameNode extends ProfileFrame {
  /** With what it called. */
  readonly ns: number
  readonly selfNs: number
  /** The line that most of its own samples ended at, or 0. */
  readonly hotLine: number
  readonly children: readonly FlameNode[]
}
export interface SpanBlock extends LoopBlock {
  /** How long this span ran it, or waited for it at most. */
  readonly ns: number
  /** Whether the span, or one below it, ran it. */
  readonly own: boolean
  /** The request or job that ran it. */
  readonly operation: string | null
  readonly traceId: string | null
  readonly spanId: string | null
}

export interface LiveSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: SpanKind
  readonly startUs: number
  readonly attributes?: Attributes
  readonly startStack?: string
}
