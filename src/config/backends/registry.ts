/** All back ends that have a name: those of the table, and those that others have registered. */
import { ConfigError } from '../../errors.ts'
import { parseHttpUrl } from '../http-url.ts'
import { headers } from '../member-rules.ts'
import { eitherOf, having, isText, listOf, mapOf, oneOf, type Rule, rule, shape, text } from '../rules.ts'
import { VARIABLES } from '../variables.ts'
import type { BackendDefinition } from './definition.ts'
import { BACKENDS, type BackendRow } from './table.ts'

const registered = new Map<string, BackendDefinition>()
/** A name is the scheme of a DSN as well. */
const NAME = /^[a-z][a-z0-9.-]{0,63}$/

/**
 * Gives a back end of your own a name, by which the `backend` option, `UPTRACE_BACKEND` and a DSN like `<name>://host` choose it. Call it before
 * `configureOpentelemetry`; with `--import uptrace-node/register` do so in a file that is imported before. A name that is taken by an earlier call
 * is replaced.
 * @throws {ConfigError} `ERR_OPTION_TYPE` when the name is one of the table, or no name; when the definition has a member of a wrong type,
 * `ERR_OPTION_UNKNOWN` when it has an unknown one
 * @see https://opentelemetry.io/docs/specs/otlp/
 * @example
 * registerBackend('honeycomb', {
 *   endpoint: 'https://api.honeycomb.io',
 *   headers: () => ({ 'x-honeycomb-team': process.env.HONEYCOMB_API_KEY ?? '' }),
 * })
 * configureOpentelemetry({ backend: 'honeycomb' })
 */
export function registerBackend(name: string, definition: BackendDefinition): void {
  if (!isText(name) || !NAME.test(name) || ['http', 'https'].includes(name) || Object.hasOwn(BACKENDS, name)) {
    throw new ConfigError(
      'ERR_OPTION_TYPE',
      `The name of a back end must be made of small letters, digits, dots and dashes, and none of ${Object.keys(BACKENDS).join(', ')}`,
      { option: 'registerBackend.name' },
    )
  }
  createDefinitionRule()(definition, { option: 'registerBackend', path: 'definition' })
  registered.set(name, Object.freeze({ ...definition }))
}

export function findBackend(name: string): BackendRow | undefined {
  return Object.hasOwn(BACKENDS, name) ? BACKENDS[name as keyof typeof BACKENDS] : registered.get(name)
}

export const backendNames = (): string[] => [...Object.keys(BACKENDS), ...registered.keys()]

function createDefinitionRule(): Rule {
  const orFunction =
    (inner: Rule): Rule =>
    (value, at) =>
      typeof value === 'function' ? undefined : inner(value, at)
  return shape({
    endpoint: text,
    protocol: oneOf('http/protobuf', 'http/json', 'grpc', 'zipkin/json'),
    paths: mapOf('an object of paths', text),
    headers: orFunction(headers),
    signals: listOf('a list of signals', oneOf('traces', 'metrics', 'logs')),
    propagators: listOf('a list of propagators', oneOf(...VARIABLES.OTEL_PROPAGATORS.values)),
    idGenerator: eitherOf(
      "an id generator or 'xray'",
      oneOf('xray'),
      isText,
      having('an id generator', 'generateTraceId', 'generateSpanId'),
    ),
    siteUrl: orFunction(rule('an http or https URL', (value) => isText(value) && parseHttpUrl(value) !== undefined)),
    traceUrl: text,
    awsService: text,
  })
}
