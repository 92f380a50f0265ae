/** Judges the end of a gRPC call by the OTLP specification. */
import type * as Http2 from 'node:http2'
import { decompressSync } from '../queue/compress.ts'
import { fieldsOf, judgeAnswer, readPartialSuccess, TOKEN_HINT } from './http-answer.ts'
import { type Outcome, retryable } from './outcome.ts'

/** What a call came to when no connection failed. */
export interface CallEnd {
  readonly head: Http2.IncomingHttpHeaders
  readonly trailers: Http2.IncomingHttpHeaders
  /** The beginning of the body; complete where it matters, as OTLP answers are short. */
  readonly body: Buffer
}

/** Codes worth a retry, by the OTLP specification; RESOURCE_EXHAUSTED only when the server says when. */
const RETRYABLE = new Set([1, 4, 10, 11, 14, 15])
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const HINTS: Record<number, string> = {
  7: TOKEN_HINT,
  12: 'is the address that of an OTLP back end?',
  16: TOKEN_HINT,
}
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

/** @param isCompressed whether the request was */
export function judgeCall({ head, trailers, body }: CallEnd, isCompressed: boolean): Outcome {
  const text = String(trailers['grpc-status'] ?? head['grpc-status'] ?? '').trim()
  if (text === '') return judgeWithoutStatus(head)
  const code = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (code === 0) return { kind: 'accepted', ...readMessage(body) }
  const message = readStatusMessage(trailers['grpc-message'] ?? head['grpc-message'])
  const hint = HINTS[code] === undefined ? '' : ` (${HINTS[code]})`
  const reason = `answered ${NAMES[code] ?? `code ${text}`}${hint}${message === '' ? '' : `: ${message}`}`
  const retryAfterMillis = readRetryDelay(trailers['grpc-status-details-bin'] ?? head['grpc-status-details-bin'])
  if (code === RESOURCE_EXHAUSTED && /larger than|too large|max(imum)? .*size/i.test(message))
    return { kind: 'too-large', reason }
  if (code === UNIMPLEMENTED && isCompressed && /compress|encoding/i.test(message))
    return { kind: 'unsupported-encoding', reason }
  if (RETRYABLE.has(code) || (code === RESOURCE_EXHAUSTED && retryAfterMillis !== undefined))
    return retryable(reason, { retryAfterMillis })
  return { kind: 'rejected', reason }
}

/** Something between us and the back end may have answered, or something that is none. */
function judgeWithoutStatus(head: Http2.IncomingHttpHeaders): Outcome {
  const status = Number(head[':status'] ?? 0)
  const contentType = String(head['content-type'] ?? '')
  if (status === 200 && !/^application\/grpc\b/i.test(contentType))
    return { kind: 'rejected', reason: `answered 200 with ${contentType || 'no type'}: this is not a gRPC back end` }
  if (status === 0 || status === 200) return retryable('the call ended without a status')
  return judgeAnswer({ status, contentType: '', retryAfter: undefined, location: undefined, body: Buffer.alloc(0) })
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
  const text = String(value ?? '').slice(0, 4096)
  try {
    return decodeURIComponent(text)
  } catch {
    return text
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
