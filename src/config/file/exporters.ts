/** Exporters of a configuration file: OTLP becomes a destination, the others are named. */
import { readFileSync } from 'node:fs'
import {
  mergeHeadersConfig,
  type OtlpGrpcExporterConfigModel,
  type OtlpHttpExporterConfigModel,
} from '@opentelemetry/configuration'
import { createDestination } from '../create-destination.ts'
import type { Compression, Destination, Signal, TlsOptions } from '../destination.ts'
import { findWrongHeader } from '../headers.ts'
import { parseHttpUrl } from '../http-url.ts'
import { type Draft, given, onlyMember, UnsupportedError, unsupported } from './model.ts'

type Otlp = NonNullable<OtlpHttpExporterConfigModel> & NonNullable<OtlpGrpcExporterConfigModel>

const DEFAULT_TIMEOUT_MILLIS = 10_000
const UPPER = { traces: 'TRACES', metrics: 'METRICS', logs: 'LOGS' } as const

/** Adds an exporter of one signal to the draft; `extra` are names beside OTLP and console. */
export function addExporter(
  draft: Draft,
  signal: Signal,
  exporter: Record<string, unknown>,
  extra: readonly string[] = [],
): void {
  const [name, settings] = onlyMember(`the exporter of ${signal}`, exporter)
  if (name === 'otlp_http' || name === 'otlp_grpc') {
    draft.destinations.push(toDestination(signal, name === 'otlp_grpc', settings as Otlp))
    nameExporter(draft, signal, 'otlp')
  } else if (name === 'console') nameExporter(draft, signal, 'console')
  else if (extra.includes(name)) {
    nameExporter(draft, signal, name)
    if (name === 'zipkin') setZipkin(draft, settings)
  } else unsupported(`the exporter of ${signal}`, name, ['otlp_http', 'otlp_grpc', 'console', ...extra])
}

export function nameExporter(draft: Draft, signal: Signal, name: string): void {
  const variable = `OTEL_${UPPER[signal]}_EXPORTER` as const
  draft.environment[variable] = [...new Set([...(draft.environment[variable]?.split(',') ?? []), name])].join()
}

function setZipkin({ environment }: Draft, { endpoint, timeout }: Record<string, unknown>): void {
  if (typeof endpoint === 'string') environment.OTEL_EXPORTER_ZIPKIN_ENDPOINT = endpoint
  if (typeof timeout === 'number') environment.OTEL_EXPORTER_ZIPKIN_TIMEOUT = String(timeout)
}

function toDestination(signal: Signal, isGrpc: boolean, settings: Otlp): Destination {
  const endpoint = settings.endpoint ?? (isGrpc ? 'http://localhost:4317' : `http://localhost:4318/v1/${signal}`)
  const full =
    isGrpc && !/^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint)
      ? `${settings.tls?.insecure ? 'http' : 'https'}://${endpoint}`
      : endpoint
  const address = parseHttpUrl(full)
  if (address === undefined)
    throw new UnsupportedError(`the endpoint of the exporter of ${signal} is not an http or https URL`)
  const headers = mergeHeadersConfig(settings.headers, settings.headers_list) ?? {}
  const wrong = findWrongHeader(headers)
  if (wrong) throw new UnsupportedError(`a header of the exporter of ${signal} can't be sent: ${wrong.problem}`)
  return createDestination({
    signal,
    address,
    protocol: isGrpc ? 'grpc' : settings.encoding === 'json' ? 'http/json' : 'http/protobuf',
    headers,
    compression: readCompression(settings.compression, signal),
    timeoutMillis: settings.timeout ?? DEFAULT_TIMEOUT_MILLIS,
    tls: readTls(settings),
  })
}

function readCompression(name: string | null | undefined, signal: Signal): Compression {
  if (name === 'gzip' || name === 'zstd') return name
  if (given(name) === undefined || name === 'none') return 'none'
  return unsupported(`the compression of ${signal}`, name!, ['gzip', 'zstd', 'none'])
}

function readTls({ tls }: Otlp): TlsOptions | undefined {
  const file = (path: string | null | undefined, what: string): Buffer | undefined => {
    if (given(path) === undefined) return undefined
    try {
      return readFileSync(path!)
    } catch (error) {
      throw new UnsupportedError(
        `tls.${what} names ${path}, which can't be read (${(error as NodeJS.ErrnoException).code})`,
      )
    }
  }
  const ca = file(tls?.ca_file, 'ca_file')
  const cert = file(tls?.cert_file, 'cert_file')
  const key = file(tls?.key_file, 'key_file')
  return ca || cert || key ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined
}
