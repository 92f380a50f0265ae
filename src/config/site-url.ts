/** Finds out where traces can be looked at; an address where they never arrive is worse than none. */
import { templateOf } from './backends/site.ts'
import type { Config } from './config.ts'
import { siteOfEndpoint } from './destinations.ts'
import type { EnvironmentReader } from './environment.ts'
import type { ConfigureOptions } from './options.ts'
import type { ResolvedDestinations } from './resolved-destinations.ts'

/** A base, or an address with `{traceId}` and `{spanId}` in it; empty when nobody knows where traces are shown. */
export function resolveSiteUrl(
  options: ConfigureOptions,
  env: EnvironmentReader,
  { destinations, disabledReason }: Pick<Config, 'destinations' | 'disabledReason'>,
  resolved: ResolvedDestinations,
): string {
  if (disabledReason !== undefined) return ''
  const sites = resolved.sites ?? []
  const named = options.siteUrl ?? readSiteUrl(env)
  if (named !== undefined) return (sites.find(({ isShaped }) => isShaped)?.toTemplate ?? templateOf)(named)
  const destination = destinations.find(({ signal }) => signal === 'traces')
  if (destination === undefined) return ''
  const isThere = resolved.destinations.some((one) => one.signal === 'traces' && destinations.includes(one))
  const site = (isThere ? sites.find(({ base }) => base !== undefined) : undefined) ?? siteOfEndpoint(destination)
  return site?.base === undefined ? '' : site.toTemplate(site.base)
}

function readSiteUrl(env: EnvironmentReader): string | undefined {
  const url = env.text('UPTRACE_SITE_URL')
  if (url === undefined || (/^https?:\/\//i.test(url) && URL.canParse(url))) return url
  env.warn('UPTRACE_SITE_URL', 'UPTRACE_SITE_URL is not an http or https URL; it is ignored')
  return undefined
}
