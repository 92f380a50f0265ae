/**
 * One attempt to send over gRPC. A unary call is one HTTP/2 request, and requests are bytes already, so node:http2 is all it takes: @grpc/grpc-js
 * holds the process up while a call is under way, and would decompress and compress each request anew.
 */
// type-only imports: loading node:http2 here would run before it can be instrumented

import type * as Http2 from 'node:http2'
import type * as Net from 'node:net'
import type { Socket } from 'node:net'
import type * as Tls from 'node:tls'
import type { Destination, Signal } from '../../config/destination.ts'
import { connectAsNode } from '../../node-connections.ts'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import { hostOf, portOf } from '../../url-host.ts'
import { compressSync, decompressSync } from '../queue/compress.ts'
import { secureOptions } from './endpoint.ts'
import { judgeCall } from './grpc-answer.ts'
import { createGrpcConnection, type GrpcConnection, type Keepalive } from './grpc-connection.ts'
import { USER_AGENT } from './http.ts'
import { connectionOutcome, type Outcome } from './outcome.ts'
import { findProxy } from './proxy-environment.ts'
import type { Message, Sender } from './sender.ts'

const SERVICES: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}
const KEEPALIVE: Keepalive = { afterMillis: 20_000, timeoutMillis: 5_000 }

export function createGrpcSender(destination: Destination, keepalive = KEEPALIVE): Sender {
  const url = new URL(destination.url)
  let current: GrpcConnection | undefined
  let opening: Promise<GrpcConnection> | undefined
  /** All that are open, also those that only finish what is under way. */
  const connections = new Set<GrpcConnection>()
  let isClosed = false
  return { send, close }

  async function send(message: Message, timeoutMillis: number): Promise<Outcome> {
    const deadline = performance.now() + timeoutMillis
    try {
      const ready = await within(usableConnection(), timeoutMillis)
      const rest = timeoutMillis > 0 ? Math.max(1, Math.ceil(deadline - performance.now())) : 0
      const frame = toFrame(message)
      const end = await ready.call(headersOf(frame, rest), frame.bytes, rest)
      return 'kind' in end ? end : judgeCall(end, frame.isCompressed)
    } catch (error) {
      return connectionOutcome(error)
    }
  }

  async function usableConnection(): Promise<GrpcConnection> {
    if (current?.isUsable) return current
    opening ??= connect().finally(() => {
      opening = undefined
    })
    current = await opening
    return current
  }

  async function connect(): Promise<GrpcConnection> {
    const http2 = process.getBuiltinModule('node:http2') as typeof Http2
    const socket = (await openTunnel()) ?? openSocket()
    const session = http2.connect(url.origin, { createConnection: () => socket })
    const created = createGrpcConnection(session, socket, keepalive)
    connections.add(created)
    session.on('close', () => connections.delete(created))
    if (isClosed) created.close()
    return created
  }

  function openSocket(): Socket {
    const host = hostOf(url)
    const isSecure = url.protocol === 'https:'
    const target = { host, port: portOf(url) }
    const { connect } = process.getBuiltinModule('node:net') as typeof Net
    if (!isSecure) return connectAsNode(() => connect(target))
    const tls = process.getBuiltinModule('node:tls') as typeof Tls
    return connectAsNode(() => tls.connect({ ...target, ...secureOptions(host, destination.tls) }))
  }

  async function openTunnel(): Promise<Socket | undefined> {
    const proxy = findProxy(url, process.env)
    if (!proxy) return undefined
    const { openTunnelThroughProxy } = await import('./proxy.ts')
    return openTunnelThroughProxy(proxy, url, destination.tls)
  }

  function headersOf(frame: Frame, timeoutMillis: number): Http2.OutgoingHttpHeaders {
    const metadata = Object.fromEntries(
      Object.entries(destination.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    return {
      'user-agent': USER_AGENT,
      ...metadata,
      ':method': 'POST',
      ':path': SERVICES[destination.signal],
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-accept-encoding': 'identity,gzip',
      ...(frame.isCompressed && { 'grpc-encoding': 'gzip' }),
      ...(timeoutMillis > 0 && { 'grpc-timeout': `${Math.min(99_999_999, timeoutMillis)}m` }),
    }
  }

  function close(): void {
    isClosed = true
    for (const open of connections) open.close()
  }
}

/** A tunnel may take for ever to open. */
function within<T>(promise: Promise<T>, timeoutMillis: number): Promise<T> {
  if (timeoutMillis <= 0) return promise
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(Object.assign(new Error(), { code: 'ETIMEDOUT' })), timeoutMillis).unref()
    void promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

interface Frame {
  readonly bytes: Buffer
  readonly isCompressed: boolean
}

/** A length-prefixed message; gRPC has no zstd of its own, which a request from the spool may have. */
function toFrame({ body, encoding }: Message): Frame {
  const content = encoding === 'zstd' ? compressSync(decompressSync(body, 'zstd'), 'gzip') : body
  const isCompressed = encoding !== 'none'
  const bytes = Buffer.allocUnsafe(5 + content.length)
  bytes[0] = isCompressed ? 1 : 0
  bytes.writeUInt32BE(content.length, 1)
  content.copy(bytes, 5)
  return { bytes, isCompressed }
}
