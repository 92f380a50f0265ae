/** Makes destinations of a back end that takes requests at an endpoint: OTLP by any protocol, or Zipkin's JSON. */
import { messageOf } from '../../errors.ts'
import { resolveOptional } from '../../lazy.ts'
import { log } from '../../log.ts'
import { createDestination } from '../create-destination.ts'
import { type AwsSigning, type Destination, type OtlpProtocol, SIGNALS, type Signal } from '../destination.ts'
import type { EnvironmentReader } from '../environment.ts'
import { findWrongHeader } from '../headers.ts'
import { parseHttpUrl } from '../http-url.ts'
import type { ConfigureOptions } from '../options.ts'
import { readOtlpSettings } from '../otlp-settings.ts'
import { isObject } from '../rules.ts'
import { withoutUndefined } from '../without-undefined.ts'
import type { BackendOptions } from './definition.ts'
import { type Site, siteOfBackend } from './site.ts'
import { type BackendRow, regionOfHost } from './table.ts'

const DEFAULT_ENDPOINT = 'http://localhost:4318'
const SIGNER = '@smithy/signature-v4'
const REGION = /^[a-z0-9-]+$/i
const CREDENTIALS = '@aws-sdk/credential-provider-node'

export interface EndpointContext {
  readonly options: ConfigureOptions
  readonly env: EnvironmentReader
  /** Whether the options and variables for all back ends mean this one: it is the only one with an endpoint. */
  readonly isAlone: boolean
}

export type EndpointBackend =
  | { readonly destinations: readonly Destination[]; readonly site: Site }
  | { readonly problem: string }

export function createEndpointBackend(
  chosen: BackendOptions,
  row: BackendRow,
  { options, env, isAlone }: EndpointContext,
): EndpointBackend {
  const isZipkin = row.protocol === 'zipkin/json'
  // what one back end may see is no business of the others
  const headers = chosen.headers ?? (isAlone ? options.headers : {})
  const settings = readOtlpSettings({ ...sharedBy(options), ...sharedBy(chosen), ...(headers && { headers }) }, env)
  const { name } = chosen
  const signals = SIGNALS.filter((signal) => row.signals?.includes(signal) ?? true)
  const region = chosen.region || (hostRegion() ?? env.text('AWS_REGION') ?? env.text('AWS_DEFAULT_REGION'))
  const needsRegion = row.awsService !== undefined || row.endpoint?.includes('{region}')
  // it becomes a part of a host, to which credentials may be sent
  if (needsRegion && !REGION.test(region ?? ''))
    return { problem: `the back end ${name} needs a region such as eu-west-1 (set its region option or AWS_REGION)` }
  const signing = row.awsService === undefined ? undefined : findSigner(row.awsService, region!)
  if (signing === null)
    return {
      problem: `the back end ${name} signs its requests by packages that are not installed (npm install ${SIGNER} ${CREDENTIALS})`,
    }
  const own = headersOf(row)
  const wrong = findWrongHeader(own)
  if (wrong) return { problem: `a header of the back end ${name} can't be sent: ${wrong.problem}` }
  const destinations = signals.flatMap((signal) => {
    const protocol = row.protocol ?? settings.protocol(signal)
    const address = addressOf(signal, row.protocol === undefined ? (protocol as OtlpProtocol) : undefined)
    if (address === undefined) return []
    const headers = {
      ...own,
      ...(isZipkin ? (chosen.headers ?? (isAlone ? options.headers : undefined)) : settings.headers(signal)),
    }
    const others = settings.others(signal)
    const timeoutMillis = isZipkin
      ? (chosen.timeoutMillis ?? options.timeoutMillis ?? env.number('OTEL_EXPORTER_ZIPKIN_TIMEOUT'))
      : others.timeoutMillis
    return [
      createDestination({ signal, address, protocol, headers, ...others, timeoutMillis, ...(signing && { signing }) }),
    ]
  })
  if (destinations.length === 0) return { problem: `the address of the back end ${name} is not an http or https URL` }
  return {
    destinations,
    site: siteOfBackend(row, chosen.siteUrl ?? ownSite(new URL(destinations[0]!.url)), {
      region,
      datasource: chosen.datasource,
    }),
  }

  function addressOf(signal: Signal, protocol: OtlpProtocol | undefined): URL | undefined {
    const named = chosen.endpoint ?? (isAlone ? options.endpoint : undefined)
    if (named !== undefined) return withPath(named, signal, protocol)
    const fromEnv = isZipkin ? zipkinUrl() : isAlone ? settings.ownUrl(signal, protocol ?? 'http/protobuf') : undefined
    if (fromEnv !== undefined) return fromEnv
    const general = isAlone && !isZipkin ? settings.generalUrl(signal, protocol ?? 'http/protobuf') : undefined
    const byDefault = (row.endpoint ?? DEFAULT_ENDPOINT).replaceAll('{region}', region ?? '')
    const base = protocol === 'grpc' ? byDefault.replace(/:4318$/, ':4317') : byDefault
    return withPath(general?.href ?? withPartition(base), signal, protocol)
  }

  function withPath(base: string, signal: Signal, protocol: OtlpProtocol | undefined): URL | undefined {
    const url = parseHttpUrl(base)
    if (url === undefined || protocol === 'grpc') return url
    const path = row.paths?.[signal] ?? `/v1/${signal}`
    const prefix = url.pathname.replace(/\/+$/, '')
    // an endpoint of its own kind may be anywhere; OTLP's base may have a prefix
    if (prefix === '' || (row.paths === undefined && !prefix.endsWith(path))) url.pathname = prefix + path
    return url
  }

  function zipkinUrl(): URL | undefined {
    const text = env.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT')
    if (text === undefined) return undefined
    const url = parseHttpUrl(text)
    if (url === undefined)
      env.warn(
        'OTEL_EXPORTER_ZIPKIN_ENDPOINT',
        'OTEL_EXPORTER_ZIPKIN_ENDPOINT is not an http or https URL; it is ignored',
      )
    return url
  }

  function hostRegion(): string | undefined {
    const named = chosen.endpoint ?? (isAlone ? options.endpoint : undefined)
    return named !== undefined && URL.canParse(named) ? regionOfHost(new URL(named).hostname) : undefined
  }

  /** A function of the application's that knows no address costs trace URLs, and nothing else. */
  function ownSite(endpoint: URL): string | undefined {
    if (typeof row.siteUrl !== 'function') return row.siteUrl
    try {
      const site = atOnce(row.siteUrl(endpoint))
      if (site === undefined || (typeof site === 'string' && parseHttpUrl(site))) return site
      log.warn(`siteUrl of the back end ${name} gives no http or https URL; there are no trace URLs`)
    } catch (error) {
      log.warn(`siteUrl of the back end ${name} cannot be read: ${messageOf(error)}; there are no trace URLs`)
    }
    return undefined
  }
}

/** @throws where the application's function gives no object of texts; its values are not repeated */
function headersOf({ headers }: BackendRow): Readonly<Record<string, string>> {
  if (typeof headers !== 'function') return headers ?? {}
  const given: unknown = atOnce(headers())
  if (!isObject(given)) throw new TypeError('its headers are no object')
  const own = withoutUndefined(given)
  const wrong = Object.keys(own).find((key) => typeof own[key] !== 'string')
  if (wrong !== undefined) throw new TypeError(`its header ${wrong} is no text`)
  return own as Record<string, string>
}

/** Telemetry is configured without a turn of the loop. @throws for a promise, whose rejection is nobody's then */
function atOnce<Value>(value: Value): Value {
  const { then } = Object(value) as { then?: unknown }
  if (typeof then !== 'function') return value
  then.call(value, undefined, () => {})
  throw new TypeError('a promise was given, where the value itself is needed')
}

/** In China the hosts of AWS have another ending. */
const withPartition = (url: string): string => url.replace(/(\.cn-[a-z]+-\d+\.amazonaws\.com)$/, '$1.cn')

/** What is said of the connection, for all back ends or for one. */
export const sharedBy = (given: ConfigureOptions | BackendOptions): Partial<ConfigureOptions> =>
  withoutUndefined({
    protocol: given.protocol as ConfigureOptions['protocol'],
    compression: given.compression,
    timeoutMillis: given.timeoutMillis,
    tls: given.tls,
  })

/** Null where the packages are missing. */
function findSigner(service: string, region: string): AwsSigning | null {
  const signerFile = resolveOptional(SIGNER)
  const credentialsFile = resolveOptional(CREDENTIALS)
  return signerFile && credentialsFile ? { service, region, signerFile, credentialsFile } : null
}
