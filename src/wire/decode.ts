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
 * The values of a file: one of JSON, or one a line.
 * @throws {WireError} when it is not JSON
 */
export function* parseJsonLines(text: string): Generator<unknown> {
  if (!isLines(text)) {
    yield parse(text)
    return
  }
  let number = 0
  for (const line of text.split('\n')) {
    number++
    if (line.trim() !== '') yield parse(line, `line ${number}`)
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
