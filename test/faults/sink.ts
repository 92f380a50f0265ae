/** A programmable OTLP back end on loopback: answers each request as it is told and remembers what it took in. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import type { Destination, Signal } from '../../src/config/destination.ts'
import { attributesOf, type Decoded, decodeRequest, encodeResponse, itemsOf } from '../wire/proto/otlp.ts'

/** What the sink does with a request. Those marked "takes" keep its items. */
export type Behaviour =
  /** Takes the request and acknowledges it. */
  | 'ok'
  /** Never answers. */
  | 'hang'
  | 'reset'
  /** Takes the request, then cuts the connection before the acknowledgement. */
  | 'reset-after'
  /** Takes it, answers 200 and then one byte a second for ever. */
  | 'trickle'
  | 'html'
  | 'big-body'
  | 'big-header'
  | { readonly status: number; readonly headers?: Record<string, string> }
  | { readonly partial: number; readonly message?: string }
  /** 413 for more than this many items. */
  | { readonly maxItems: number }
  /** 415 for these encodings. */
  | { readonly refuses: readonly string[] }

export interface Received {
  readonly signal: Signal
  readonly items: readonly Decoded[]
  readonly request: Decoded
  readonly headers: IncomingMessage['headers']
  readonly at: number
  readonly bodyBytes: number
  readonly rawBytes: number
}

export interface Sink {
  readonly port: number
  readonly url: string
  /** How requests are answered from now on. */
  behaviour: Behaviour | ((index: number, signal: Signal) => Behaviour)
  /** Every request, in order of arrival, whatever its answer. */
  readonly requests: ReadonlyArray<{ at: number; signal: Signal; headers: IncomingMessage['headers']; path: string }>
  readonly received: readonly Received[]
  /** Items taken in, with duplicates. */
  items(signal: Signal): Decoded[]
  /** Distinct spans taken in. */
  spanIds(): Set<string>
  destination(signal: Signal, options?: Partial<Destination>): Destination
  readonly openSockets: number
  /** Stops listening and cuts all connections; `start` brings it back on the same port. */
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export interface SinkOptions {
  tls?: { key: string; cert: string; ca?: string; requestCert?: boolean }
  port?: number
  /** Requests are JSON. */
  json?: boolean
}

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const sockets = new Set<Socket>()
  const requests: Array<Sink['requests'][number]> = []
  const received: Received[] = []
  const timers = new Set<NodeJS.Timeout>()
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response).catch(() => response.destroy())
  const server = options.tls ? createSecureServer(options.tls, handle) : createServer(handle)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
  })
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  await listen(options.port ?? 0)
  const { port } = server.address() as AddressInfo
  const url = `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const sink: Sink = {
    port,
    url,
    behaviour: 'ok',
    requests,
    received,
    items: (signal) => received.filter((one) => one.signal === signal).flatMap(({ items }) => items),
    spanIds: () => new Set(sink.items('traces').map(({ spanId }) => spanId)),
    destination: (signal, overrides = {}) => ({
      signal,
      url: `${url}/v1/${signal}`,
      label: url,
      headers: { 'uptrace-dsn': `${url.replace('://', '://secret-token@')}` },
      protocol: 'http/protobuf',
      compression: 'gzip',
      timeoutMillis: 10_000,
      tls: undefined,
      ...overrides,
    }),
    get openSockets() {
      return sockets.size
    },
    stop,
    start: () => listen(port),
    close: stop,
  }
  return sink

  async function stop(): Promise<void> {
    for (const timer of timers) clearInterval(timer)
    const closed = promisify(server.close.bind(server))()
    for (const socket of sockets) socket.destroy()
    await closed.catch(() => {})
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const signal = (/\/v1\/(traces|metrics|logs)/.exec(request.url ?? '')?.[1] ?? 'traces') as Signal
    const index =
      requests.push({ at: performance.now(), signal, headers: request.headers, path: request.url ?? '' }) - 1
    const behaviour = typeof sink.behaviour === 'function' ? sink.behaviour(index, signal) : sink.behaviour
    if (behaviour === 'reset') return void request.socket.destroy()
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (behaviour === 'hang') return
    const body = Buffer.concat(chunks)
    const encoding = request.headers['content-encoding']
    const raw = encoding === 'gzip' ? zlib.gunzipSync(body) : encoding === 'zstd' ? zlib.zstdDecompressSync(body) : body
    const decoded = options.json ? JSON.parse(raw.toString('utf8')) : decodeRequest(signal, raw)
    const items = itemsOf(signal, decoded)
    const take = (): void =>
      void received.push({
        signal,
        items,
        request: decoded,
        headers: request.headers,
        at: performance.now(),
        bodyBytes: body.length,
        rawBytes: raw.length,
      })
    const reply = (status: number, headers: Record<string, string> = {}, content: Uint8Array | string = ''): void => {
      response.writeHead(status, { 'content-type': 'application/x-protobuf', ...headers })
      response.end(content)
    }
    if (behaviour === 'html') return reply(200, { 'content-type': 'text/html' }, '<html>welcome</html>')
    if (typeof behaviour === 'object') {
      if ('status' in behaviour) return reply(behaviour.status, behaviour.headers)
      if ('maxItems' in behaviour && items.length > behaviour.maxItems) return reply(413)
      if ('refuses' in behaviour && behaviour.refuses.includes(encoding ?? 'none')) return reply(415)
      take()
      return reply(200, {}, 'partial' in behaviour ? encodeResponse(behaviour.partial, behaviour.message ?? '') : '')
    }
    take()
    if (behaviour === 'reset-after') return void request.socket.destroy()
    if (behaviour === 'trickle') {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' })
      response.write('\0')
      timers.add(setInterval(() => response.write('\0'), 1000))
      return
    }
    if (behaviour === 'big-body') return reply(200, {}, Buffer.alloc(64 * 1024 * 1024))
    if (behaviour === 'big-header') return reply(200, { 'x-big': 'x'.repeat(100_000) })
    reply(200)
  }
}

export { attributesOf }
