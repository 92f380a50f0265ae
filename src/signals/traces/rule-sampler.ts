/** Samples traces by rules on route, name and attributes of their first span. */
import { type Attributes, type AttributeValue, type Context, type Link, SpanKind } from '@opentelemetry/api'
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace'
import type { SamplingRule } from '../../config/sampling-rules.ts'
import { compilePattern, compileRoute } from './pattern.ts'

type Matches = (name: string, kind: SpanKind, attributes: Attributes) => boolean

/** The first rule that matches decides; `otherwise` where none does. For roots: what has a parent should follow it. */
export function createRuleSampler(
  rules: readonly SamplingRule[],
  createRatioSampler: (ratio: number) => Sampler,
  otherwise: Sampler,
): Sampler {
  const compiled = rules.map((rule) => ({ matches: compileRule(rule), sampler: createRatioSampler(rule.ratio) }))
  return {
    shouldSample(
      context: Context,
      traceId: string,
      name: string,
      kind: SpanKind,
      attributes: Attributes,
      links: Link[],
    ): SamplingResult {
      const rule = compiled.find(({ matches }) => matches(name, kind, attributes))
      return (rule?.sampler ?? otherwise).shouldSample(context, traceId, name, kind, attributes, links)
    },
    toString: () => `Rules{${rules.length}, otherwise=${otherwise.toString()}}`,
  }
}

function compileRule({ route, name, attributes }: SamplingRule): Matches {
  const conditions: Matches[] = []
  if (route !== undefined) conditions.push(compileRouteCondition(route))
  if (name !== undefined) conditions.push(compileNameCondition(name))
  for (const [key, expected] of Object.entries(attributes ?? {})) {
    const isExpected = compileValue(expected)
    conditions.push((_name, _kind, given) => isExpected(given[key]))
  }
  return (...span) => conditions.every((matches) => matches(...span))
}

/** When a request comes in its route is rarely known: then the path counts. */
function compileRouteCondition(route: string | RegExp): Matches {
  const matches = compileRoute(route)
  return (_name, kind, attributes) => {
    if (kind !== SpanKind.SERVER) return false
    const known = attributes['http.route']
    if (typeof known === 'string' && (known === route || matches(known))) return true
    const path = pathOf(attributes)
    return path !== undefined && matches(path)
  }
}

/** A span of a request is still named by its method alone: method and path are what it will mostly be called. */
function compileNameCondition(name: string | RegExp): Matches {
  const matches = compilePattern(name)
  return (given, kind, attributes) => {
    if (matches(given)) return true
    const path = kind === SpanKind.SERVER ? pathOf(attributes) : undefined
    return path !== undefined && matches(`${String(attributes['http.request.method'] ?? given)} ${path}`)
  }
}

function compileValue(expected: string | number | boolean | RegExp): (value: AttributeValue | undefined) => boolean {
  if (typeof expected === 'number' || typeof expected === 'boolean') return (value) => value === expected
  const matches = compilePattern(expected)
  return (value) => (Array.isArray(value) ? value : [value]).some((item) => typeof item === 'string' && matches(item))
}

function pathOf(attributes: Attributes): string | undefined {
  const path = attributes['url.path']
  return typeof path === 'string' ? path : undefined
}
