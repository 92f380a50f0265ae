/** The door `uptrace-node/viewer`: a real OTLP back end inside a test suite, to assert on the telemetry a program sends. */
import type { AttributeValue } from './api.ts'
import type { ReceivedRequest } from './receive/ingest.ts'
import type { ViewerLog, ViewerMetric, ViewerSpan, ViewerTrace } from './testing/found.ts'
import type { LogFilter, SpanFilter } from './testing/match.ts'
import type { WaitOptions } from './testing/wait-for-trace.ts'

export type {
  AttributeValue,
  LogFilter,
  ReceivedRequest,
  SpanFilter,
  ViewerLog,
  ViewerMetric,
  ViewerSpan,
  ViewerTrace,
  WaitOptions,
}

export interface ViewerOptions {
  /** Keep everything in memory. @default true */
  readonly memory?: boolean
  /** Where to keep the data when `memory` is false. */
  readonly file?: string
  /** @default 0: any free port */
  readonly port?: number
  /** The token in the DSN. @default a new random one */
  readonly token?: string
  /** Spans kept; older traces are dropped. @default 200_000 */
  readonly maxSpans?: number
}

/** A running viewer. */
export interface Viewer {
  /** Address of the pages and the API, without token. */
  readonly url: string
  /** What to pass as `dsn` or `UPTRACE_DSN`. Holds the token. */
  readonly dsn: string
  readonly port: number
  /**
   * Waits for a trace: one named by id until its root and all parents have come, or the first that a predicate accepts.
   * @throws when it does not come in time; the message tells what did come
   */
  waitForTrace(wanted: string | ((trace: ViewerTrace) => boolean), options?: WaitOptions): Promise<ViewerTrace>
  /** Spans received so far, in order of start. */
  findSpans(filter?: SpanFilter): ViewerSpan[]
  /** Log records received so far, in order of time. */
  findLogs(filter?: LogFilter): ViewerLog[]
  /** Instruments received so far, with their points in order of time. */
  metrics(name?: string | RegExp): ViewerMetric[]
  /** Every OTLP request, refused ones included, at most the newest 10 000. */
  requests(): readonly ReceivedRequest[]
  /** Forgets all that was received. */
  clear(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MAX_REQUESTS = 10_000

/**
 * Starts a viewer in this process. It does not keep the process alive: close it, or not.
 * @example
 * const viewer = await startViewer({ memory: true })
 * configureOpentelemetry({ dsn: viewer.dsn, serviceName: 'orders' })
 * // ... run the code under test ...
 * await forceFlush()
 * const [span] = viewer.findSpans({ name: 'GET /orders' })
 * await viewer.close()
 */
export async function startViewer(options: ViewerOptions = {}): Promise<Viewer> {
  // loaded now: importing this door must not load node:http before it can be instrumented, nor node:sqlite, which warns on Node 22
  const [{ startServer }, { createApi }, queries, { waitForTrace }] = await Promise.all([
    import('./serve/server.ts'),
    import('./serve/routes.ts'),
    import('./testing/find.ts'),
    import('./testing/wait-for-trace.ts'),
  ])
  const { memory = true, port = 0, file, token, maxSpans } = options
  if (!memory && file === undefined) throw new TypeError('startViewer: memory: false needs a file to keep the data in')
  const server = await startServer(createApi, {
    port,
    // a test that fails before it closes the viewer must not hang
    holdsProcess: false,
    file: memory ? undefined : file,
    ...(token === undefined ? {} : { token }),
    limits: maxSpans === undefined ? {} : { maxSpans },
  })
  const { store, ingest } = server
  let requests: ReceivedRequest[] = []
  ingest.log.onRequest = (request) => {
    if (requests.length >= MAX_REQUESTS) requests.shift()
    requests.push(request)
  }
  const explain = (): string => {
    const { lastError } = ingest.log
    const error = lastError ? ` The last was refused: ${lastError.message}` : ''
    return `Requests received: ${requests.length}.${error}`
  }
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= server.close()
    return closing
  }
  return {
    url: server.url,
    dsn: server.dsn,
    port: server.port,
    waitForTrace: (wanted, waitOptions) => waitForTrace(store, wanted, explain, waitOptions),
    findSpans: (filter) => queries.findSpans(store, filter),
    findLogs: (filter) => queries.findLogs(store, filter),
    metrics: (name) => queries.findMetrics(store, name),
    requests: () => requests,
    clear() {
      requests = []
      store.clear()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
