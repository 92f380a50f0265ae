/** Finds out where traces can be looked at; an address where they never arrive is worse than none. */
import type { Config } from './config.ts'
import type { Destination } from './destination.ts'
import { CLOUD_SITE_URL, type Dsn, parseDsn } from './dsn.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'

const JAEGER_UI_PORT = '16686'

/** A base, or an address with `{traceId}` and `{spanId}` in it; empty when nobody knows where traces are shown. */
export function resolveSiteUrl(
  options: ConfigureOptions,
  env: EnvironmentReader,
  { dsns, destinations, disabledReason }: Pick<Config, 'dsns' | 'destinations' | 'disabledReason'>,
): string {
  if (disabledReason !== undefined) return ''
  const named = options.siteUrl ?? readSiteUrl(env)
  if (named !== undefined) return asTemplate(named)
  const destination = destinations.find(({ signal }) => signal === 'traces')
  if (destination === undefined) return ''
  return dsns[0]?.siteUrl ?? siteOf(destination)
}

function readSiteUrl(env: EnvironmentReader): string | undefined {
  const url = env.text('UPTRACE_SITE_URL')
  if (url === undefined || (/^https?:\/\//i.test(url) && URL.canParse(url))) return url
  env.warn('UPTRACE_SITE_URL', 'UPTRACE_SITE_URL is not an http or https URL; it is ignored')
  return undefined
}

/** The web interface of Jaeger has addresses of its own shape. What is printed has no user and no password. */
function asTemplate(url: string): string {
  const base = url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1').replace(/\/+$/, '')
  const isJaeger = !base.includes('{traceId}') && new URL(base).port === JAEGER_UI_PORT
  return isJaeger ? `${base}/trace/{traceId}?uiFind={spanId}` : base
}

/** Of a back end that was named as an OTLP endpoint: Uptrace is known by its DSN in the headers, or by its host. */
function siteOf({ url, headers }: Destination): string {
  const dsn = Object.entries(headers).find(([name]) => name.toLowerCase() === 'uptrace-dsn')?.[1]
  const parsed = dsn === undefined ? undefined : tryParse(dsn)
  if (parsed) return parsed.siteUrl
  return new URL(url).hostname === 'api.uptrace.dev' ? CLOUD_SITE_URL : ''
}

function tryParse(dsn: string): Dsn | undefined {
  try {
    return parseDsn(dsn)
  } catch {
    return undefined
  }
}
