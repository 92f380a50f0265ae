/** Decodes OTLP protobuf with protobufjs, independently of the package's own code. */
import path from 'node:path'
import protobuf from 'protobufjs'
import type { Signal } from '../../../src/config/destination.ts'

const root = protobuf.loadSync(path.join(import.meta.dirname, 'otlp.proto'))
const REQUESTS: Record<Signal, protobuf.Type> = {
  traces: root.lookupType('otlp.ExportTraceServiceRequest'),
  logs: root.lookupType('otlp.ExportLogsServiceRequest'),
  metrics: root.lookupType('otlp.ExportMetricsServiceRequest'),
}
const response = root.lookupType('otlp.ExportServiceResponse')

// biome-ignore lint/suspicious/noExplicitAny: a decoded message, looked into by tests
export type Decoded = any

/** A request as plain objects: camel-case names, ids in hex, 64-bit numbers as strings, defaults left out. */
export function decodeRequest(signal: Signal, bytes: Uint8Array): Decoded {
  const type = REQUESTS[signal]
  return withHexIds(type.toObject(type.decode(Buffer.from(bytes)), { longs: String, bytes: Buffer }))
}

export function encodeResponse(rejected: number, errorMessage: string): Uint8Array {
  return response.encode({ partialSuccess: { rejected, errorMessage } }).finish()
}

/** All spans, log records or metrics of a decoded request. */
export function itemsOf(signal: Signal, request: Decoded): Decoded[] {
  const [resources, scopes, items] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  }[signal] as [string, string, string]
  return (request[resources] ?? []).flatMap((resource: Decoded) =>
    (resource[scopes] ?? []).flatMap((scope: Decoded) => scope[items] ?? []),
  )
}

/** Attributes of a decoded item as a plain object. */
export function attributesOf(item: Decoded): Record<string, unknown> {
  return Object.fromEntries((item.attributes ?? []).map(({ key, value }: Decoded) => [key ?? '', plain(value)]))
}

export function plain(value: Decoded): unknown {
  const [kind, content] = Object.entries(value ?? {})[0] ?? []
  if (kind === 'arrayValue') return ((content as Decoded).values ?? []).map(plain)
  if (kind === 'kvlistValue')
    return Object.fromEntries(
      ((content as Decoded).values ?? []).map((pair: Decoded) => [pair.key ?? '', plain(pair.value)]),
    )
  if (kind === 'intValue') return Number(content)
  return content
}

function withHexIds(value: Decoded): Decoded {
  if (Array.isArray(value)) return value.map(withHexIds)
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      /^(trace|span|parentSpan)Id$/.test(key) && Buffer.isBuffer(inner) ? inner.toString('hex') : withHexIds(inner),
    ]),
  )
}
