/** Rules by which traces are sampled: their shape, and whether a value has it. */

/** One rule. All its conditions have to be met by the first span of a trace; `*` in a text stands for any characters. */
export interface SamplingRule {
  /** The route of an incoming request, or its path while the route is not known: `/health`, `/users/:id`, `/assets/*`. */
  readonly route?: string | RegExp
  /** The name of the span, or method and path of an incoming request: `GET /x*`. */
  readonly name?: string | RegExp
  /** Attributes the span starts with. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | RegExp>>
  /** The share of these traces that is recorded, from 0 to 1. */
  readonly ratio: number
}

/** What a list of rules has to be. */
export const SAMPLING_RULES = 'a list of rules { route?, name?, attributes?, ratio }, each with a ratio from 0 to 1'

const CONDITIONS: Record<string, (value: unknown) => boolean> = {
  route: isPattern,
  name: isPattern,
  attributes: (value) =>
    isObject(value) && Object.values(value).every((item) => isPattern(item) || isNumberOrBoolean(item)),
}

export function isSamplingRule(rule: unknown): boolean {
  if (!isObject(rule)) return false
  const { ratio, ...conditions } = rule
  return (
    typeof ratio === 'number' &&
    ratio >= 0 &&
    ratio <= 1 &&
    Object.entries(conditions).every(([name, value]) => value === undefined || CONDITIONS[name]?.(value) === true)
  )
}

function isPattern(value: unknown): boolean {
  return typeof value === 'string' || value instanceof RegExp
}

function isNumberOrBoolean(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
