/** The HTTP server of the viewer: takes telemetry, answers queries, serves the pages; all behind the guard. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createBodyReader, DEFAULT_BODY_LIMITS } from '../receive/body.ts'
import { createIngest, type Ingest } from '../receive/ingest.ts'
import { isDamage, setAside } from '../store/database.ts'
import { createStore, type Store } from '../store/store.ts'
import { handle } from './answer.ts'
import { listen } from './listen.ts'
import { listenOtlp } from './otlp-port.ts'
import { peerOf } from './peer-user.ts'
import { fail } from './respond.ts'
import { createRouter, type Route } from './router.ts'
import { createGuard, createToken, type Guard } from './security.ts'
import type { ServerOptions } from './server-options.ts'
import { createStaticFiles } from './static-files.ts'
import { createTicks, type Ticks } from './ticks.ts'

export interface ViewerServer {
  readonly port: number
  readonly token: string
  /** Without token. */
  readonly url: string
  /** With token. */
  readonly dsn: string
  readonly otlpUrl: string | null
  readonly store: Store
  readonly ingest: Ingest
  readonly ticks: Ticks
  /** When anything last talked to the server. */
  readonly lastActiveMillis: number
  close(): Promise<void>
}

/** What handlers of the query API are made from. */
export interface ApiContext {
  readonly store: Store
  readonly ingest: Ingest
  readonly startedUs: number
  readonly url: string
  readonly dsn: string
  readonly otlpUrl: string | null
  readonly readBody: (request: IncomingMessage) => Promise<{ readonly bytes: Buffer }>
  readonly guard: Guard
  readonly ticks: Ticks
  /** Ends the program, after the answer has been sent. */
  readonly shutdown: () => void
}

/** The query API: made once the port is known. */
export type CreateApi = (context: Omit<ApiContext, 'ticks'>) => {
  readonly routes: (ticks: Ticks) => readonly Route[]
  readonly countInsights: () => number
  readonly close: () => void
}

/** Damage may show when what is stored is summed up: then it begins anew, with the file set aside. */
export async function startServer(createApi: CreateApi, options: ServerOptions = {}): Promise<ViewerServer> {
  try {
    return await start(createApi, options)
  } catch (error) {
    if (options.file === undefined || !isDamage(error)) throw error
    setAside(options.file, error as Error)
    return start(createApi, options)
  }
}

async function start(createApi: CreateApi, options: ServerOptions): Promise<ViewerServer> {
  const token = options.token ?? createToken()
  const store = createStore(options)
  const readBody = createBodyReader({ ...DEFAULT_BODY_LIMITS, ...options.bodyLimits })
  const ingest = createIngest(store, readBody)
  const startedUs = Date.now() * 1000
  let lastActiveMillis = Date.now()
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => response.destroy()
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    lastActiveMillis = Date.now()
    answer(request, response)
  }
  const servers: Server[] = []
  let port: number
  let otlpUrl: string | null = null
  try {
    port = await listen(servers, listener, options)
    if (options.otlpPort !== undefined) {
      const otlpPort = await listenOtlp(servers, ingest, options.otlpPort, options)
      otlpUrl = `http://localhost:${otlpPort}`
    }
  } catch (error) {
    for (const server of servers) server.close()
    store.close()
    throw error
  }

  const guard = createGuard(token, port)
  const shutdown = (): void => {
    if (options.onShutdown) options.onShutdown()
    else void server.close()
  }
  const url = `http://localhost:${port}`
  const dsn = `http://${token}@localhost:${port}`
  let api: ReturnType<CreateApi>
  try {
    api = createApi({ store, ingest, startedUs, url, dsn, otlpUrl, readBody, guard, shutdown })
  } catch (error) {
    await Promise.all(servers.map((listening) => new Promise((resolve) => listening.close(resolve))))
    store.close()
    throw error
  }
  const ticks = createTicks(store, api.countInsights)
  const router = createRouter(api.routes(ticks))
  const staticFiles = createStaticFiles()
  answer = (request, response) => {
    handle({ request, response, guard, router, ingest, staticFiles, port, peerOf: options.peerOf ?? peerOf }).catch(
      (error) => fail(response, error),
    )
  }

  let closing: Promise<void> | undefined
  const server: ViewerServer = {
    port,
    token,
    url,
    dsn,
    otlpUrl,
    store,
    ingest,
    ticks,
    get lastActiveMillis() {
      return ticks.clients > 0 ? Date.now() : lastActiveMillis
    },
    close() {
      closing ??= closeAll()
      return closing
    },
  }
  return server

  async function closeAll(): Promise<void> {
    ticks.close()
    api.close()
    await Promise.all(
      servers.map((listening) => {
        const closed = new Promise((resolve) => listening.close(resolve))
        listening.closeAllConnections()
        return closed
      }),
    )
    store.close()
  }
}
