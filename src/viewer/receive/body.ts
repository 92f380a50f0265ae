/** Reads a request body: capped before and after decompression, and capped in sum over all requests. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as zlib from 'node:zlib'

export interface BodyLimits {
  /** Of one body as sent. */
  readonly maxBodyBytes: number
  /** Of one body decompressed. */
  readonly maxDecodedBytes: number
  /** Of all bodies being read at one time. */
  readonly maxInFlightBytes: number
}

export const DEFAULT_BODY_LIMITS: BodyLimits = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxDecodedBytes: 64 * 1024 * 1024,
  maxInFlightBytes: 128 * 1024 * 1024,
}

/** A request that gets an error status as its answer. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(status: number, code: string, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.details = details
  }
}

export interface Body {
  /** As sent. */
  readonly raw: Buffer
  readonly bytes: Buffer
}

type Decompress = (bytes: Buffer, options: { maxOutputLength: number }, done: zlib.CompressCallback) => void

const DECOMPRESS: Record<string, Decompress | undefined> = {
  gzip: zlib.gunzip,
  deflate: inflateEither,
  // from Node 22.15 on
  zstd: zlib.zstdDecompress as Decompress | undefined,
  br: zlib.brotliDecompress,
}

export function createBodyReader(limits: BodyLimits): (request: IncomingMessage) => Promise<Body> {
  let inFlight = 0
  return async (request) => {
    const decompress = decompressorOf(request)
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes, 'as sent')
    let reserved = 0
    const reserve = (bytes: number): void => {
      if (inFlight + bytes > limits.maxInFlightBytes)
        throw new HttpError(503, 'busy', 'Too much is being received at once; try again.', { retryAfterSeconds: 1 })
      inFlight += bytes
      reserved += bytes
    }
    try {
      const raw = await collect(request, limits.maxBodyBytes, reserve)
      if (!decompress) return { raw, bytes: raw }
      const bytes = await decompressed(raw, decompress, limits.maxDecodedBytes)
      reserve(bytes.length)
      return { raw, bytes }
    } finally {
      inFlight -= reserved
    }
  }
}

const LINGER_MILLIS = 1000

/** After a refusal the rest of the body is thrown away for a moment, so that the sender gets to read the answer; then the connection is cut. */
export function dropRest(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return
    const timer = setTimeout(() => request.socket.destroy(), LINGER_MILLIS)
    // with its end, or with the connection: a listener on the connection would stay for the next requests
    request.once('close', () => clearTimeout(timer))
    request.resume()
  })
}

function decompressorOf({ headers }: IncomingMessage): Decompress | undefined {
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (encoding === 'identity' || encoding === '') return undefined
  const decompress = Object.hasOwn(DECOMPRESS, encoding) ? DECOMPRESS[encoding] : undefined
  if (!decompress)
    throw new HttpError(415, 'unsupported_encoding', `The content encoding ${JSON.stringify(encoding)} is not known.`)
  return decompress
}

function collect(request: IncomingMessage, limit: number, reserve: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer): void => {
      length += chunk.length
      try {
        if (length > limit) throw tooLarge(limit, 'as sent')
        reserve(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        // the connection is not cut: the answer goes over it
        request.off('data', take).pause()
        reject(error)
      }
    }
    request.on('data', take)
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
    request.once('error', reject)
  })
}

function decompressed(raw: Buffer, decompress: Decompress, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    decompress(raw, { maxOutputLength: limit }, (error, bytes) => {
      if (!error) resolve(bytes)
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge(limit, 'decompressed'))
      else reject(new HttpError(400, 'bad_encoding', `The body cannot be decompressed: ${error.message}`))
    })
  })
}

/** HTTP's deflate is zlib's format; some senders leave its frame out. */
function inflateEither(bytes: Buffer, options: { maxOutputLength: number }, done: zlib.CompressCallback): void {
  const isFramed = bytes.length > 1 && (bytes[0]! & 0x0f) === 8 && ((bytes[0]! << 8) | bytes[1]!) % 31 === 0
  if (isFramed) zlib.inflate(bytes, options, done)
  else zlib.inflateRaw(bytes, options, done)
}

function tooLarge(limit: number, what: string): HttpError {
  return new HttpError(413, 'too_large', `The body is larger than ${limit} bytes ${what}.`)
}
