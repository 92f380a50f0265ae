/** Compresses request bodies: in the thread pool as a rule, in place when a burst leaves no turn to it. */
import type * as Zlib from 'node:zlib'
import type { Compression } from '../../config/destination.ts'

/** Level 1: telemetry repeats itself so much that higher levels cost three times the CPU for a few per cent. */
const GZIP_OPTIONS = { level: 1, memLevel: 9 }
const CHUNK_BYTES = 64 * 1024
const DECOMPRESSION = { maxOutputLength: 64 * 1024 * 1024 }

const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib') as typeof Zlib

/** Whether this Node has it. */
export function isAvailable(encoding: Compression): boolean {
  return encoding !== 'zstd' || typeof zlib().zstdCompress === 'function'
}

export function compress(raw: Buffer, encoding: Compression): Promise<Buffer> {
  if (encoding === 'none') return Promise.resolve(raw)
  if (encoding === 'gzip') return gzip(raw)
  return new Promise((resolve) => {
    zlib().zstdCompress(raw, (error, body) => resolve(error ? compressSync(raw, encoding) : compact(body)))
  })
}

export function compressSync(raw: Buffer, encoding: Compression): Buffer {
  if (encoding === 'none') return raw
  return compact(encoding === 'gzip' ? zlib().gzipSync(raw, GZIP_OPTIONS) : zlib().zstdCompressSync(raw))
}

type Gzipper = Zlib.Gzip & Zlib.ZlibReset
let stream: Gzipper | undefined
let last: Promise<unknown> = Promise.resolve()

/** All requests go through one stream, one after the other: a new one for each costs as much as the work it does. */
function gzip(raw: Buffer): Promise<Buffer> {
  const body = last.then(() => gzipNext(raw))
  last = body
  return body
}

function gzipNext(raw: Buffer): Promise<Buffer> {
  stream ??= createStream()
  const gzipper = stream
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    gzipper.on('data', (chunk: Buffer) => chunks.push(chunk))
    gzipper.write(raw, (error) => {
      gzipper.removeAllListeners('data')
      if (error) stream = undefined
      else gzipper.reset()
      resolve(error ? compressSync(raw, 'gzip') : compact(Buffer.concat(chunks)))
    })
  })
}

/** Each write is a whole body: one visit to the thread pool, where writing and finishing would be two. */
function createStream(): Gzipper {
  const options = { ...GZIP_OPTIONS, chunkSize: CHUNK_BYTES, flush: zlib().constants.Z_FINISH }
  const gzipper = zlib().createGzip(options) as Gzipper
  // the write that failed is told, and deals with it
  gzipper.on('error', () => undefined)
  return gzipper
}

export function decompress(body: Buffer, encoding: Compression): Promise<Buffer> {
  if (encoding === 'none') return Promise.resolve(body)
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, raw: Buffer): void => (error ? reject(error) : resolve(raw))
    if (encoding === 'gzip') zlib().gunzip(body, DECOMPRESSION, done)
    else zlib().zstdDecompress(body, DECOMPRESSION, done)
  })
}

export function decompressSync(body: Buffer, encoding: Compression): Buffer {
  if (encoding === 'gzip') return zlib().gunzipSync(body, DECOMPRESSION)
  return encoding === 'zstd' ? zlib().zstdDecompressSync(body, DECOMPRESSION) : body
}

/** zlib answers views of 16 kB chunks: a small body must not keep a big one alive. */
function compact(body: Buffer): Buffer {
  if (body.buffer.byteLength <= body.length + 1024) return body
  const copy = Buffer.allocUnsafeSlow(body.length)
  body.copy(copy)
  return copy
}
