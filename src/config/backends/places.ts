/** Turns chosen back ends, and DSNs among them, into destinations and the other ways out. One that cannot be used is left out, with a line. */
import { ConfigError, messageOf } from '../../errors.ts'
import { log } from '../../log.ts'
import { hostOf } from '../../url-host.ts'
import { createDestination } from '../create-destination.ts'
import { type Destination, type OtlpProtocol, SIGNALS } from '../destination.ts'
import { type Dsn, maskDsn, parseDsn } from '../dsn.ts'
import type { EnvironmentReader } from '../environment.ts'
import type { ConfigureOptions } from '../options.ts'
import { readOtlpSettings } from '../otlp-settings.ts'
import type { FindLocalViewer, ResolvedDestinations } from '../resolved-destinations.ts'
import type { BackendOptions } from './definition.ts'
import { createEndpointBackend, type EndpointBackend } from './endpoint.ts'
import { isBackendAddress, parseBackend, unknownBackend } from './parse.ts'
import { findBackend } from './registry.ts'
import { type Site, siteOfDsn } from './site.ts'
import type { BackendRow } from './table.ts'

/** One place that telemetry goes to: a DSN, or a back end of the table. */
export type Place = { readonly dsn: string; readonly problem?: string } | { readonly backend: BackendOptions }

interface PlacesContext {
  readonly options: ConfigureOptions
  readonly env: EnvironmentReader
  readonly findLocalViewer: FindLocalViewer
  /** Whether code or `UPTRACE_BACKEND` names the places, which `OTEL_*_EXPORTER` then does not choose among. */
  readonly isNamed: boolean
  /** Set for `uptrace-node dev`, whose viewer takes this protocol. */
  readonly ownProtocol?: OtlpProtocol
}

/** What stands for the local viewer in place of a DSN. */
const LOCAL = 'local'
export const NO_DSN =
  'no DSN (set the dsn option or UPTRACE_DSN to https://<token>@host, or OTEL_EXPORTER_OTLP_ENDPOINT)'

/** `jaeger://host` instead of a DSN. */
export function placeOfDsn(dsn: string): Place {
  try {
    return isBackendAddress(dsn) ? { backend: parseBackend(dsn) } : { dsn }
  } catch (error) {
    return { dsn, problem: messageOf(error) }
  }
}

export function resolvePlaces(places: readonly Place[], context: PlacesContext): ResolvedDestinations {
  const { options, env, findLocalViewer, isNamed, ownProtocol } = context
  const settings = readOtlpSettings(options, env)
  const dsns: Dsn[] = []
  const destinations: Destination[] = []
  const sites: Site[] = []
  const rows: BackendRow[] = []
  const problems: string[] = []
  let localViewer: Dsn | undefined
  let isPrinted = false
  let scrape: ResolvedDestinations['scrape']
  const endpoints = places.filter((place) => {
    const row = 'backend' in place ? findBackend(place.backend.name) : undefined
    return row !== undefined && row.sink === undefined
  })
  for (const place of places) {
    if ('dsn' in place) {
      const problem = place.problem ?? addDsn(place.dsn)
      // of DSNs the first one is the back end, and nothing is sent to the others alone
      if (problem !== undefined && place === places[0]) return nowhere(problem)
      if (problem !== undefined) problems.push(problem)
    } else addBackend(place.backend)
  }
  const isNowhere = destinations.length === 0 && !isPrinted && scrape === undefined
  if (isNowhere) return nowhere(problems[0])
  for (const problem of problems) log.warn(`${problem}; this one is left out`)
  return {
    dsns,
    destinations: withoutRepeats(destinations),
    isNamed,
    localViewer,
    sites,
    isPrinted,
    scrape,
    ...defaultsOf(rows),
    problem: undefined,
  }

  function addBackend(chosen: BackendOptions): void {
    const row = findBackend(chosen.name)
    // a name of code was checked, but for one that a configuration file gives
    if (row === undefined) {
      problems.push(unknownBackend(chosen.name, 'a back end').message)
      return
    }
    rows.push(row)
    if (row.sink === 'dsn') for (const dsn of dsnsOf(chosen)) push(addDsn(dsn))
    else if (row.sink === 'local') push(addDsn(LOCAL))
    else if (row.sink === 'stdout') isPrinted = true
    else if (row.sink === 'scrape' && scrape === undefined) scrape = readScrape(chosen)
    else if (row.sink === 'scrape') problems.push(`the back end ${chosen.name} is served at one address`)
    else addEndpoint(chosen, row)
  }

  function addEndpoint(chosen: BackendOptions, row: BackendRow): void {
    const made = orProblem(chosen.name, () =>
      createEndpointBackend(chosen, row, { options, env, isAlone: endpoints.length === 1 }),
    )
    if ('problem' in made) problems.push(made.problem)
    else {
      destinations.push(...made.destinations)
      if (made.destinations.some(({ signal }) => signal === 'traces')) sites.push(made.site)
    }
  }

  function dsnsOf({ dsn }: BackendOptions): readonly string[] {
    const own = [dsn ?? options.dsn ?? env.text('UPTRACE_DSN') ?? []].flat().filter((text) => text.trim() !== '')
    if (own.length === 0) problems.push(NO_DSN)
    return own
  }

  /** @returns what is wrong with it */
  function addDsn(text: string): string | undefined {
    try {
      const isLocal = text.trim() === LOCAL
      const dsn = isLocal ? localDsn() : parseDsn(text)
      if (isLocal) localViewer = dsn
      dsns.push(dsn)
      sites.push(siteOfDsn(dsn.siteUrl))
      if (ownProtocol !== undefined) localViewer = dsns[0]
      for (const signal of SIGNALS) {
        const protocol = ownProtocol ?? (isLocal ? 'http/protobuf' : settings.protocol(signal))
        const address = new URL(protocol === 'grpc' ? dsn.otlpGrpcEndpoint : `${dsn.otlpHttpEndpoint}/v1/${signal}`)
        const headers = { ...options.headers, 'uptrace-dsn': dsn.original }
        destinations.push(createDestination({ signal, address, protocol, headers, ...settings.others(signal) }))
      }
      return undefined
    } catch (error) {
      return error instanceof ConfigError ? error.message : `DSN "${maskDsn(text)}" can't be parsed`
    }
  }

  function push(problem: string | undefined): void {
    if (problem !== undefined) problems.push(problem)
  }

  function localDsn(): Dsn {
    const found = findLocalViewer()
    if ('refused' in found) throw new ConfigError('ERR_DSN_LOCAL', `DSN "${LOCAL}": ${found.refused}`)
    return parseDsn(found.dsn)
  }

  function nowhere(problem: string | undefined): ResolvedDestinations {
    return { dsns: [], destinations: [], isNamed, problem }
  }
}

/** A place that is named twice would have everything twice. */
function withoutRepeats(destinations: readonly Destination[]): Destination[] {
  const places = new Set<string>()
  const repeated = new Set<string>()
  const kept = destinations.filter(({ signal, protocol, url, headers, label }) => {
    const place = JSON.stringify([signal, protocol, url, headers])
    if (places.has(place)) repeated.add(label)
    return places.size < places.add(place).size
  })
  for (const label of repeated) log.warn(`${label} is named as a back end twice; it is used once`)
  return kept
}

/** A definition may hold functions of the application's. */
function orProblem(name: string, create: () => EndpointBackend): EndpointBackend {
  try {
    return create()
  } catch (error) {
    return {
      problem: `the back end ${name} cannot be set up: ${messageOf(error)}`,
    }
  }
}

/** Where metrics can be fetched: `http://localhost:9464` in the table is what the exporter does by itself. */
function readScrape({ endpoint }: BackendOptions): ResolvedDestinations['scrape'] {
  if (endpoint === undefined) return {}
  const url = new URL(endpoint)
  return { host: hostOf(url), ...(url.port !== '' && { port: Number(url.port) }) }
}

/** The first back end that has a say decides. */
function defaultsOf(rows: readonly BackendRow[]): Pick<ResolvedDestinations, 'propagators' | 'idGenerator'> {
  return {
    propagators: rows.find((row) => row.propagators !== undefined)?.propagators,
    idGenerator: rows.find((row) => row.idGenerator !== undefined)?.idGenerator,
  }
}
