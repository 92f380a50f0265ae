/** OTLP/HTTP: takes an export request of any signal, stores it, and answers in the encoding it was asked in. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createOldest } from '../../oldest.ts'
import { decodeJsonText, decodeProtobuf } from '../../wire/decode.ts'
import type { Decoded } from '../../wire/decode-types.ts'
import { WireError } from '../../wire/wire-error.ts'
import type { AddResult, Store } from '../store/store.ts'
import { type Body, dropRest, HttpError } from './body.ts'

export const INGEST_PATHS: Readonly<Record<string, keyof Decoded>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
}

/** A request as it was received, for tests that ask what really went over the wire. */
export interface ReceivedRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Size as sent, and decompressed. */
  readonly bytes: number
  readonly decodedBytes: number
  readonly status: number
  /** The same bytes were stored less than a minute before: a retry whose first attempt had arrived. */
  readonly duplicate: boolean
  readonly spans: number
  readonly logs: number
  readonly metricPoints: number
  readonly error: string | null
}

export interface IngestLog {
  requests: number
  lastError: { atUs: number; path: string; message: string } | null
  onRequest?: ((request: ReceivedRequest) => void) | undefined
}

export interface Ingest {
  readonly log: IngestLog
  handle(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>
}

type Encoding = 'protobuf' | 'json'
const REMEMBERED_REQUESTS = 1000
const RETRY_WINDOW_MILLIS = 60_000

export function createIngest(store: Store, readBody: (request: IncomingMessage) => Promise<Body>): Ingest {
  const log: IngestLog = { requests: 0, lastError: null }
  const retries = createRetryFilter()

  return {
    log,
    async handle(path, request, response) {
      log.requests++
      let encoding: Encoding = 'json'
      let body: Body | undefined
      let duplicate = false
      let result: AddResult = { spans: 0, logs: 0, metricPoints: 0, rejected: 0, reason: '' }
      let failure: HttpError | undefined
      try {
        encoding = encodingOf(request)
        body = await readBody(request)
        const decoded = decode(INGEST_PATHS[path]!, encoding, body.bytes)
        const digest = digestOf(path, body.raw)
        duplicate = retries.has(digest)
        if (!duplicate) result = store.add(decoded)
        retries.remember(digest)
      } catch (error) {
        failure = toHttpError(error)
        log.lastError = { atUs: Date.now() * 1000, path, message: failure.message }
      }
      if (result.rejected > 0) log.lastError = { atUs: Date.now() * 1000, path, message: result.reason }
      answer(response, encoding, path, result, failure)
      log.onRequest?.({
        path,
        headers: request.headers,
        bytes: body?.raw.length ?? 0,
        decodedBytes: body?.bytes.length ?? 0,
        status: failure?.status ?? 200,
        duplicate,
        spans: result.spans,
        logs: result.logs,
        metricPoints: result.metricPoints,
        error: failure?.message ?? null,
      })
    },
  }
}

function encodingOf({ headers }: IncomingMessage): Encoding {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase()
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf'
  if (type === 'application/json') return 'json'
  throw new HttpError(
    415,
    'unsupported_type',
    `The content type ${JSON.stringify(type)} is not OTLP (expected application/x-protobuf or application/json).`,
  )
}

function decode(signal: keyof Decoded, encoding: Encoding, bytes: Buffer): Decoded {
  if (encoding === 'protobuf') return decodeProtobuf(signal, bytes)
  const all = decodeJsonText(bytes.toString('utf8'))
  return { traces: [], logs: [], metrics: [], [signal]: all[signal] }
}

function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof WireError) return new HttpError(400, 'bad_request', `Not an OTLP request: ${error.message}.`)
  return new HttpError(503, 'storage', `The data could not be stored: ${(error as Error).message}`, {
    retryAfterSeconds: 5,
  })
}

const REJECTED_FIELD: Record<keyof Decoded, string> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

function answer(
  response: ServerResponse,
  encoding: Encoding,
  path: string,
  result: AddResult,
  failure: HttpError | undefined,
): void {
  const { rejected, reason } = result
  const retryAfter = failure?.details['retryAfterSeconds']
  if (retryAfter !== undefined) response.setHeader('retry-after', String(retryAfter))
  response.statusCode = failure?.status ?? 200
  if (failure) dropRest(response.req, response)
  if (encoding === 'json') {
    const partial = { [REJECTED_FIELD[INGEST_PATHS[path]!]]: String(rejected), errorMessage: reason }
    const body = failure ? { code: 0, message: failure.message } : rejected > 0 ? { partialSuccess: partial } : {}
    send(response, 'application/json', Buffer.from(JSON.stringify(body)))
  } else if (failure) {
    // google.rpc.Status: field 2 is the message
    send(response, 'application/x-protobuf', field(18, Buffer.from(failure.message)))
  } else {
    const partial = Buffer.concat([Buffer.from([8]), varint(rejected), field(18, Buffer.from(reason))])
    send(response, 'application/x-protobuf', rejected > 0 ? field(10, partial) : Buffer.alloc(0))
  }
}

function send(response: ServerResponse, type: string, body: Buffer): void {
  response.setHeader('content-type', type)
  response.setHeader('content-length', body.length)
  response.end(body)
}

function field(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}

function digestOf(path: string, body: Buffer): string {
  return path + createHash('sha1').update(body).digest('latin1')
}

/** A sender that saw no answer sends the same bytes again; stored twice, every count would be wrong. */
function createRetryFilter(): { has(digest: string): boolean; remember(digest: string): void } {
  const stored = new Map<string, number>()
  const takeOldest = createOldest(stored)
  return {
    has(digest) {
      const at = stored.get(digest)
      return at !== undefined && performance.now() - at < RETRY_WINDOW_MILLIS
    },
    remember(digest) {
      stored.delete(digest)
      stored.set(digest, performance.now())
      if (stored.size > REMEMBERED_REQUESTS) stored.delete(takeOldest()![0])
    },
  }
}
