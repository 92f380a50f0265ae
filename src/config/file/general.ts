/** What a configuration file says beside the providers: resource, propagators, instrumentations, and our own keys. */

import type { Attributes } from '@opentelemetry/api'
import { mergePropagatorCompositeConfig, mergeResourceAttributesConfig } from '@opentelemetry/configuration'
import type { ConfigureOptions } from '../options.ts'
import { VARIABLES } from '../variables.ts'
import { type Draft, type Model, onlyMember, unsupported } from './model.ts'

type Settings = Record<string, unknown>

/** Names of detectors in the file -> ours. */
const DETECTORS: Record<string, string> = {
  container: 'container',
  host: 'host,os',
  process: 'process',
  service: 'serviceinstance',
}

export function addGeneral(draft: Draft, model: Model): void {
  if (model.disabled) draft.options.disabled = true
  if (model.log_level) draft.options.logLevel = toLogLevel(model.log_level)
  addResource(draft, model.resource)
  addPropagators(draft, model.propagator)
  addInstrumentations(draft, model['instrumentation/development'])
}

export function toLogLevel(severity: string): NonNullable<ConfigureOptions['logLevel']> {
  const base = severity.replace(/\d$/, '')
  return base === 'trace' ? 'debug' : base === 'fatal' ? 'error' : (base as 'debug')
}

function addResource(draft: Draft, resource: Model['resource']): void {
  const attributes = mergeResourceAttributesConfig(resource?.attributes, resource?.attributes_list) ?? []
  draft.options.resourceAttributes = Object.fromEntries(
    attributes.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]),
  ) as Attributes
  const detection = resource?.['detection/development']
  const names = (detection?.detectors ?? []).map((detector) => {
    const [name] = onlyMember('a resource detector', detector as Settings)
    const ours = DETECTORS[name] ?? VARIABLES.OTEL_NODE_RESOURCE_DETECTORS.values.find((known) => known === name)
    return ours ?? unsupported('the resource detector', name, Object.keys(DETECTORS))
  })
  draft.environment.OTEL_NODE_RESOURCE_DETECTORS = names.join() || 'none'
  if (detection?.attributes) draft.warnings.push('resource.detection/development.attributes')
}

function addPropagators(draft: Draft, propagator: Model['propagator']): void {
  const known: readonly string[] = VARIABLES.OTEL_PROPAGATORS.values
  const names = (mergePropagatorCompositeConfig(propagator?.composite, propagator?.composite_list) ?? []).map(
    (entry) => onlyMember('a propagator', entry as Settings)[0],
  )
  const wrong = names.find((name) => !known.includes(name))
  if (wrong !== undefined) unsupported('the propagator', wrong, known)
  draft.environment.OTEL_PROPAGATORS = names.join() || 'none'
}

/** Settings of an instrumentation of JavaScript are its own configuration; `enabled: false` turns it off. */
function addInstrumentations(draft: Draft, model: Model['instrumentation/development']): void {
  const settings: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(model?.js ?? {})) {
    const { enabled, ...own } = (value ?? {}) as Settings
    settings[name.replaceAll('_', '-')] = enabled === false ? false : Object.keys(own).length > 0 ? own : true
  }
  const http = model?.general?.http
  const methods = http?.server?.known_methods ?? http?.client?.known_methods
  if (methods) draft.environment.OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS = methods.join()
  const captured = toCapturedHeaders(http)
  if (captured && settings['http'] !== false)
    settings['http'] = { headersToSpanAttributes: captured, ...(settings['http'] as object | undefined) }
  if (Object.keys(settings).length > 0)
    draft.options.instrumentations = settings as NonNullable<ConfigureOptions['instrumentations']>
  for (const key of Object.keys(model?.general ?? {}).filter((key) => key !== 'http'))
    draft.warnings.push(`instrumentation/development.general.${key}`)
}

type Http = NonNullable<NonNullable<Model['instrumentation/development']>['general']>['http']

function toCapturedHeaders(http: Http): Settings | undefined {
  const side = (name: 'client' | 'server'): Settings => {
    const { request_captured_headers: requestHeaders, response_captured_headers: responseHeaders } = http?.[name] ?? {}
    const headers = { ...(requestHeaders && { requestHeaders }), ...(responseHeaders && { responseHeaders }) }
    return Object.keys(headers).length > 0 ? { [name]: headers } : {}
  }
  const sides = { ...side('client'), ...side('server') }
  return Object.keys(sides).length > 0 ? sides : undefined
}

/** Options of ours under `uptrace`, or `distribution.uptrace`, in the spelling of the file: `site_url` is `siteUrl`. */
export function readOwnOptions(model: Model): Settings {
  const own = {
    ...(model.distribution?.['uptrace'] as Settings | undefined),
    ...(model['uptrace'] as Settings | undefined),
  }
  return toCamelCase(own) as Settings
}

/** Names of attributes, headers and libraries are left as they are. */
const VERBATIM = new Set(['headers', 'resource_attributes', 'attributes', 'instrumentations'])

function toCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamelCase)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, content]) => content !== null)
      .map(([key, content]) => [
        key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
        VERBATIM.has(key) ? content : toCamelCase(content),
      ]),
  )
}
