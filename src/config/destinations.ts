/** Decides which places telemetry goes to: what code names goes before the environment, a back end by its name before a DSN. */
import { ConfigError } from '../errors.ts'
import type { BackendChoice } from './backends/definition.ts'
import { parseBackend } from './backends/parse.ts'
import { NO_DSN, type Place, placeOfDsn, resolvePlaces } from './backends/places.ts'
import { type Site, siteOfDsn } from './backends/site.ts'
import { createDestination } from './create-destination.ts'
import { type Destination, type OtlpProtocol, SIGNALS, type Signal } from './destination.ts'
import { CLOUD_SITE_URL, type Dsn, parseDsn } from './dsn.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'
import { readOtlpSettings } from './otlp-settings.ts'
import type { FindLocalViewer, ResolvedDestinations } from './resolved-destinations.ts'

const UPPER = { traces: 'TRACES', metrics: 'METRICS', logs: 'LOGS' } as const

export function resolveDestinations(
  options: ConfigureOptions,
  env: EnvironmentReader,
  findLocalViewer: FindLocalViewer,
): ResolvedDestinations {
  const context = { options, env, findLocalViewer }
  // set by `uptrace-node dev`: while developing nothing goes to the back end that code names
  const dev = env.text('UPTRACE_DEV_DSN')
  const fromCode = [options.dsn ?? []].flat().filter((dsn) => dsn.trim() !== '')
  if (dev !== undefined) {
    // but a test suite under `check` that receives its own telemetry gets it all the same
    const own = env.flag('UPTRACE_DEV_CHECK') ? fromCode.filter(isOnThisMachine) : []
    const places = [{ dsn: dev }, ...own.map(placeOfDsn)]
    return resolvePlaces(places, { ...context, isNamed: true, ownProtocol: 'http/protobuf' })
  }
  if (options.backend !== undefined)
    return resolvePlaces(placesOf([options.backend].flat()), { ...context, isNamed: true })
  if (fromCode.length > 0) return resolvePlaces(fromCode.map(placeOfDsn), { ...context, isNamed: true })
  if (options.endpoint !== undefined) return fromEndpoints(options.endpoint, true)
  const named = placesOfEnvironment(env)
  if (named.length > 0) return resolvePlaces(named, { ...context, isNamed: true })
  const fromEnv = env.text('UPTRACE_DSN')
  if (fromEnv !== undefined) return resolvePlaces([placeOfDsn(fromEnv)], { ...context, isNamed: false })
  return fromEndpoints(undefined, false)

  function fromEndpoints(endpoint: string | undefined, isNamed: boolean): ResolvedDestinations {
    const settings = readOtlpSettings(options, env)
    const destinations: Destination[] = []
    for (const signal of SIGNALS) {
      const protocol = settings.protocol(signal)
      const address = endpointUrl(signal, protocol, endpoint)
      const headers = settings.headers(signal)
      if (address !== undefined)
        destinations.push(createDestination({ signal, address, protocol, headers, ...settings.others(signal) }))
    }
    return { dsns: [], destinations, isNamed, problem: destinations.length > 0 ? undefined : NO_DSN }

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
  }
}

function placesOf(choices: readonly BackendChoice[]): Place[] {
  return choices.map((choice) => ({ backend: typeof choice === 'string' ? parseBackend(choice) : choice }))
}

/** Of several names those that nobody has are told and left out. */
function placesOfEnvironment(env: EnvironmentReader): Place[] {
  return (env.list('UPTRACE_BACKEND') ?? []).flatMap((text) => {
    try {
      return placesOf([text])
    } catch (error) {
      const reason = error instanceof ConfigError ? error.message : 'it cannot be read'
      env.warn('UPTRACE_BACKEND', `UPTRACE_BACKEND: ${reason}; it is ignored`)
      return []
    }
  })
}

/** Of a back end that was named as an OTLP endpoint: Uptrace is known by its DSN in the headers, or by its host. */
export function siteOfEndpoint({ url, headers }: Destination): Site | undefined {
  const dsn = Object.entries(headers).find(([name]) => name.toLowerCase() === 'uptrace-dsn')?.[1]
  const parsed = dsn === undefined ? undefined : tryParse(dsn)
  if (parsed) return siteOfDsn(parsed.siteUrl)
  return new URL(url).hostname === 'api.uptrace.dev' ? siteOfDsn(CLOUD_SITE_URL) : undefined
}

function tryParse(dsn: string): Dsn | undefined {
  try {
    return parseDsn(dsn)
  } catch {
    return undefined
  }
}

function isOnThisMachine(dsn: string): boolean {
  return /^http:\/\/[^@/]*@(localhost|127\.0\.0\.1|\[::1\]):\d+\/?$/.test(dsn.trim())
}
