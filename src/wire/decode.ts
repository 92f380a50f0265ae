/** Decodes an OTLP export request of any signal, protobuf or JSON, to rows. */
import { logsFromJson, metricsFromJson, tracesFromJson } from './decode-json.ts'
import { checkJsonText } from './decode-limits.ts'
import { decodeLogs } from './decode-logs.ts'
import { decodeMetrics } from './decode-metrics.ts'
import { decodeTraces } from './decode-traces.ts'
import type { Decoded } from './decode-types.ts'
import { WireError } from './wire-error.ts'

const NOTHING: Decoded = { traces: [], logs: [], metrics: [] }

/** @throws {WireError} when the bytes are not a request of this signal */
export function decodeProtobuf(signal: keyof Decoded, bytes: Uint8Array): Decoded {
  if (signal === 'traces') return { ...NOTHING, traces: decodeTraces(bytes) }
  if (signal === 'logs') return { ...NOTHING, logs: decodeLogs(bytes) }
  return { ...NOTHING, metrics: decodeMetrics(bytes) }
}

/** Decodes whatever signals the object holds: a request holds one, a file of the Collector may hold any. */
export function decodeJson(request: unknown): Decoded {
  return { traces: tracesFromJson(request), logs: logsFromJson(request), metrics: metricsFromJson(request) }
}

/** @throws {WireError} when the text is not JSON or not a request */
export function decodeJsonText(text: string): Decoded {
  return decodeJson(parse(text))
}

/**
 * The values of a file: one of JSON, one a line, or one behind the other, as jq writes them.
 * @throws {WireError} when it is not JSON
 */
export function* parseJsonLines(text: string): Generator<unknown> {
  if (!isLines(text)) {
    yield* parseValues(text)
    return
  }
  let number = 0
  for (const line of text.split('\n')) {
    number++
    if (line.trim() !== '') yield parse(line, `line ${number}`)
  }
}

/** V8 tells where another value begins. */
const ANOTHER = /after JSON at position (\d+)/

function* parseValues(text: string): Generator<unknown> {
  checkJsonText(text)
  let rest = text
  for (let number = 1; rest !== ''; number++) {
    const { value, length } = parseFirst(rest, number === 1 ? 'the body' : `value ${number}`)
    yield value
    rest = rest.slice(length)
  }
}

function parseFirst(text: string, what: string): { value: unknown; length: number } {
  try {
    return { value: JSON.parse(text), length: text.length }
  } catch (error) {
    const { message } = error as Error
    const length = Number(ANOTHER.exec(message)?.[1] ?? 0)
    if (length > 0 && /[{[]/.test(text[length] ?? '')) return { value: JSON.parse(text.slice(0, length)), length }
    throw new WireError(`${what} is not JSON: ${message}`)
  }
}

/** Several values, each complete on its line. */
function isLines(text: string): boolean {
  return /^\s*[{[].*[}\]][^\S\n]*\n\s*[{[]/.test(text)
}

function parse(text: string, what = 'the body'): unknown {
  checkJsonText(text)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new WireError(`${what} is not JSON: ${(error as Error).message}`)
  }
}
