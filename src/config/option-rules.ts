/** The rule of each option. */
import type { InstrumentationName } from '../instrument/options.ts'
import { MAX_TIMER_MILLIS } from './environment.ts'
import { findHeaderProblem, findWrongHeader } from './headers.ts'
import type { ConfigureOptions } from './options.ts'
import {
  amount,
  attempt,
  eitherOf,
  flag,
  having,
  isObject,
  isText,
  listOf,
  mapOf,
  oneOf,
  type Rule,
  refuse,
  rule,
  shape,
  text,
} from './rules.ts'
import { isSamplingRule, SAMPLING_RULES } from './sampling-rules.ts'
import { VARIABLES } from './variables.ts'

const SAMPLERS = VARIABLES.OTEL_TRACES_SAMPLER.values
const RESPONSE_HEADERS = VARIABLES.UPTRACE_RESPONSE_HEADERS.values
/** The compiler sees to it that none is missing. */
const INSTRUMENTATIONS: Readonly<Record<InstrumentationName, 1>> = {
  amqplib: 1, 'aws-lambda': 1, 'aws-sdk': 1, bunyan: 1, 'cassandra-driver': 1, connect: 1, cucumber: 1, dataloader: 1, dns: 1, express: 1, fs: 1,
  'generic-pool': 1, graphql: 1, grpc: 1, hapi: 1, 'host-metrics': 1, http: 1, ioredis: 1, kafkajs: 1, knex: 1, koa: 1, 'lru-memoizer': 1,
  memcached: 1, mongodb: 1, mongoose: 1, mysql: 1, mysql2: 1, 'nestjs-core': 1, net: 1, openai: 1, oracledb: 1, pg: 1, pino: 1, redis: 1,
  restify: 1, router: 1, 'runtime-node': 1, 'socket.io': 1, tedious: 1, undici: 1, winston: 1,
} // biome-ignore format: a table

const timer = amount(`at most ${MAX_TIMER_MILLIS}`, (value) => value <= MAX_TIMER_MILLIS || value === Infinity)
const both =
  (first: Rule, second: Rule): Rule =>
  (value, at) => {
    first(value, at)
    second(value, at)
  }
const atLeastZero = amount('a finite number of at least 0', (value) => Number.isFinite(value) && value >= 0)
const aboveZero = amount('a finite number above 0', (value) => Number.isFinite(value) && value > 0)
const wholeAboveZero = amount('a whole number above 0', (value) => Number.isSafeInteger(value) && value > 0)
const delayMillis = both(timer, atLeastZero)
const intervalMillis = both(timer, aboveZero)
const limit = amount('a number of at least 0', (value) => value >= 0)
const texts = listOf('a list of strings', text)
const url = rule('an http or https URL', (value) => isText(value) && /^https?:\/\//i.test(value) && URL.canParse(value))
const pem = rule('PEM (-----BEGIN …) as a string or Buffer', (value) =>
  [value].flat().every((item) => (isText(item) || Buffer.isBuffer(item)) && item.includes('-----BEGIN ')),
)
const batch = shape({
  maxQueueSize: wholeAboveZero,
  maxExportBatchSize: wholeAboveZero,
  scheduledDelayMillis: delayMillis,
  exportTimeoutMillis: delayMillis,
})
const sampler = rule(
  `a sampler or one of ${SAMPLERS.join(', ')}`,
  (value) => SAMPLERS.some((name) => name === value) || (isObject(value) && typeof value.shouldSample === 'function'),
)
const propagator = having('a propagator', 'inject', 'extract')

const header: Rule = (value, at) => {
  text(value, at)
  if (findHeaderProblem('x', value as string) !== undefined)
    refuse('ERR_OPTION_TYPE', at, 'a text without line breaks and other characters that HTTP forbids', value)
}
const headers: Rule = (value, at) => {
  mapOf('an object of strings', header)(value, at)
  const wrong = attempt(at, () => findWrongHeader(value as Record<string, string>))
  if (wrong)
    refuse('ERR_OPTION_TYPE', at, `headers that can be sent (${JSON.stringify(wrong.name)}: ${wrong.problem})`, value)
}

const isAttribute = (value: unknown): boolean =>
  ['string', 'number', 'boolean', 'bigint'].includes(typeof value) || value === null
const attributes = mapOf(
  'an object of attributes',
  rule('a string, a number, true, false, or a list of them', (value) =>
    Array.isArray(value)
      ? Array.from(value).every((item) => item === undefined || isAttribute(item))
      : isAttribute(value),
  ),
)

const instrumentation = having('an instrumentation', 'enable', 'disable', 'setTracerProvider')
const instrumentationList = listOf(
  'a list of instrumentations',
  eitherOf('an instrumentation', listOf('a list of instrumentations', instrumentation), Array.isArray, instrumentation),
)
const settings = mapOf('true, false or an object', (value, at) => {
  if (/hook$/i.test(at.path) && typeof value !== 'function' && !isObject(value))
    refuse('ERR_OPTION_TYPE', at, 'a function', value)
})
const instrumentationsByName = shape({
  ...Object.fromEntries(
    Object.keys(INSTRUMENTATIONS).map((name) => [
      name,
      eitherOf('true, false or an object', flag, (value) => typeof value === 'boolean', settings),
    ]),
  ),
  add: instrumentationList,
})

const view = ((): Rule => {
  const selectors = ['instrumentName', 'instrumentUnit', 'meterName', 'meterVersion', 'meterSchemaUrl']
  const members = shape({
    ...Object.fromEntries([...selectors, 'name', 'description'].map((name) => [name, text])),
    instrumentType: text,
    aggregation: rule(
      'an aggregation: { type, options }',
      (value) => isObject(value) && Number(value.type) in [0, 1, 2, 3, 4, 5],
    ),
    attributesProcessors: listOf('a list of attribute processors', having('an attribute processor', 'process')),
    aggregationCardinalityLimit: wholeAboveZero,
  })
  return (value, at) => {
    members(value, at)
    const options = value as Record<string, unknown>
    if (![...selectors, 'instrumentType'].some((name) => options[name] != null))
      refuse('ERR_OPTION_TYPE', at, 'view options with a selector such as instrumentName', value)
    if (options.name != null && (options.instrumentName == null || /[*?]/.test(String(options.instrumentName))))
      refuse('ERR_OPTION_TYPE', at, 'view options with one instrumentName where they have a name', value)
  }
})()

export const OPTIONS: Readonly<Record<keyof ConfigureOptions, Rule>> = {
  dsn: eitherOf('a string or a list of strings', text, isText, texts),
  endpoint: url,
  headers,
  protocol: oneOf('http/protobuf', 'http/json', 'grpc'),
  compression: oneOf('gzip', 'zstd', 'none'),
  timeoutMillis: delayMillis,
  tls: shape({ ca: pem, cert: pem, key: pem, passphrase: text, servername: text, rejectUnauthorized: flag }),
  siteUrl: url,
  disabled: flag,
  serviceName: text,
  serviceVersion: text,
  deploymentEnvironment: text,
  environmentFromNodeEnv: flag,
  resourceAttributes: attributes,
  resourceDetectors: listOf('a list of resource detectors', having('a resource detector', 'detect')),
  resource: rule(
    'a Resource',
    (value) => isObject(value) && isObject(value.attributes) && typeof value.merge === 'function',
  ),
  tracingEnabled: flag,
  tracingDisabled: flag,
  sampler,
  traceSampler: sampler,
  samplerArg: atLeastZero,
  keep: shape({
    errors: flag,
    slowerThanMillis: atLeastZero,
    when: rule('a function', (value) => typeof value === 'function'),
    ratio: amount('a number from 0 to 1', (value) => value >= 0 && value <= 1),
    perSecond: atLeastZero,
    waitMillis: intervalMillis,
    bufferLimitBytes: wholeAboveZero,
  }),
  spanMetrics: flag,
  sampling: rule(SAMPLING_RULES, (value) => Array.isArray(value) && value.every(isSamplingRule)),
  spanProcessors: listOf('a list of span processors', having('a span processor', 'onStart', 'onEnd')),
  spanLimits: shape({
    attributeValueLengthLimit: limit,
    attributeCountLimit: limit,
    linkCountLimit: limit,
    eventCountLimit: limit,
    attributePerEventCountLimit: limit,
    attributePerLinkCountLimit: limit,
  }),
  idGenerator: having('an id generator', 'generateTraceId', 'generateSpanId'),
  batchSpanProcessor: batch,
  prettyPrint: flag,
  tracerProvider: having('a tracer provider', 'getTracer'),
  textMapPropagator: propagator,
  propagator,
  contextManager: having('a context manager', 'active', 'with', 'bind'),
  baggageKeys: texts,
  metricsEnabled: flag,
  metricsDisabled: flag,
  metricExportIntervalMillis: intervalMillis,
  metricExportTimeoutMillis: intervalMillis,
  metricReaders: listOf('a list of metric readers', having('a metric reader', 'setMetricProducer', 'collect')),
  views: listOf('a list of view options', view),
  temporalityPreference: oneOf('cumulative', 'delta', 'lowmemory'),
  histogramAggregation: oneOf('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
  runtimeMetrics: flag,
  loggingEnabled: flag,
  loggingDisabled: flag,
  minLogSeverity: rule(
    'a SeverityNumber from 0 to 24 or one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL',
    (value) =>
      (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 24) ||
      (isText(value) && /^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)$/.test(value)),
  ),
  redaction: eitherOf(
    'true, false or an object',
    flag,
    (value) => typeof value === 'boolean',
    shape({
      keys: texts,
      values: listOf(
        'a list of regular expressions',
        rule('a regular expression', (value) => value instanceof RegExp),
      ),
      sql: oneOf(...VARIABLES.UPTRACE_REDACT_SQL.values),
      redact: rule('a function', (value) => typeof value === 'function'),
    }),
  ),
  logRecordProcessors: listOf('a list of log record processors', having('a log record processor', 'onEmit')),
  logRecordLimits: shape({ attributeValueLengthLimit: limit, attributeCountLimit: limit }),
  batchLogRecordProcessor: batch,
  logs: shape({
    correlation: flag,
    sending: flag,
    keys: mapOf(
      'an object of field names',
      rule('one of the field names: a string that is not empty', (value) => isText(value) && value !== ''),
    ),
  }),
  instrumentations: eitherOf(
    'an object by name or a list of instrumentations',
    instrumentationList,
    Array.isArray,
    instrumentationsByName,
  ),
  ignoreUrls: listOf(
    'a list of strings and regular expressions',
    rule('a string or a regular expression', (value) => isText(value) || value instanceof RegExp),
  ),
  responseHeaders: listOf('a list of header names', oneOf(...RESPONSE_HEADERS)),
  sqlComments: flag,
  connectionPhases: flag,
  bufferLimitBytes: wholeAboveZero,
  exitFlush: flag,
  exitTimeoutMillis: delayMillis,
  captureUncaught: flag,
  spoolDirectory: text,
  spoolLimitBytes: wholeAboveZero,
  spoolMaxAgeMillis: aboveZero,
  shutdownTimeoutMillis: delayMillis,
  logLevel: oneOf('none', 'error', 'warn', 'info', 'debug'),
  logger: having('a logger', 'error', 'warn', 'info', 'debug'),
}
