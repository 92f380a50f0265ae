/** Recognises what a file of telemetry is: OTLP, or an export of Jaeger, Zipkin or Tempo. */
import { decodeJson } from './decode.ts'
import { tracesFromJaeger } from './decode-jaeger.ts'
import type { Json } from './decode-json-fields.ts'
import type { Decoded } from './decode-types.ts'
import { tracesFromZipkin } from './decode-zipkin.ts'
import { isObject } from './foreign-span.ts'
import { WireError } from './wire-error.ts'

const OTLP_KEYS = ['resourceSpans', 'resourceLogs', 'resourceMetrics']

/** @throws {WireError} when the value is of no format that is known */
export function decodeAny(json: unknown): Decoded[] {
  const otlp = (Array.isArray(json) ? json : [json]).map(toOtlp)
  if (otlp.length > 0 && otlp.every((request) => request !== undefined)) return otlp.map(decodeJson)
  const traces = tracesFromJaeger(json) ?? tracesFromZipkin(json)
  if (traces === undefined) throw new WireError('neither OTLP nor traces of Jaeger, Zipkin or Tempo')
  return [{ traces, logs: [], metrics: [] }]
}

/** Tempo's API puts requests into `batches`, or all of it into `trace`; older files call scopes libraries. */
function toOtlp(json: unknown): Json | undefined {
  if (!isObject(json)) return undefined
  if (OTLP_KEYS.some((key) => Array.isArray(json[key]))) return withScopes(json)
  if (Array.isArray(json['batches'])) return withScopes({ resourceSpans: json['batches'] })
  return 'trace' in json ? toOtlp(json['trace']) : undefined
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
