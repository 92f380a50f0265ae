/** One attempt to send over gRPC: a unary call is one HTTP/2 request, so node:http2 is all it takes. */
// type-only imports: loading node:http2 here would run before it can be instrumented
import type * as Http2 from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Compression, Destination, Signal } from '../../config/destination.ts'
import { compressSync, decompressSync } from '../queue/compress.ts'
import { USER_AGENT } from './http.ts'
import { fieldsOf, judgeAnswer, readPartialSuccess } from './http-answer.ts'
import { connectionOutcome, type Outcome } from './outcome.ts'
import { findProxy } from './proxy-environment.ts'
import type { Message, Sender } from './sender.ts'

const ANSWER_LIMIT_BYTES = 64 * 1024
const SERVICES: Record<Signal, string> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
}

/** Codes worth a retry, by the OTLP specification; RESOURCE_EXHAUSTED only when the server says when. */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15])
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]

export function createGrpcSender(destination: Destination): Sender {
  const url = new URL(destination.url)
  let session: Promise<Http2.ClientHttp2Session> | undefined
  const streams = new Set<Http2.ClientHttp2Stream>()
  return { send, close }

  async function send(message: Message, timeoutMillis: number): Promise<Outcome> {
    try {
      session ??= connect()
      const connected = await within(session, timeoutMillis)
      return await call(connected, toFrame(message), timeoutMillis)
    } catch (error) {
      session = undefined
      return connectionOutcome(error)
    }
  }

  async function connect(): Promise<Http2.ClientHttp2Session> {
    const http2 = process.getBuiltinModule('node:http2') as typeof Http2
    const tunnel = await openTunnel()
    const connected = http2.connect(url.origin, {
      ...destination.tls,
      ...(tunnel && { createConnection: () => tunnel }),
    })
    const forget = (): void => {
      session = undefined
    }
    connected.on('close', forget)
    connected.on('goaway', forget)
    connected.on('error', forget)
    connected.unref()
    return connected
  }

  async function openTunnel(): Promise<Duplex | undefined> {
    const proxy = findProxy(url, process.env)
    if (!proxy) return undefined
    const { openTunnelThroughProxy } = await import('./proxy.ts')
    return openTunnelThroughProxy(proxy, url, destination.tls)
  }

  function call(connected: Http2.ClientHttp2Session, frame: Frame, timeoutMillis: number): Promise<Outcome> {
    return new Promise((resolve) => {
      // a connection that fails is told to the session alone, not to a request that has not begun
      const onSessionError = (error: Error): void => finish(connectionOutcome(error))
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer)
        connected.off('error', onSessionError)
        streams.delete(stream)
        resolve(outcome)
      }
      const timer =
        timeoutMillis > 0
          ? setTimeout(() => {
              finish({
                kind: 'retryable',
                reason: `no answer within ${timeoutMillis} ms`,
                retryAfterMillis: undefined,
                isCertain: false,
              })
              stream.close(CANCEL)
              // a connection that answers nothing may be dead without knowing
              session = undefined
              connected.destroy()
            }, timeoutMillis).unref()
          : undefined
      connected.on('error', onSessionError)
      const stream = connected.request(headersOf(frame, timeoutMillis))
      streams.add(stream)
      let head: Http2.IncomingHttpHeaders = {}
      let trailers: Http2.IncomingHttpHeaders = {}
      const chunks: Buffer[] = []
      let size = 0
      stream.on('response', (headers) => {
        head = headers
      })
      stream.on('trailers', (headers) => {
        trailers = headers
      })
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= ANSWER_LIMIT_BYTES) chunks.push(chunk)
      })
      stream.on('error', (error) => finish(connectionOutcome(error)))
      stream.on('close', () => finish(judgeCall(head, trailers, Buffer.concat(chunks), frame.encoding)))
      stream.end(frame.bytes)
    })
  }

  function headersOf(frame: Frame, timeoutMillis: number): Http2.OutgoingHttpHeaders {
    const metadata = Object.fromEntries(
      Object.entries(destination.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    return {
      ':method': 'POST',
      ':path': SERVICES[destination.signal],
      'user-agent': USER_AGENT,
      ...metadata,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-accept-encoding': 'identity,gzip',
      ...(frame.encoding !== 'none' && { 'grpc-encoding': frame.encoding }),
      ...(timeoutMillis > 0 && { 'grpc-timeout': `${Math.min(99_999_999, Math.ceil(timeoutMillis))}m` }),
    }
  }

  function close(): void {
    for (const stream of streams) stream.close(CANCEL)
    void session?.then(
      (connected) => connected.destroy(),
      () => {},
    )
    session = undefined
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

/** HTTP/2 error code. */
const CANCEL = 8

interface Frame {
  readonly bytes: Buffer
  readonly encoding: 'none' | 'gzip'
}

/** A length-prefixed message; gRPC has no zstd of its own. */
function toFrame({ body, encoding }: Message): Frame {
  const isForeign = encoding === 'zstd'
  const content = isForeign ? compressSync(decompressSync(body, 'zstd'), 'gzip') : body
  const bytes = Buffer.allocUnsafe(5 + content.length)
  bytes[0] = encoding === 'none' ? 0 : 1
  bytes.writeUInt32BE(content.length, 1)
  content.copy(bytes, 5)
  return { bytes, encoding: encoding === 'none' ? 'none' : 'gzip' }
}

function judgeCall(
  head: Http2.IncomingHttpHeaders,
  trailers: Http2.IncomingHttpHeaders,
  body: Buffer,
  encoding: Compression,
): Outcome {
  const status = Number(head[':status'] ?? 0)
  const text = String(trailers['grpc-status'] ?? head['grpc-status'] ?? '')
  if (text === '') {
    if (status === 0 || status === 200)
      return {
        kind: 'retryable',
        reason: 'the call ended without a status',
        retryAfterMillis: undefined,
        isCertain: false,
      }
    return judgeAnswer({ status, contentType: '', retryAfter: undefined, location: undefined, body: Buffer.alloc(0) })
  }
  const code = Number(text)
  if (code === 0) return { kind: 'accepted', ...readMessage(body) }
  const message = readStatusMessage(trailers['grpc-message'] ?? head['grpc-message'])
  const reason = `answered ${NAMES[code] ?? `code ${text}`}${message === '' ? '' : `: ${message}`}`
  const retryAfterMillis = readRetryDelay(trailers['grpc-status-details-bin'] ?? head['grpc-status-details-bin'])
  if (code === RESOURCE_EXHAUSTED && /larger than|too large|max(imum)? .*size/i.test(message))
    return { kind: 'too-large', reason }
  if (code === UNIMPLEMENTED && encoding !== 'none' && /compress|encoding/i.test(message))
    return { kind: 'unsupported-encoding', reason }
  if (RETRYABLE.has(code) || (code === RESOURCE_EXHAUSTED && retryAfterMillis !== undefined)) {
    return { kind: 'retryable', reason, retryAfterMillis, isCertain: false }
  }
  return { kind: 'rejected', reason }
}

function readMessage(body: Buffer): { rejected: number; message: string | undefined } {
  try {
    const content = body.subarray(5)
    return readPartialSuccess(body[0] === 1 ? decompressSync(content, 'gzip') : content)
  } catch {
    return { rejected: 0, message: undefined }
  }
}

function readStatusMessage(value: string | string[] | undefined): string {
  const text = String(value ?? '')
  try {
    return decodeURIComponent(text)
      .replace(/[^\x20-\x7e]+/g, ' ')
      .slice(0, 200)
  } catch {
    return text.slice(0, 200)
  }
}

/** The RetryInfo of a google.rpc.Status: details (3) -> Any { value (2) } -> RetryInfo { retry_delay (1) -> Duration { seconds (1), nanos (2) } }. */
function readRetryDelay(value: string | string[] | undefined): number | undefined {
  if (value === undefined) return undefined
  try {
    for (const [field, any] of fieldsOf(Buffer.from(String(value), 'base64'))) {
      if (field !== 3 || !Buffer.isBuffer(any)) continue
      const parts = new Map(fieldsOf(any))
      if (!String(parts.get(1)).endsWith('google.rpc.RetryInfo') || !Buffer.isBuffer(parts.get(2))) continue
      const duration = new Map(fieldsOf(parts.get(2) as Buffer)).get(1)
      if (!Buffer.isBuffer(duration)) continue
      const time = new Map(fieldsOf(duration))
      const millis = Number(time.get(1) ?? 0) * 1000 + Number(time.get(2) ?? 0) / 1e6
      return millis > 0 ? Math.min(millis, 300_000) : undefined
    }
  } catch {
    // details in a form we do not know
  }
  return undefined
}
