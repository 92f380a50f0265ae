/** How one signal is sent, from options and `OTEL_EXPORTER_OTLP_*`: the variable of a signal goes before the general one. */
import { readFileSync } from 'node:fs'
import type { Compression, Destination, OtlpProtocol, Signal, TlsOptions } from './destination.ts'
import { maskDsn } from './dsn.ts'
import type { EnvironmentReader } from './environment.ts'
import { findHeaderProblem } from './headers.ts'
import { parseHttpUrl } from './http-url.ts'
import type { ConfigureOptions } from './options.ts'

const DEFAULT_TIMEOUT_MILLIS = 10_000
const INFIX = { traces: 'TRACES_', metrics: 'METRICS_', logs: 'LOGS_' } as const
/** What code decides for all signals alike. */
type OtlpOptions = Pick<ConfigureOptions, 'protocol' | 'compression' | 'timeoutMillis' | 'tls' | 'headers'>
interface Settings extends Pick<Destination, 'timeoutMillis' | 'tls'> {
  /** Undefined where nobody has chosen one. */
  readonly compression: Compression | undefined
}

export interface OtlpSettings {
  protocol(signal: Signal): OtlpProtocol
  headers(signal: Signal): Record<string, string>
  /** The endpoint of this signal alone. */
  ownUrl(signal: Signal, protocol: OtlpProtocol): URL | undefined
  generalUrl(signal: Signal, protocol: OtlpProtocol): URL | undefined
  others(signal: Signal): Settings
}

export function readOtlpSettings(options: OtlpOptions, env: EnvironmentReader): OtlpSettings {
  const files = new Map<string, Buffer | undefined>()
  return {
    protocol: (signal) =>
      options.protocol ??
      env.oneOf(`OTEL_EXPORTER_OTLP_${INFIX[signal]}PROTOCOL`) ??
      env.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL') ??
      'http/protobuf',
    headers: (signal) =>
      options.headers ?? {
        ...readHeaders('OTEL_EXPORTER_OTLP_HEADERS'),
        ...readHeaders(`OTEL_EXPORTER_OTLP_${INFIX[signal]}HEADERS`),
      },
    ownUrl: (signal, protocol) => readUrl(`OTEL_EXPORTER_OTLP_${INFIX[signal]}ENDPOINT`, signal, protocol),
    generalUrl: (signal, protocol) => readUrl('OTEL_EXPORTER_OTLP_ENDPOINT', signal, protocol),
    others: (signal) => ({
      compression:
        options.compression ??
        env.oneOf(`OTEL_EXPORTER_OTLP_${INFIX[signal]}COMPRESSION`) ??
        env.oneOf('OTEL_EXPORTER_OTLP_COMPRESSION'),
      timeoutMillis:
        options.timeoutMillis ??
        env.number(`OTEL_EXPORTER_OTLP_${INFIX[signal]}TIMEOUT`) ??
        env.number('OTEL_EXPORTER_OTLP_TIMEOUT') ??
        DEFAULT_TIMEOUT_MILLIS,
      tls: options.tls ?? readTls(signal),
    }),
  }

  function readHeaders(name: `OTEL_EXPORTER_OTLP_${'' | (typeof INFIX)[Signal]}HEADERS`): Record<string, string> {
    const pairs = Object.entries(env.pairs(name) ?? {}).map(([key, value]) => [key.toLowerCase(), value] as const)
    const usable = pairs.filter(([key, value]) => {
      const problem = findHeaderProblem(key, value)
      const shown = /^[\w-]{1,40}$/.test(key) ? ` ${key}` : ''
      if (problem !== undefined)
        env.warn(name, `${name} holds a header${shown} that can't be sent: ${problem}; it is ignored`)
      return problem === undefined
    })
    return Object.fromEntries(usable)
  }

  function readUrl(
    name: `OTEL_EXPORTER_OTLP_${'' | (typeof INFIX)[Signal]}ENDPOINT`,
    signal: Signal,
    protocol: OtlpProtocol,
  ): URL | undefined {
    const text = env.text(name)
    if (text === undefined) return undefined
    const isInsecure =
      env.flag(`OTEL_EXPORTER_OTLP_${INFIX[signal]}INSECURE`) ?? env.flag('OTEL_EXPORTER_OTLP_INSECURE') ?? false
    // `host:port`; what gRPC knows besides, as `unix:/path` and `dns:host`, is no address of a back end here
    const isBare = protocol === 'grpc' && !/^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text)
    const full = isBare ? `${isInsecure ? 'http' : 'https'}://${text}` : text
    const url = parseHttpUrl(full)
    if (url !== undefined) return warnOfPath(url, name)
    env.warn(name, `${name}=${maskDsn(text)} is not an http or https URL; it is ignored`)
    return undefined
  }

  /** The path of a signal in the endpoint of all. */
  function warnOfPath(url: URL, name: Parameters<EnvironmentReader['warn']>[0]): URL {
    const [path] = /\/v1\/(traces|metrics|logs)\/?$/.exec(url.pathname) ?? []
    if (path !== undefined && name === 'OTEL_EXPORTER_OTLP_ENDPOINT')
      env.warn(
        name,
        `${name} ends in ${path}, to which the path of each signal is appended: leave it out, or set the variable of the signal`,
      )
    return url
  }

  function readTls(signal: Signal): TlsOptions | undefined {
    const file = (kind: 'CERTIFICATE' | 'CLIENT_CERTIFICATE' | 'CLIENT_KEY'): Buffer | undefined => {
      for (const name of [`OTEL_EXPORTER_OTLP_${INFIX[signal]}${kind}`, `OTEL_EXPORTER_OTLP_${kind}`] as const) {
        const path = env.text(name)
        if (path !== undefined) return readPem(name, path)
      }
      return undefined
    }
    const ca = file('CERTIFICATE')
    const cert = file('CLIENT_CERTIFICATE')
    const key = file('CLIENT_KEY')
    return ca || cert || key ? { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } : undefined
  }

  function readPem(name: Parameters<EnvironmentReader['warn']>[0], path: string): Buffer | undefined {
    if (files.has(path)) return files.get(path)
    try {
      files.set(path, readFileSync(path))
    } catch (error) {
      files.set(path, undefined)
      env.warn(name, `${name}: the file can't be read (${(error as NodeJS.ErrnoException).code}); it is ignored`)
    }
    return files.get(path)
  }
}
