/** The curated defaults: what is off, and how the rest differs from upstream. */
import type { IncomingMessage } from 'node:http'
import { type Environment, readEnvironment } from '../config/environment.ts'
import type { LogCorrelationOptions } from '../config/options.ts'
import { log } from '../log.ts'
import type { DurationMetrics } from '../signals/metrics/duration-metrics.ts'
import { fetchPhaseHooks, httpPhaseHooks } from './http/connection-phases.ts'
import { createResponseHook, type ResponseHeader } from './http/response-headers.ts'
import { loggerConfig, readPinoConfig } from './log-keys.ts'
import { serializeCommand } from './mongodb/serialize-command.ts'
import type { InstrumentationName, InstrumentationSettings } from './options.ts'
import { nameByQuery } from './sql/name-spans.ts'
import { INSTRUMENTATIONS } from './targets.ts'

/** Spans for every file, socket and name lookup drown the rest; `router` repeats what express says; the last two need their own setup. */
const OFF_BY_DEFAULT: ReadonlySet<string> = new Set([
  'fs',
  'net',
  'dns',
  'router',
  'connect',
  'host-metrics',
  'cucumber',
])

const CAPTURE_CONTENT = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'

const PROBE_PATHS: ReadonlyArray<string | RegExp> = [
  '/health',
  '/healthz',
  '/livez',
  '/readyz',
  '/metrics',
  '/favicon.ico',
]

export interface DefaultsOptions {
  readonly ignoreUrls: ReadonlyArray<string | RegExp> | undefined
  readonly responseHeaders: readonly ResponseHeader[]
  readonly sqlComments: boolean
  readonly connectionPhases: boolean
  readonly logs?: LogCorrelationOptions | undefined
  readonly durationMetrics?: DurationMetrics | undefined
  readonly env?: Environment
}

type Config = Readonly<Record<string, unknown>>
/** Of wrong names in one variable: more are the sign of a value that is something else. */
const MAX_TOLD_NAMES = 5

type Hook = (...args: unknown[]) => unknown

/** Adds `more` to `config`: its keys win, but request, response and log hooks of both are called, each whatever the other does. */
export function withHooks(config: Config, more: Config): Config {
  const merged: Record<string, unknown> = { ...config, ...more }
  for (const name of ['requestHook', 'responseHook', 'logHook']) {
    const [first, second] = [config[name], more[name]]
    if (typeof first !== 'function' || typeof second !== 'function') continue
    merged[name] = (...args: unknown[]): void => {
      try {
        ;(first as Hook)(...args)
      } finally {
        ;(second as Hook)(...args)
      }
    }
  }
  return merged
}

/** Configuration of each instrumentation that differs from upstream; the user's own wins key by key. */
export function defaultConfig(name: string, options: DefaultsOptions, given: Config = {}): Config {
  switch (name) {
    case 'http': {
      const isIgnored = createUrlMatcher(options.ignoreUrls ?? PROBE_PATHS)
      const hooks: Record<string, unknown> = {
        ignoreIncomingRequestHook: (request: IncomingMessage) => isIgnored(request.url ?? ''),
      }
      if (options.responseHeaders.length > 0)
        hooks['responseHook'] = hooks['onIncomingResponse'] = createResponseHook(options.responseHeaders)
      hooks['durationMetrics'] = options.durationMetrics
      hooks['knownMethods'] = knownMethods(options)
      return options.connectionPhases ? withHooks(hooks, httpPhaseHooks()) : hooks
    }
    case 'http2': {
      const isIgnored = createUrlMatcher(options.ignoreUrls ?? PROBE_PATHS)
      return { ignoreIncomingRequestHook: (request: IncomingMessage) => isIgnored(request.url ?? '') }
    }
    case 'pino':
      return { ...options.logs, ...readPinoConfig(given) }
    case 'winston':
    case 'bunyan':
      return loggerConfig(options.logs)
    case 'undici':
      return {
        durationMetrics: options.durationMetrics,
        knownMethods: knownMethods(options),
        ...(options.connectionPhases && fetchPhaseHooks()),
      }
    case 'express':
      return { ignoreLayersType: ['middleware', 'router'] }
    case 'koa':
      // the route is taken from where the router leaves it
      return { ignoreLayersType: ['middleware', 'router'] }
    case 'graphql':
      return { ignoreTrivialResolveSpans: true, mergeItems: true }
    case 'ioredis':
      return { requireParentSpan: false }
    case 'mongodb':
      return {
        requireParentSpan: false,
        ...(given['enhancedDatabaseReporting'] !== true && { dbStatementSerializer: serializeCommand }),
      }
    case 'pg':
      return {
        durationMetrics: options.durationMetrics,
        requestHook: nameByQuery,
        ...(options.sqlComments && { addSqlCommenterCommentToQueries: true }),
      }
    case 'ai':
    case 'langchain':
      return { captureMessageContent: readEnvironment(options.env ?? {}).flag(CAPTURE_CONTENT) === true }
    case 'better-sqlite3':
    case 'node-sqlite':
    case 'postgres':
      return { durationMetrics: options.durationMetrics }
    case 'mysql2':
      return options.sqlComments ? { addSqlCommenterCommentToQueries: true } : {}
    default:
      return {}
  }
}

function knownMethods({ env = {} }: DefaultsOptions): readonly string[] | undefined {
  return readEnvironment(env).list('OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS')
}

/** Which instrumentations are on: by option, else by environment, else by default. */
export function chooseEnabled(settings: InstrumentationSettings, env: Environment): Set<string> {
  const known = INSTRUMENTATIONS
  const enabledByEnv = readNames('OTEL_NODE_ENABLED_INSTRUMENTATIONS', env, known)
  const disabledByEnv = readNames('OTEL_NODE_DISABLED_INSTRUMENTATIONS', env, known) ?? []
  return new Set(
    known.filter((name) => {
      const setting = settings[name as InstrumentationName]
      if (setting !== undefined) return setting !== false
      if (disabledByEnv.includes(name)) return false
      return enabledByEnv ? enabledByEnv.includes(name) : !OFF_BY_DEFAULT.has(name)
    }),
  )
}

function readNames(variable: string, env: Environment, known: readonly string[]): string[] | undefined {
  const names = env[variable]
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  for (const name of [...new Set(names)].filter((name) => !known.includes(name)).slice(0, MAX_TOLD_NAMES))
    log.warn(`${variable} names ${name}, which is no instrumentation of the catalogue; it is ignored`)
  return names?.length ? names : undefined
}

/** A string is a whole path, or a prefix when it ends in `*`; a regular expression sees path and query. */
export function createUrlMatcher(patterns: ReadonlyArray<string | RegExp>): (url: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => typeof pattern === 'string' && !pattern.endsWith('*')))
  const prefixes = patterns
    .filter((pattern): pattern is string => typeof pattern === 'string' && pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1))
  const expressions = patterns.filter((pattern): pattern is RegExp => pattern instanceof RegExp)
  return (url) => {
    const path = withoutQuery(url)
    if (exact.has(path)) return true
    for (const prefix of prefixes) if (path.startsWith(prefix)) return true
    for (const expression of expressions) if (url.search(expression) >= 0) return true
    return false
  }
}

function withoutQuery(url: string): string {
  const query = url.indexOf('?')
  const fragment = url.indexOf('#')
  if (query < 0 && fragment < 0) return url
  return url.slice(0, query < 0 ? fragment : fragment < 0 ? query : Math.min(query, fragment))
}
