/** Judges an HTTP answer to an export request by the OTLP specification. */
import { connectionOutcome, type Outcome, ProxyError, parseRetryAfter, retryable } from './outcome.ts'

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly retryAfter: string | undefined
  readonly location: string | undefined
  /** The beginning of the body; complete where it matters, as OTLP answers are short. */
  readonly body: Buffer
}

const RETRYABLE = new Set([429, 502, 503, 504])
export const TOKEN_HINT = 'is the token of the DSN right?'
const HINTS: Record<number, string> = {
  401: TOKEN_HINT,
  403: TOKEN_HINT,
  404: 'is the address that of an OTLP back end?',
  405: 'is the address that of an OTLP back end?',
}
/** Of a back end that has no DSN. */
const OTHER_HINTS: Record<number, string> = {
  401: 'are its headers or credentials right?',
  403: 'are its headers or credentials right?',
  404: 'is its address right?',
  405: 'is its address right?',
}

/** @see https://opentelemetry.io/docs/specs/otlp/#otlphttp-response */
export function judgeAnswer(answer: Answer, hasDsn = true): Outcome {
  const { status } = answer
  if (status >= 200 && status < 300) return judgeSuccess(answer)
  const hint = (hasDsn ? HINTS : OTHER_HINTS)[status]
  const reason = `answered ${status}${hint ? ` (${hint})` : ''}`
  if (status === 407) return connectionOutcome(new ProxyError(status))
  if (RETRYABLE.has(status)) return retryable(reason, { retryAfterMillis: parseRetryAfter(answer.retryAfter) })
  if (status === 413) return { kind: 'too-large', reason }
  if (status === 415) return { kind: 'unsupported-encoding', reason }
  if (status >= 300 && status < 400) {
    return { kind: 'rejected', reason: `${reason}: redirects are not followed (to ${originOf(answer.location)})` }
  }
  return { kind: 'rejected', reason: `${reason}${detail(answer)}` }
}

function judgeSuccess(answer: Answer): Outcome {
  if (/\btext\/html\b/i.test(answer.contentType)) {
    return { kind: 'rejected', reason: `answered ${answer.status} with a web page: this is not an OTLP back end` }
  }
  const isJson = /\bjson\b/i.test(answer.contentType)
  try {
    return { kind: 'accepted', ...(isJson ? readJson(answer.body) : readPartialSuccess(answer.body)) }
  } catch {
    return { kind: 'accepted', rejected: 0, message: undefined }
  }
}

function originOf(location: string | undefined): string {
  return location !== undefined && URL.canParse(location) ? new URL(location).origin : 'another address'
}

/** A Status message (field 2 is its text) or plain text; it is cleaned where it is shown. */
function detail(answer: Answer): string {
  if (answer.body.length === 0 || answer.body.length > 2000) return ''
  const text = /\bprotobuf\b/i.test(answer.contentType) ? statusMessage(answer.body) : answer.body.toString('utf8')
  const clean = text.trim().slice(0, 200)
  return clean === '' || /<html|<!doctype/i.test(clean) ? '' : `: ${clean}`
}

function statusMessage(body: Buffer): string {
  try {
    for (const [number, value] of fieldsOf(body))
      if (number === 2 && Buffer.isBuffer(value)) return value.toString('utf8')
  } catch {
    // not a Status after all
  }
  return ''
}

interface PartialSuccess {
  readonly rejected: number
  readonly message: string | undefined
}

interface JsonAnswer {
  readonly partialSuccess?: Record<string, unknown>
  readonly partial_success?: Record<string, unknown>
}

function readJson(body: Buffer): PartialSuccess {
  const answer = (body.length > 0 ? JSON.parse(body.toString('utf8')) : {}) as JsonAnswer
  const partial = answer.partialSuccess ?? answer.partial_success ?? {}
  const count = Object.entries(partial).find(([key]) => /^rejected/i.test(key))?.[1]
  const message = partial.errorMessage ?? partial.error_message
  return { rejected: readCount(count), message: typeof message === 'string' && message !== '' ? message : undefined }
}

/** 64-bit numbers are strings in JSON. Anything else that is no count becomes NaN. */
function readCount(value: unknown): number {
  if (value === undefined || value === null) return 0
  return typeof value === 'number' || (typeof value === 'string' && /^\d{1,16}$/.test(value))
    ? Number(value)
    : Number.NaN
}

/** Field 1 of the response is the partial success: 1 = rejected items, 2 = message. */
export function readPartialSuccess(body: Buffer): PartialSuccess {
  let rejected = 0
  let message: string | undefined
  for (const [number, partial] of fieldsOf(body)) {
    if (number !== 1 || !Buffer.isBuffer(partial)) continue
    for (const [inner, value] of fieldsOf(partial)) {
      if (inner === 1 && typeof value === 'number') rejected = value
      if (inner === 2 && Buffer.isBuffer(value) && value.length > 0) message = value.toString('utf8')
    }
  }
  return { rejected, message }
}

/** The fields of a protobuf message: number, and a number or bytes. */
export function* fieldsOf(bytes: Buffer): Generator<[number, number | Buffer]> {
  let pos = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = bytes[pos++]
      if (byte === undefined) throw new RangeError('truncated')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    throw new RangeError('varint too long')
  }
  while (pos < bytes.length) {
    const tag = varint()
    const type = tag % 8
    const number = Math.floor(tag / 8)
    if (type === 0) yield [number, varint()]
    else if (type === 2) {
      const length = varint()
      if (pos + length > bytes.length) throw new RangeError('truncated')
      yield [number, bytes.subarray(pos, pos + length)]
      pos += length
    } else if (type === 1) pos += 8
    else if (type === 5) pos += 4
    else throw new RangeError('unknown wire type')
  }
}
