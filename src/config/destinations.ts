/** Turns the DSN, the endpoint options and `OTEL_EXPORTER_OTLP_*` into the list of places each signal is sent to. */
import { ConfigError } from '../errors.ts'
import { log } from '../log.ts'
import { createDestination } from './create-destination.ts'
import { type Destination, type OtlpProtocol, SIGNALS, type Signal } from './destination.ts'
import { type Dsn, maskDsn, parseDsn } from './dsn.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'
import { readOtlpSettings } from './otlp-settings.ts'

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

const UPPER = { traces: 'TRACES', metrics: 'METRICS', logs: 'LOGS' } as const
/** What stands for the local viewer in place of a DSN. */
const LOCAL = 'local'

export function resolveDestinations(
  options: ConfigureOptions,
  env: EnvironmentReader,
  findLocalViewer: FindLocalViewer,
): ResolvedDestinations {
  const settings = readOtlpSettings(options, env)
  let local: Dsn | undefined
  // set by `uptrace-node dev`: while developing nothing goes to the back end that code names
  const dev = env.text('UPTRACE_DEV_DSN')
  const fromCode = [options.dsn ?? []].flat().filter((dsn) => dsn.trim() !== '')
  // but a test suite that receives its own telemetry gets it all the same
  if (dev !== undefined) return fromDsns([dev, ...fromCode.filter(isOnThisMachine)], true, 'http/protobuf')
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
        const protocol = ownProtocol ?? (dsn === local ? 'http/protobuf' : settings.protocol(signal))
        const url = protocol === 'grpc' ? dsn.otlpGrpcEndpoint : `${dsn.otlpHttpEndpoint}/v1/${signal}`
        return create(signal, new URL(url), protocol, { ...options.headers, 'uptrace-dsn': dsn.original })
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
      const protocol = settings.protocol(signal)
      const url = endpointUrl(signal, protocol, endpoint)
      if (url !== undefined) destinations.push(create(signal, url, protocol, settings.headers(signal)))
    }
    const problem =
      destinations.length > 0
        ? undefined
        : 'no DSN (set the dsn option or UPTRACE_DSN to https://<token>@host, or OTEL_EXPORTER_OTLP_ENDPOINT)'
    return { dsns: [], destinations, isFromCode, problem }
  }

  function endpointUrl(signal: Signal, protocol: OtlpProtocol, endpoint: string | undefined): URL | undefined {
    const own = endpoint === undefined ? settings.ownUrl(signal, protocol) : undefined
    if (own !== undefined) return own
    const isAsked = env.list(`OTEL_${UPPER[signal]}_EXPORTER`)?.includes('otlp')
    const base =
      (endpoint === undefined ? settings.generalUrl(signal, protocol) : new URL(endpoint)) ??
      (isAsked ? new URL(protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318') : undefined)
    if (base !== undefined && protocol !== 'grpc') base.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/${signal}`
    return base
  }

  function create(signal: Signal, address: URL, protocol: OtlpProtocol, headers: Record<string, string>): Destination {
    return createDestination({ signal, address, protocol, headers, ...settings.others(signal) })
  }
}

function isOnThisMachine(dsn: string): boolean {
  return /^http:\/\/[^@/]*@(localhost|127\.0\.0\.1|\[::1\]):\d+\/?$/.test(dsn.trim())
}
