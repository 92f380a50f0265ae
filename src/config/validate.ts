/** Checks the options given in code: a wrong one throws a ConfigError that names it. */
import { ConfigError } from '../errors.ts'
import type { ConfigureOptions } from './options.ts'

/** What one option must be. `inRange` is asked only of numbers of the right type. */
interface Rule {
  check: (value: unknown) => boolean
  expected: string
  inRange?: (value: number) => boolean
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const has =
  (...methods: string[]) =>
  (value: unknown): boolean =>
    ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
    methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function')
const listOf =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(check)
const isText = (value: unknown): value is string => typeof value === 'string'

const text: Rule = { check: isText, expected: 'a string' }
const flag: Rule = { check: (value) => typeof value === 'boolean', expected: 'true or false' }
const object: Rule = { check: isObject, expected: 'an object' }
const listWith = (what: string, ...methods: string[]): Rule => ({
  check: listOf(has(...methods)),
  expected: `a list of ${what}`,
})
const oneOf = (...names: string[]): Rule => ({
  check: (value) => isText(value) && names.includes(value),
  expected: `one of ${names.map((name) => `'${name}'`).join(', ')}`,
})
const amount = (expected: string, inRange: (value: number) => boolean): Rule => ({
  check: (value) => typeof value === 'number',
  expected,
  inRange,
})
const atLeastZero = amount('a finite number of at least 0', (value) => Number.isFinite(value) && value >= 0)
const aboveZero = amount('a finite number above 0', (value) => Number.isFinite(value) && value > 0)
const wholeAboveZero = amount('a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0)

const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'rate_limited']
const samplerNames = [...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}`)]
const sampler: Rule = {
  check: (value) => has('shouldSample')(value) || (isText(value) && samplerNames.includes(value)),
  expected: `a sampler or one of ${samplerNames.join(', ')}`,
}
const batch = {
  maxQueueSize: wholeAboveZero,
  maxExportBatchSize: wholeAboveZero,
  scheduledDelayMillis: atLeastZero,
  exportTimeoutMillis: atLeastZero,
} satisfies Record<string, Rule>
const url: Rule = { check: isHttpUrl, expected: 'an http or https URL' }
const pem: Rule = {
  check: (value) => [value].flat().every((item) => isText(item) || Buffer.isBuffer(item)),
  expected: 'PEM as a string or Buffer',
}

const RULES: Record<keyof ConfigureOptions, Rule> = {
  dsn: {
    check: (value) => isText(value) || (Array.isArray(value) && value.every(isText)),
    expected: 'a string or a list of strings',
  },
  endpoint: url,
  headers: {
    check: (value) => isObject(value) && Object.values(value).every(isText),
    expected: 'an object of strings',
  },
  protocol: oneOf('http/protobuf', 'http/json', 'grpc'),
  compression: oneOf('gzip', 'zstd', 'none'),
  timeoutMillis: atLeastZero,
  tls: object,
  siteUrl: url,
  disabled: flag,
  serviceName: text,
  serviceVersion: text,
  deploymentEnvironment: text,
  resourceAttributes: object,
  resourceDetectors: listWith('resource detectors', 'detect'),
  resource: {
    check: (value) => isObject(value) && isObject(value.attributes) && has('merge')(value),
    expected: 'a Resource',
  },
  tracingEnabled: flag,
  tracingDisabled: flag,
  sampler,
  traceSampler: sampler,
  samplerArg: atLeastZero,
  keep: object,
  spanMetrics: flag,
  spanProcessors: listWith('span processors', 'onStart', 'onEnd'),
  spanLimits: object,
  idGenerator: { check: has('generateTraceId', 'generateSpanId'), expected: 'an id generator' },
  batchSpanProcessor: object,
  prettyPrint: flag,
  tracerProvider: { check: has('getTracer'), expected: 'a tracer provider' },
  textMapPropagator: { check: has('inject', 'extract'), expected: 'a propagator' },
  propagator: { check: has('inject', 'extract'), expected: 'a propagator' },
  contextManager: { check: has('active', 'with', 'bind'), expected: 'a context manager' },
  baggageKeys: { check: listOf(isText), expected: 'a list of strings' },
  metricsEnabled: flag,
  metricsDisabled: flag,
  metricExportIntervalMillis: aboveZero,
  metricExportTimeoutMillis: aboveZero,
  metricReaders: listWith('metric readers', 'setMetricProducer', 'collect'),
  views: { check: listOf(isObject), expected: 'a list of view options' },
  temporalityPreference: oneOf('cumulative', 'delta', 'lowmemory'),
  histogramAggregation: oneOf('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
  runtimeMetrics: flag,
  loggingEnabled: flag,
  loggingDisabled: flag,
  minLogSeverity: {
    check: (value) =>
      (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 24) ||
      (isText(value) && /^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)$/.test(value)),
    expected: 'a SeverityNumber from 0 to 24 or one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL',
  },
  logRecordProcessors: listWith('log record processors', 'onEmit'),
  logRecordLimits: object,
  batchLogRecordProcessor: object,
  logs: object,
  instrumentations: {
    check: (value) => typeof value === 'object' && value !== null,
    expected: 'an object by name or a list of instrumentations',
  },
  ignoreUrls: {
    check: listOf((value) => isText(value) || value instanceof RegExp),
    expected: 'a list of strings and regular expressions',
  },
  responseHeaders: {
    check: listOf((value) => isText(value) && ['traceresponse', 'server-timing', 'trace-id'].includes(value)),
    expected: "a list of 'traceresponse', 'server-timing', 'trace-id'",
  },
  sqlComments: flag,
  connectionPhases: flag,
  bufferLimitBytes: wholeAboveZero,
  exitFlush: flag,
  exitTimeoutMillis: atLeastZero,
  captureUncaught: flag,
  spoolDirectory: text,
  spoolLimitBytes: wholeAboveZero,
  spoolMaxAgeMillis: aboveZero,
  shutdownTimeoutMillis: atLeastZero,
  logLevel: oneOf('none', 'error', 'warn', 'info', 'debug'),
  logger: {
    check: has('error', 'warn', 'info', 'debug'),
    expected: 'an object with the methods error, warn, info, debug',
  },
}

const NESTED: Partial<Record<keyof ConfigureOptions, Record<string, Rule>>> = {
  keep: {
    errors: flag,
    slowerThanMillis: atLeastZero,
    when: { check: (value) => typeof value === 'function', expected: 'a function' },
    ratio: amount('a number from 0 to 1', (value) => value >= 0 && value <= 1),
    perSecond: atLeastZero,
    waitMillis: aboveZero,
    bufferLimitBytes: wholeAboveZero,
  },
  batchSpanProcessor: batch,
  batchLogRecordProcessor: batch,
  tls: { ca: pem, cert: pem, key: pem, passphrase: text, servername: text, rejectUnauthorized: flag },
  logs: {
    correlation: flag,
    sending: flag,
    keys: {
      check: (value) =>
        isObject(value) && Object.values(value).every((key) => key === undefined || (isText(key) && key !== '')),
      expected: 'an object of field names',
    },
  },
  spanLimits: Object.fromEntries(
    [
      'attributeValueLengthLimit',
      'attributeCountLimit',
      'linkCountLimit',
      'eventCountLimit',
      'attributePerEventCountLimit',
      'attributePerLinkCountLimit',
    ].map((name) => [name, amount('a number of at least 0', (value) => value >= 0)]),
  ),
  logRecordLimits: Object.fromEntries(
    ['attributeValueLengthLimit', 'attributeCountLimit'].map((name) => [
      name,
      amount('a number of at least 0', (value) => value >= 0),
    ]),
  ),
}

/**
 * Checks every option; `undefined` always counts as not given.
 * @throws {ConfigError} `ERR_OPTION_UNKNOWN`, `ERR_OPTION_TYPE` or `ERR_OPTION_RANGE`, with `option` set
 */
export function validateOptions(options: unknown): asserts options is ConfigureOptions {
  if (!isObject(options))
    throw new ConfigError(
      'ERR_OPTION_TYPE',
      `configureOpentelemetry expects an object of options, got ${describe(options)}`,
    )
  checkAll(options, RULES, '')
  for (const [name, rules] of Object.entries(NESTED)) {
    const value = options[name]
    if (isObject(value)) checkAll(value, rules, `${name}.`)
  }
  const interval = options.metricExportIntervalMillis as number | undefined
  const timeout = options.metricExportTimeoutMillis as number | undefined
  if (interval !== undefined && timeout !== undefined && timeout > interval) {
    throw new ConfigError(
      'ERR_OPTION_RANGE',
      `Option metricExportTimeoutMillis must be at most metricExportIntervalMillis (${interval}), got ${timeout}`,
      { option: 'metricExportTimeoutMillis' },
    )
  }
}

function checkAll(values: Record<string, unknown>, rules: Record<string, Rule>, prefix: string): void {
  for (const [name, value] of Object.entries(values)) {
    const option = `${prefix}${name}`
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule)
      throw new ConfigError('ERR_OPTION_UNKNOWN', `Unknown option ${option}${suggest(name, Object.keys(rules))}`, {
        option,
      })
    if (value === undefined) continue
    if (!rule.check(value))
      throw new ConfigError('ERR_OPTION_TYPE', `Option ${option} must be ${rule.expected}, got ${describe(value)}`, {
        option,
      })
    if (rule.inRange && !rule.inRange(value as number)) {
      throw new ConfigError('ERR_OPTION_RANGE', `Option ${option} must be ${rule.expected}, got ${String(value)}`, {
        option,
      })
    }
  }
}

/** The type of a value and, where it cannot be a secret, the value. */
function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  if (Array.isArray(value)) return 'a list'
  return `a value of type ${typeof value}`
}

/** The known name nearest to a mistyped one: the same letters but for case, or one that starts alike. */
function suggest(name: string, known: readonly string[]): string {
  const lower = name.toLowerCase()
  const near =
    known.find((item) => item.toLowerCase() === lower) ??
    known.find((item) => item.toLowerCase().startsWith(lower.slice(0, 5)) && lower.length >= 5)
  return near ? ` (did you mean ${near}?)` : ''
}

function isHttpUrl(value: unknown): boolean {
  if (!isText(value) || !/^https?:\/\//i.test(value)) return false
  return URL.canParse(value)
}
