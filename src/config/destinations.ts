/** Turns the DSN, the endpoint options and `OTEL_EXPORTER_OTLP_*` into the list of places each signal is sent to. */
import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'
import { log } from '../log.ts'
import { rememberSecret } from '../redact.ts'
import { type Destination, type OtlpProtocol, SIGNALS, type Signal, type TlsOptions } from './destination.ts'
import { type Dsn, maskDsn, parseDsn } from './dsn.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const
const DEFAULT_TIMEOUT_MILLIS = 10_000

/** Where telemetry goes, and why nowhere when the list is empty. */
export interface ResolvedDestinations {
  readonly dsns: readonly Dsn[]
  readonly destinations: readonly Destination[]
  /** Whether code, not the environment, named the destination. */
  readonly isFromCode: boolean
  /** The viewer on this machine, when telemetry goes there. */
  readonly localViewer?: Dsn | undefined
  /** One line for the user when nothing can be sent. */
  readonly problem: string | undefined
}

/** Gives the DSN of the local viewer, which it starts if need be, or why there is none. */
export type FindLocalViewer = () => { readonly dsn: string } | { readonly refused: string }

/** What stands for the local viewer in place of a DSN. */
const LOCAL = 'local'

export function resolveDestinations(
  options: ConfigureOptions,
  env: EnvironmentReader,
  findLocalViewer: FindLocalViewer,
): ResolvedDestinations {
  let local: Dsn | undefined
  // set by `uptrace-node dev`: while developing nothing goes to the back end that code names
  const dev = env.text('UPTRACE_DEV_DSN')
  if (dev !== undefined) return fromDsns([dev], true, 'http/protobuf')
  const fromCode = [options.dsn ?? []].flat().filter((dsn) => dsn.trim() !== '')
  if (fromCode.length > 0) return fromDsns(fromCode, true)
  if (options.endpoint !== undefined) return fromEndpoints(options.endpoint, true)
  const fromEnv = env.text('UPTRACE_DSN')
  if (fromEnv !== undefined) return fromDsns([fromEnv], false)
  return fromEndpoints(undefined, false)

  function fromDsns(texts: readonly string[], isFromCode: boolean, ownProtocol?: OtlpProtocol): ResolvedDestinations {
    const dsns: Dsn[] = []
    for (const [index, text] of texts.entries()) {
      try {
        dsns.push(text.trim() === LOCAL ? localDsn() : parseDsn(text))
      } catch (error) {
        const message = error instanceof ConfigError ? error.message : `DSN "${maskDsn(text)}" can't be parsed`
        if (index === 0) return { dsns: [], destinations: [], isFromCode, problem: message }
        log.warn(`${message}; this one is left out`)
      }
    }
    const destinations = dsns.flatMap((dsn) =>
      SIGNALS.map((signal) => {
        const protocol = ownProtocol ?? (dsn === local ? 'http/protobuf' : readProtocol(signal))
        const url = protocol === 'grpc' ? dsn.otlpGrpcEndpoint : `${dsn.otlpHttpEndpoint}/v1/${signal}`
        return createDestination(signal, url, protocol, { ...options.headers, 'uptrace-dsn': dsn.original })
      }),
    )
    const localViewer = dev === undefined ? local : dsns[0]
    return { dsns, destinations, isFromCode, localViewer, problem: undefined }
  }

  function localDsn(): Dsn {
    const found = findLocalViewer()
    if ('refused' in found) throw new ConfigError('ERR_DSN_LOCAL', `DSN "${LOCAL}": ${found.refused}`)
    local = parseDsn(found.dsn)
    return local
  }

  function fromEndpoints(endpoint: string | undefined, isFromCode: boolean): ResolvedDestinations {
    const destinations: Destination[] = []
    for (const signal of SIGNALS) {
      const protocol = readProtocol(signal)
      const url = endpointUrl(signal, protocol, endpoint)
      if (url !== undefined) destinations.push(createDestination(signal, url, protocol, readHeaders(signal)))
    }
    const problem =
      destinations.length > 0
        ? undefined
        : 'no DSN (set the dsn option or UPTRACE_DSN to https://<token>@host, or OTEL_EXPORTER_OTLP_ENDPOINT)'
    return { dsns: [], destinations, isFromCode, problem }
  }

  function endpointUrl(signal: Signal, protocol: OtlpProtocol, endpoint: string | undefined): string | undefined {
    const own =
      endpoint === undefined ? readUrl(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`, protocol) : undefined
    if (own !== undefined) return protocol === 'grpc' ? own.origin : own.href
    const isAsked = env.list(`OTEL_${signal.toUpperCase()}_EXPORTER`)?.includes('otlp')
    const base =
      (endpoint === undefined ? readUrl('OTEL_EXPORTER_OTLP_ENDPOINT', protocol) : new URL(endpoint)) ??
      (isAsked ? new URL(protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318') : undefined)
    if (base === undefined) return undefined
    if (protocol === 'grpc') return base.origin
    const url = new URL(base)
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/${signal}`
    return url.href
  }

  function readUrl(name: string, protocol: OtlpProtocol): URL | undefined {
    const text = env.text(name)
    if (text === undefined) return undefined
    const isInsecure = env.flag('OTEL_EXPORTER_OTLP_INSECURE') ?? false
    const full =
      protocol === 'grpc' && !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)
        ? `${isInsecure ? 'http' : 'https'}://${text}`
        : text
    if (/^https?:\/\/[^/]/i.test(full) && URL.canParse(full)) return new URL(full)
    log.warn(`${name}=${maskDsn(text)} is not an http or https URL; it is ignored`)
    return undefined
  }

  function readProtocol(signal: Signal): OtlpProtocol {
    return (
      options.protocol ??
      env.oneOf(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`, PROTOCOLS) ??
      env.oneOf('OTEL_EXPORTER_OTLP_PROTOCOL', PROTOCOLS) ??
      'http/protobuf'
    )
  }

  function readHeaders(signal: Signal): Record<string, string> {
    return (
      options.headers ?? {
        ...env.headers('OTEL_EXPORTER_OTLP_HEADERS'),
        ...env.headers(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS`),
      }
    )
  }

  function createDestination(
    signal: Signal,
    url: string,
    protocol: OtlpProtocol,
    headers: Record<string, string>,
  ): Destination {
    const upper = signal.toUpperCase()
    for (const value of Object.values(headers)) rememberSecret(value)
    const destination: Destination = {
      signal,
      url,
      label: new URL(url).origin,
      headers,
      protocol,
      compression:
        options.compression ??
        env.oneOf(`OTEL_EXPORTER_OTLP_${upper}_COMPRESSION`, COMPRESSIONS) ??
        env.oneOf('OTEL_EXPORTER_OTLP_COMPRESSION', COMPRESSIONS) ??
        'gzip',
      timeoutMillis:
        options.timeoutMillis ??
        env.integer(`OTEL_EXPORTER_OTLP_${upper}_TIMEOUT`, 0) ??
        env.integer('OTEL_EXPORTER_OTLP_TIMEOUT', 0) ??
        DEFAULT_TIMEOUT_MILLIS,
      tls: options.tls ?? readTls(upper),
    }
    return Object.freeze(destination)
  }

  function readTls(upper: string): TlsOptions | undefined {
    const file = (kind: string): Buffer | undefined => {
      for (const name of [`OTEL_EXPORTER_OTLP_${upper}_${kind}`, `OTEL_EXPORTER_OTLP_${kind}`]) {
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
}

function readPem(name: string, path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    log.warn(`${name}: the file can't be read (${(error as NodeJS.ErrnoException).code}); it is ignored`)
    return undefined
  }
}
