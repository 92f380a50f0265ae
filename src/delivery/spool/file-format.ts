/** The format of a spooled request: magic, lengths, a checksum, what it is, the request itself. Nothing in it is a secret but the telemetry. */
// type-only imports: the spool is rarely used, and these would load at start
import type * as Crypto from 'node:crypto'
import type * as Zlib from 'node:zlib'
import { type Compression, type Destination, SIGNALS, type Signal } from '../../config/destination.ts'

const MAGIC = Buffer.from('UPTSPL1\n')
/** magic, length of the head, length of the body, CRC-32 of both */
const PREFIX_BYTES = MAGIC.length + 12
const ENCODINGS: readonly Compression[] = ['gzip', 'zstd', 'none']

export interface SpooledRequest {
  readonly signal: Signal
  readonly encoding: Compression
  readonly count: number
  /** When it was created, in milliseconds since 1970. */
  readonly createdAt: number
  /** See `identify`. */
  readonly origin: string
  readonly key: string
  readonly body: Buffer
}

const digest = (text: string): string =>
  (process.getBuiltinModule('node:crypto') as typeof Crypto)
    .createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 16)

const crc32 = (bytes: Buffer, start = 0): number =>
  (process.getBuiltinModule('node:zlib') as typeof Zlib).crc32(bytes, start)

export interface DestinationIdentity {
  /** Digest of the URL and the headers, which tell projects apart. */
  readonly key: string
  /** Digest of the URL and the service. */
  readonly origin: string
}

/** How a destination is recognised after a restart, without its token being written down. */
export function identify({ signal, url, headers }: Destination, service: string): DestinationIdentity {
  const sorted = Object.entries(headers)
    .map(([name, value]) => `${name.toLowerCase()}:${value}`)
    .sort()
  return {
    key: digest([`${signal} ${url}`, ...sorted].join('\n')),
    origin: digest([`${signal} ${url}`, service].join('\n')),
  }
}

export function encodeSpoolFile({ body, ...head }: SpooledRequest): Buffer {
  const headBytes = Buffer.from(JSON.stringify(head))
  const prefix = Buffer.alloc(PREFIX_BYTES)
  MAGIC.copy(prefix)
  prefix.writeUInt32LE(headBytes.length, 8)
  prefix.writeUInt32LE(body.length, 12)
  prefix.writeUInt32LE(crc32(body, crc32(headBytes)), 16)
  return Buffer.concat([prefix, headBytes, body])
}

/** Undefined when the file is torn, empty or none of ours. */
export function decodeSpoolFile(bytes: Buffer): SpooledRequest | undefined {
  if (bytes.length < PREFIX_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const headEnd = PREFIX_BYTES + bytes.readUInt32LE(8)
  if (bytes.length !== headEnd + bytes.readUInt32LE(12)) return undefined
  if (crc32(bytes.subarray(PREFIX_BYTES)) !== bytes.readUInt32LE(16)) return undefined
  try {
    const head = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headEnd)) as Omit<SpooledRequest, 'body'>
    // a copy: the file's buffer would keep the head alive
    return isOurs(head) ? { ...head, body: Buffer.from(bytes.subarray(headEnd)) } : undefined
  } catch {
    return undefined
  }
}

const isOurs = ({ signal, encoding, count, createdAt }: Omit<SpooledRequest, 'body'>): boolean =>
  SIGNALS.includes(signal) &&
  ENCODINGS.includes(encoding) &&
  Number.isSafeInteger(count) &&
  count > 0 &&
  Number.isFinite(createdAt)
