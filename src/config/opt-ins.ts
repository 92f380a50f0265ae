/** Options that the environment can give as well: those that code left out are filled in. */
import type { EnvironmentReader } from './environment.ts'
import type { KeepOptions } from './keep-options.ts'
import type { ConfigureOptions, LogCorrelationOptions, SeverityName } from './options.ts'
import { VARIABLES } from './variables.ts'
import { withoutUndefined } from './without-undefined.ts'

const LOG_KEYS = ['traceId', 'spanId', 'traceFlags', 'parentSpanId'] as const

/** A copy of the options; the caller's object is never changed. */
export function withOptIns(options: ConfigureOptions, env: EnvironmentReader): ConfigureOptions {
  const severity = env.oneOf('UPTRACE_MIN_LOG_SEVERITY')?.toUpperCase() as SeverityName | undefined
  return withoutUndefined({
    ...options,
    baggageKeys: options.baggageKeys ?? env.list('UPTRACE_BAGGAGE_KEYS'),
    ignoreUrls: options.ignoreUrls ?? readIgnoreUrls(env),
    responseHeaders: options.responseHeaders ?? env.list('UPTRACE_RESPONSE_HEADERS'),
    sqlComments: options.sqlComments ?? env.flag('UPTRACE_SQL_COMMENTS'),
    connectionPhases: options.connectionPhases ?? env.flag('UPTRACE_CONNECTION_PHASES'),
    eventLoopBlocks: options.eventLoopBlocks ?? readBlocks(env),
    runtimeMetrics: options.runtimeMetrics ?? env.flag('UPTRACE_RUNTIME_METRICS'),
    minLogSeverity: options.minLogSeverity ?? severity,
    keep: readKeep(options.keep, env),
    spanMetrics: options.spanMetrics ?? readSpanMetrics(env),
    logs: readLogs(options.logs, env),
    environmentFromNodeEnv: options.environmentFromNodeEnv ?? env.flag('UPTRACE_NODE_ENV'),
  })
}

function readBlocks(env: EnvironmentReader): ConfigureOptions['eventLoopBlocks'] {
  const thresholdMillis = env.number('UPTRACE_EVENT_LOOP_BLOCKS')
  return thresholdMillis === undefined ? undefined : { thresholdMillis }
}

/** None where neither names a rule: what waits, and how long, does not matter then. */
function readKeep(given: KeepOptions | undefined, env: EnvironmentReader): KeepOptions | undefined {
  const rules = {
    errors: env.flag('UPTRACE_KEEP_ERRORS'),
    slowerThanMillis: env.number('UPTRACE_KEEP_SLOWER_THAN'),
    ratio: env.number('UPTRACE_KEEP_RATIO'),
    perSecond: env.number('UPTRACE_KEEP_PER_SECOND'),
  }
  const bounds = {
    waitMillis: env.number('UPTRACE_KEEP_WAIT'),
    bufferLimitBytes: env.number('UPTRACE_KEEP_BUFFER_LIMIT'),
  }
  if (given === undefined && Object.values(rules).every((value) => value === undefined)) return undefined
  return { ...withoutUndefined({ ...rules, ...bounds }), ...(given && withoutUndefined(given)) }
}

/** Whoever names spans or attributes wants them measured. */
function readSpanMetrics(env: EnvironmentReader): ConfigureOptions['spanMetrics'] {
  const names = env.list('UPTRACE_SPAN_METRICS_NAMES')
  const dimensions = env.list('UPTRACE_SPAN_METRICS_DIMENSIONS')
  const isOn = env.flag('UPTRACE_SPAN_METRICS')
  if (isOn === false || (names === undefined && dimensions === undefined)) return isOn
  return withoutUndefined({ names, dimensions })
}

function readLogs(given: LogCorrelationOptions | undefined, env: EnvironmentReader): LogCorrelationOptions | undefined {
  const logs = {
    correlation: given?.correlation ?? env.flag('UPTRACE_LOG_CORRELATION'),
    sending: given?.sending ?? env.flag('UPTRACE_LOG_SENDING'),
    keys: given?.keys ?? readLogKeys(env),
    console: given?.console ?? env.flag('UPTRACE_LOG_CONSOLE'),
    nest: given?.nest ?? env.flag('UPTRACE_LOG_NEST'),
    spanStatus: given?.spanStatus ?? env.flag('UPTRACE_LOG_SPAN_STATUS'),
    severity: given?.severity ?? readSeverities(env),
    ofDroppedTraces: given?.ofDroppedTraces ?? env.oneOf('UPTRACE_LOG_DROPPED_TRACES'),
  }
  return withoutUndefined(logs)
}

function readSeverities(env: EnvironmentReader): LogCorrelationOptions['severity'] {
  const pairs = env.pairs('UPTRACE_LOG_SEVERITIES')
  if (pairs === undefined) return undefined
  const names = VARIABLES.UPTRACE_MIN_LOG_SEVERITY.values
  const usable = Object.entries(pairs).flatMap(([logger, severity]) => {
    if (names.some((name) => name === severity.toLowerCase())) return [[logger, severity.toUpperCase()]]
    env.warn(
      'UPTRACE_LOG_SEVERITIES',
      `UPTRACE_LOG_SEVERITIES holds ${logger}, whose severity is none of ${names.join(', ')}; it is ignored`,
    )
    return []
  })
  return Object.fromEntries(usable) as Record<string, SeverityName>
}

function readLogKeys(env: EnvironmentReader): LogCorrelationOptions['keys'] {
  const pairs = env.pairs('UPTRACE_LOG_KEYS')
  if (pairs === undefined) return undefined
  const usable = Object.entries(pairs).filter(([key, field]) => {
    const isKnown = LOG_KEYS.some((known) => known === key)
    const problem = isKnown ? 'without a name' : `which is none of ${LOG_KEYS.join(', ')}`
    if (isKnown && field !== '') return true
    env.warn('UPTRACE_LOG_KEYS', `UPTRACE_LOG_KEYS holds ${key}, ${problem}; it is ignored`)
    return false
  })
  return Object.fromEntries(usable)
}

/** `/health,/internal/*,/^\/static\//`: what is between slashes and holds more than a path is a regular expression. */
function readIgnoreUrls(env: EnvironmentReader): Array<string | RegExp> | undefined {
  return env.list('UPTRACE_IGNORE_URLS')?.flatMap((item): Array<string | RegExp> => {
    const expression = /^\/(.*[\\^$|()[\]+?{}].*)\/(i?)$/.exec(item)
    if (!expression) return [item]
    try {
      return [new RegExp(expression[1]!, expression[2])]
    } catch {
      env.warn(
        'UPTRACE_IGNORE_URLS',
        `UPTRACE_IGNORE_URLS holds ${item}, which is no regular expression; it is ignored`,
      )
      return []
    }
  })
}
