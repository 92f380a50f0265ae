/** Asks a running viewer over its HTTP API: what every command, `dev` and other programs of this package use. */
import { gzipSync } from 'node:zlib'
import {
  type ApiError,
  type Comparison,
  type FacetList,
  type FieldList,
  type FieldValueList,
  type ImportResult,
  type InsightList,
  type InstrumentList,
  type LogHistogram,
  type LogList,
  type LogPatternList,
  type MetricData,
  type MetricSpans,
  type OperationDetail,
  type OperationList,
  PACKED_FROM_BYTES,
  type QueryStatList,
  ROUTES,
  type RunComparison,
  type RunList,
  type Scatter,
  type ServiceGraph,
  type SpanDetail,
  type TestTrace,
  type Tick,
  type TraceDetail,
  type TraceList,
  type TraceMetrics,
  type TraceSearch,
  type ViewerStatus,
} from '../api.ts'
import { findViewer, type LocalViewer } from './locate.ts'

/** What each route that is read gives. */
export interface Answers {
  readonly status: ViewerStatus
  readonly runs: RunList
  readonly compareRuns: RunComparison
  readonly traces: TraceList
  readonly traceFacets: FacetList
  readonly traceScatter: Scatter
  readonly trace: TraceDetail
  readonly traceSearch: TraceSearch
  readonly span: SpanDetail
  readonly traceLogs: LogList
  readonly traceMetrics: TraceMetrics
  readonly compare: Comparison
  readonly logs: LogList
  readonly logHistogram: LogHistogram
  readonly logPatterns: LogPatternList
  readonly metrics: InstrumentList
  readonly metricData: MetricData
  readonly metricSpans: MetricSpans
  readonly services: ServiceGraph
  readonly operations: OperationList
  readonly operation: OperationDetail
  readonly queries: QueryStatList
  readonly insights: InsightList
  readonly fields: FieldList
  readonly fieldValues: FieldValueList
}

/** Parameters by name: those that the path has are put into it, the others form the query. Undefined ones are left out. */
export type Parameters = Readonly<Record<string, string | number | readonly (string | number)[] | undefined>>

export interface ViewerClient {
  /** Address of the pages, without the token. */
  readonly url: string
  /** @throws {ViewerError} when the viewer refuses, {@link NoViewerError} when it does not answer */
  get<Name extends keyof Answers>(name: Name, parameters?: Parameters, signal?: AbortSignal): Promise<Answers[Name]>
  /** The answer as it comes, for downloads. @throws as `get` */
  download(name: 'export' | 'traceExport', parameters?: Parameters, signal?: AbortSignal): Promise<Response>
  /** @throws as `get` */
  import(body: string | Uint8Array): Promise<ImportResult>
  /** Stores a small sample trace. @throws as `get` */
  testTrace(): Promise<TestTrace>
  /** Forgets everything. @throws as `get` */
  clear(): Promise<void>
  /** One value each time something was stored, at most four a second; ends when the viewer or `signal` ends it. @throws as `get` */
  ticks(signal?: AbortSignal): AsyncGenerator<Tick, void, undefined>
}

/** What the viewer answered instead: its code, such as `bad_query` or `trace_not_found`, and its sentence. */
export class ViewerError extends Error {
  override readonly name = 'ViewerError'
  readonly status: number
  readonly code: string
  /** Of `bad_query`: index into the query. */
  readonly position: number | undefined
  readonly details: unknown

  constructor(status: number, { code, message, position, details }: ApiError['error']) {
    super(message)
    this.status = status
    this.code = code
    this.position = position
    this.details = details
  }
}

/** No viewer runs, or it has ended by now. */
export class NoViewerError extends Error {
  override readonly name = 'NoViewerError'

  constructor(options?: ErrorOptions) {
    super(
      'No viewer is running. Start one with `uptrace-node ui`, or run a program with `uptrace-node dev app.js`.',
      options,
    )
  }
}

/**
 * The client of the viewer of this user and version that runs now.
 * @throws {NoViewerError} when none runs; nothing is started
 */
export async function connectToViewer(): Promise<ViewerClient> {
  const viewer = await findViewer()
  if (!viewer) throw new NoViewerError()
  return createClient(viewer)
}

export function createClient({ url, dsn }: Pick<LocalViewer, 'url' | 'dsn'>): ViewerClient {
  const headers = { authorization: `Bearer ${new URL(dsn).username}` }

  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(url + path, { ...init, headers: { ...headers, ...init.headers } }).catch(
      (cause: unknown) => {
        init.signal?.throwIfAborted()
        throw new NoViewerError({ cause })
      },
    )
    if (!response.ok) throw await errorOf(response)
    return response
  }

  return {
    url,
    async get(name, parameters, signal) {
      const response = await send(pathOf(ROUTES[name], parameters), withSignal(signal))
      return (await response.json()) as Answers[typeof name]
    },
    download: (name, parameters, signal) => send(pathOf(ROUTES[name], parameters), withSignal(signal)),
    async import(body) {
      const response = await send(ROUTES.import, {
        method: 'POST',
        body: packed(body) as NonNullable<RequestInit['body']>,
      })
      return (await response.json()) as ImportResult
    },
    async testTrace() {
      return (await (await send(ROUTES.testTrace, { method: 'POST' })).json()) as TestTrace
    },
    async clear() {
      await send(ROUTES.data, { method: 'DELETE' })
    },
    async *ticks(signal) {
      const { body } = await send(ROUTES.events, withSignal(signal))
      if (!body) return
      let text = ''
      for await (const piece of body.pipeThrough(new TextDecoderStream())) {
        const lines = (text + piece).split('\n')
        text = lines.pop()!
        for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length)) as Tick
      }
    },
  }
}

function packed(body: string | Uint8Array): string | Uint8Array {
  const isPacked = typeof body !== 'string' && (body[0] === 0x1f || body[0] === 0x50 || body[0] === 0x28)
  return isPacked || body.length < PACKED_FROM_BYTES ? body : gzipSync(body, { level: 1 })
}

function withSignal(signal: AbortSignal | undefined): RequestInit {
  return signal ? { signal } : {}
}

function pathOf(route: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams()
  let path = route
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    if (path.includes(`:${name}`)) path = path.replace(`:${name}`, encodeURIComponent(String(value)))
    else for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one))
  }
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

async function errorOf(response: Response): Promise<ViewerError> {
  const text = await response.text()
  try {
    return new ViewerError(response.status, (JSON.parse(text) as ApiError).error)
  } catch {
    return new ViewerError(response.status, { code: 'unreadable', message: `HTTP ${response.status}: ${text}` })
  }
}
