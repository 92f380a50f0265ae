/** Compresses request bodies: in the thread pool as a rule, in place when a burst leaves no turn to it. */
import type * as Zlib from 'node:zlib'
import type { Compression } from '../config/destination.ts'

/** Level 1: telemetry repeats itself so much that higher levels cost three times the CPU for a few per cent. */
const GZIP_LEVEL = 1
const DECOMPRESSED_LIMIT_BYTES = 64 * 1024 * 1024

const zlib = (): typeof Zlib => process.getBuiltinModule('node:zlib') as typeof Zlib

/** The encoding itself, or gzip where this Node has no zstd. */
export function availableEncoding(encoding: Compression): Compression {
  return encoding === 'zstd' && typeof zlib().zstdCompress !== 'function' ? 'gzip' : encoding
}

export function compress(raw: Buffer, encoding: Compression): Promise<Buffer> {
  if (encoding === 'none') return Promise.resolve(raw)
  return new Promise((resolve) => {
    const done = (error: Error | null, body: Buffer): void =>
      resolve(error ? compressSync(raw, encoding) : compact(body))
    if (encoding === 'gzip') zlib().gzip(raw, { level: GZIP_LEVEL }, done)
    else zlib().zstdCompress(raw, done)
  })
}

export function compressSync(raw: Buffer, encoding: Compression): Buffer {
  if (encoding === 'none') return raw
  return compact(encoding === 'gzip' ? zlib().gzipSync(raw, { level: GZIP_LEVEL }) : zlib().zstdCompressSync(raw))
}

export function decompressSync(body: Buffer, encoding: Compression): Buffer {
  const options = { maxOutputLength: DECOMPRESSED_LIMIT_BYTES }
  if (encoding === 'gzip') return zlib().gunzipSync(body, options)
  return encoding === 'zstd' ? zlib().zstdDecompressSync(body, options) : body
}

/** zlib answers views of 16 kB chunks: a small body must not keep a big one alive. */
function compact(body: Buffer): Buffer {
  if (body.buffer.byteLength <= body.length + 1024) return body
  const copy = Buffer.allocUnsafeSlow(body.length)
  body.copy(copy)
  return copy
}
