/** Recognises what a file of telemetry is: OTLP, or an export of Jaeger, Zipkin or Tempo. */
import { decodeJson, decodeProtobuf } from './decode.ts'
import { tracesFromJaeger } from './decode-jaeger.ts'
import type { Json } from './decode-json-fields.ts'
import type { Decoded } from './decode-types.ts'
import { tracesFromZipkin } from './decode-zipkin.ts'
import { isObject } from './foreign-span.ts'
import { WireError } from './wire-error.ts'

const MAX_ENVELOPES = 3
const OTLP_KEYS = ['resourceSpans', 'resourceLogs', 'resourceMetrics']

/** @throws {WireError} when the value is of no format that is known */
export function decodeAny(json: unknown): Decoded[] {
  const otlp = (Array.isArray(json) ? json : [json]).map((one) => toOtlp(one))
  if (otlp.length > 0 && otlp.every((request) => request !== undefined)) return otlp.map(decodeJson)
  const traces = tracesFromJaeger(json) ?? tracesFromZipkin(json)
  if (traces === undefined) throw new WireError('neither OTLP nor traces of Jaeger, Zipkin or Tempo')
  return [{ traces, logs: [], metrics: [] }]
}

/** Requests of OTLP in protobuf, of one signal: one, or each behind its length, as the Collector writes files. */
export function decodeAnyProtobuf(bytes: Buffer): Decoded[] | undefined {
  const one = decodeOne(bytes)
  if (one) return [one]
  const decoded = splitByLength(bytes)?.flatMap((message) => decodeOne(message) ?? null)
  return decoded?.every((message) => message !== null) ? decoded : undefined
}

/** The signals have one frame; only their items tell them apart. */
function decodeOne(bytes: Buffer): Decoded | undefined {
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    try {
      const decoded = decodeProtobuf(signal, bytes)
      if (isPlausible(decoded)) return decoded
    } catch (error) {
      if (!(error instanceof WireError)) throw error
    }
  }
  return undefined
}

function isPlausible({ traces, logs, metrics }: Decoded): boolean {
  return (
    [...traces, ...logs, ...metrics].some(({ items }) => items.length > 0) &&
    traces.every(({ items }) => items.every(({ traceId, spanId }) => traceId.length === 32 && spanId.length === 16)) &&
    logs.every(({ items }) => items.every(({ timeUs, observedUs }) => timeUs > 0 || observedUs > 0)) &&
    metrics.every(({ items }) => items.every(({ name }) => /^[ -~]+$/.test(name)))
  )
}

/** Each message behind four bytes with its length. */
function splitByLength(bytes: Buffer): Buffer[] | undefined {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32BE(at) : Number.NaN
    if (!(end <= bytes.length && end > at + 4)) return undefined
    messages.push(bytes.subarray(at + 4, end))
    at = end
  }
  return messages
}

/** Tempo's API puts requests into `batches`, or all of it into `trace`, Jaeger's into `result`; older files call scopes libraries. */
function toOtlp(json: unknown, depth = 0): Json | undefined {
  if (!isObject(json)) return undefined
  if (OTLP_KEYS.some((key) => Array.isArray(json[key]))) return withScopes(json)
  if (Array.isArray(json['batches'])) return withScopes({ resourceSpans: json['batches'] })
  return depth < MAX_ENVELOPES ? toOtlp(json['trace'] ?? json['result'], depth + 1) : undefined
}

function withScopes(request: Json): Json {
  const resourceSpans = request['resourceSpans']
  if (!Array.isArray(resourceSpans)) return request
  return { ...request, resourceSpans: resourceSpans.map(renameLibraries) }
}

function renameLibraries(group: unknown): unknown {
  if (!isObject(group) || !Array.isArray(group['instrumentationLibrarySpans']) || 'scopeSpans' in group) return group
  const scopeSpans = group['instrumentationLibrarySpans'].map((one: unknown) =>
    isObject(one) ? { ...one, scope: one['instrumentationLibrary'] } : one,
  )
  return { ...group, scopeSpans }
}
