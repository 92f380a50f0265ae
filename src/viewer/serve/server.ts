/** The HTTP server of the viewer: takes telemetry, answers queries, serves the pages; all behind the guard. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { VERSION } from '../../version.ts'
import { type Health, VIEWER_NAME } from '../api.ts'
import { type BodyLimits, createBodyReader, DEFAULT_BODY_LIMITS, dropRest, HttpError } from '../receive/body.ts'
import { createIngest, INGEST_PATHS, type Ingest } from '../receive/ingest.ts'
import { createStore, type Store, type StoreOptions } from '../store/store.ts'
import { type Connection, type Peer, peerOf } from './peer-user.ts'
import { createRouter, type Route, type Router } from './router.ts'
import { createGuard, createToken, type Guard, isLoopbackAddress, type Refusal, SECURITY_HEADERS } from './security.ts'
import { createStaticFiles } from './static-files.ts'
import { createTicks, type Ticks } from './ticks.ts'

export interface ServerOptions extends StoreOptions {
  /** Preferred port; 0 for any. */
  readonly port?: number
  /** How many ports to try, counting up, when the preferred one is taken. */
  readonly portAttempts?: number
  readonly token?: string
  /** Also listens here, without a token, for programs in other languages: OTLP only. */
  readonly otlpPort?: number | undefined
  readonly bodyLimits?: Partial<BodyLimits>
  /** A sender must be done with its request by then. */
  readonly requestTimeoutMillis?: number
  readonly headersTimeoutMillis?: number
  /** Who is at the other end of a connection; the kernel is asked by default. */
  readonly peerOf?: (connection: Connection) => Peer
  /** Called when the holder of the token asks the server to end; it closes itself by then unless this is given. */
  readonly onShutdown?: () => void
}

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

const MAX_CONNECTIONS = 512
/** Connections on which no whole request has arrived. */
const MAX_SILENT = 256

export async function startServer(createApi: CreateApi, options: ServerOptions = {}): Promise<ViewerServer> {
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
  const api = createApi({ store, ingest, startedUs, url, dsn, otlpUrl, readBody, guard, shutdown })
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

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly guard: Guard
  readonly router: Router
  readonly ingest: Ingest
  readonly staticFiles: ReturnType<typeof createStaticFiles>
  readonly port: number
  readonly peerOf: (connection: Connection) => Peer
}

async function handle(exchange: Exchange): Promise<void> {
  const { request, response, guard, port } = exchange
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  if (!isLoopbackAddress(request.socket.remoteAddress)) return response.destroy() as never
  const refused = guard.checkHost(request.headers)
  if (refused) return refuse(response, refused)
  const { pathname, searchParams } = parseTarget(request.url ?? '/', port)

  if (pathname === '/healthz') return sendJson(response, health(guard, searchParams.get('challenge')))
  if (Object.hasOwn(INGEST_PATHS, pathname)) return receive(exchange, pathname, guard.checkToken(request.headers))
  if (pathname.startsWith('/api/')) return query(exchange, pathname, searchParams)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new HttpError(405, 'method', 'This path answers to GET only.', { allow: 'GET' })
  serveFile(exchange, pathname, searchParams)
}

/** A target may be anything that a client sends, such as `//`. */
function parseTarget(target: string, port: number): URL {
  const base = `http://localhost:${port}`
  if (!/^\/(?!\/)/.test(target) || !URL.canParse(base + target))
    throw new HttpError(400, 'bad_target', 'The request names no path.')
  return new URL(base + target)
}

async function receive(exchange: Exchange, pathname: string, refused: Refusal | undefined): Promise<void> {
  const { request, response, guard, ingest } = exchange
  const foreign = guard.checkIngestOrigin(request.headers)
  if (foreign) return refuse(response, foreign)
  allowOrigin(request, response)
  if (request.method === 'OPTIONS') return preflight(response)
  if (request.method !== 'POST')
    throw new HttpError(405, 'method', 'Telemetry is sent with POST.', { allow: 'POST, OPTIONS' })
  if (refused) {
    ingest.log.lastError = { atUs: Date.now() * 1000, path: pathname, message: refused.message }
    return refuse(response, refused)
  }
  await ingest.handle(pathname, request, response)
}

async function query(exchange: Exchange, pathname: string, searchParams: URLSearchParams): Promise<void> {
  const { request, response, guard, router } = exchange
  const refused = guard.checkSameOrigin(request.headers) ?? guard.checkReader(request.headers, () => peer(exchange))
  if (refused) return refuse(response, refused)
  const { handler, params } = router.find(request.method ?? 'GET', pathname)
  const result = await handler({ request, response, params, query: searchParams })
  if (response.headersSent || response.writableEnded) return
  if (result === undefined) {
    response.statusCode = response.statusCode === 200 ? 204 : response.statusCode
    response.end()
  } else sendJson(response, result)
}

function serveFile(exchange: Exchange, pathname: string, query: URLSearchParams): undefined {
  const { request, response, guard, staticFiles } = exchange
  const file = staticFiles(pathname)
  if (!file) throw new HttpError(404, 'no_file', 'There is no such file.')
  if (file.isPage) {
    const key = query.get('key')
    const refused = guard.checkPage(request.headers, key, peer(exchange))
    if (refused) return void refuse(response, refused)
    const cookie = guard.cookieFor(request.headers)
    if (cookie !== undefined) response.setHeader('set-cookie', cookie)
    if (key !== null) return void redirect(response, pathname, query)
  }
  response.setHeader('content-type', file.type)
  response.setHeader('content-length', file.bytes.length)
  response.setHeader('cache-control', file.isPage ? 'no-store' : 'no-cache')
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

/** The key is gone from the address before a page can see or bookmark it. */
function redirect(response: ServerResponse, pathname: string, query: URLSearchParams): void {
  query.delete('key')
  const rest = query.toString()
  response.writeHead(303, { location: pathname + (rest === '' ? '' : `?${rest}`), 'cache-control': 'no-store' }).end()
}

const peer = ({ request, peerOf: ask }: Exchange): Peer => ask(request.socket)

function health(guard: Guard, challenge: string | null): Health {
  const identity = { name: VIEWER_NAME, version: VERSION } as const
  return challenge === null || challenge.length > 200 ? identity : { ...identity, proof: guard.prove(challenge) }
}

function allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
  response.setHeader('vary', 'origin')
  if (headers.origin === undefined) return
  response.setHeader('access-control-allow-origin', headers.origin)
  response.setHeader('cross-origin-resource-policy', 'cross-origin')
}

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'content-type, content-encoding, uptrace-dsn, authorization',
    'access-control-max-age': '600',
  })
  response.end()
}

function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  fail(response, new HttpError(status, code, message))
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const known = error instanceof HttpError ? error : new HttpError(500, 'internal', (error as Error).message)
  const { allow, retryAfterSeconds, ...details } = known.details
  if (allow !== undefined) response.setHeader('allow', String(allow))
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds))
  response.statusCode = known.status
  dropRest(response.req, response)
  sendJson(response, { error: { code: known.code, message: known.message, ...details } })
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', body.length)
  response.setHeader('cache-control', 'no-store')
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Listens on 127.0.0.1 and ::1, on the same port; walks on while it is taken. */
async function listen(servers: Server[], listener: Listener, options: ServerOptions): Promise<number> {
  const first = options.port ?? 0
  for (let attempt = 0; ; attempt++) {
    const ports = first === 0 ? 0 : first + attempt
    try {
      return await listenBoth(servers, listener, ports, options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt + 1 >= (options.portAttempts ?? 1))
        throw error
    }
  }
}

async function listenBoth(
  servers: Server[],
  listener: Listener,
  port: number,
  options: ServerOptions,
): Promise<number> {
  const v4 = createHttpServer(listener, options)
  await listenOn(v4, '127.0.0.1', port)
  const bound = (v4.address() as AddressInfo).port
  const v6 = createHttpServer(listener, options)
  try {
    await listenOn(v6, '::1', bound)
    servers.push(v4, v6)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      v4.close()
      // another program has the port on ::1, where `localhost` may lead
      if (port === 0) return listenBoth(servers, listener, 0, options)
      throw error
    }
    servers.push(v4) // no IPv6 here
  }
  return bound
}

async function listenOn(server: Server, host: string, port: number): Promise<void> {
  server.listen({ port, host, exclusive: true })
  await once(server, 'listening')
}

/** The standard port, for programs that cannot be given a token: takes telemetry and answers nothing else. */
async function listenOtlp(servers: Server[], ingest: Ingest, port: number, options: ServerOptions): Promise<number> {
  let guard: Guard | undefined
  const listener: Listener = (request, response) => {
    takeOtlp(request, response, guard!, ingest).catch((error) => fail(response, error))
  }
  const bound = await listenBoth(servers, listener, port, options)
  guard = createGuard(createToken(), bound)
  return bound
}

async function takeOtlp(
  request: IncomingMessage,
  response: ServerResponse,
  guard: Guard,
  ingest: Ingest,
): Promise<void> {
  const refused =
    guard.checkHost(request.headers) ??
    (request.headers['sec-fetch-site'] === 'cross-site' ? guard.checkSameOrigin(request.headers) : undefined)
  if (refused) return refuse(response, refused)
  const pathname = (request.url ?? '').split('?', 1)[0]!
  if (!Object.hasOwn(INGEST_PATHS, pathname)) throw new HttpError(404, 'no_route', 'This port takes OTLP only.')
  const exchange = { request, response, guard, ingest } as Exchange
  await receive(exchange, pathname, undefined)
}

function createHttpServer(listener: Listener, options: ServerOptions): Server {
  const server = createServer(
    {
      requestTimeout: options.requestTimeoutMillis ?? 30_000,
      headersTimeout: options.headersTimeoutMillis ?? 10_000,
      connectionsCheckingInterval: Math.min(2000, options.headersTimeoutMillis ?? 2000),
      keepAliveTimeout: 65_000,
    },
    listener,
  )
  // instrumentations of http wrap Server.prototype.emit: in a process under test the viewer must not trace itself
  server.emit = EventEmitter.prototype.emit
  server.maxConnections = MAX_CONNECTIONS
  makeRoom(server)
  return server
}

/** Of the connections that have sent nothing yet, the oldest makes room: others are never locked out by half-open ones. */
function makeRoom(server: Server): void {
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
    if (silent.size > MAX_SILENT) silent.values().next().value!.destroy()
  })
  server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket))
}
