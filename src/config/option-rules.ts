/** The rule of each option. */
import { MAX_TIMER_MILLIS } from '../deadline.ts'
import { createBackendRule } from './backends/rule.ts'
import { parseHttpUrl } from './http-url.ts'
import { createAttributesRule, createInstrumentationsRule, createViewRule, headers } from './member-rules.ts'
import type { ConfigureOptions } from './options.ts'
import {
  amount,
  eitherOf,
  flag,
  having,
  isObject,
  isText,
  listOf,
  mapOf,
  oneOf,
  type Rule,
  rule,
  shape,
  text,
} from './rules.ts'
import { isSamplingRule, SAMPLING_RULES } from './sampling-rules.ts'
import { VARIABLES } from './variables.ts'

/** Made when options are given: a program that is configured by its environment alone has none to check. */
export function createOptionRules(): Readonly<Record<keyof ConfigureOptions, Rule>> {
  const SAMPLERS = VARIABLES.OTEL_TRACES_SAMPLER.values
  const RESPONSE_HEADERS = VARIABLES.UPTRACE_RESPONSE_HEADERS.values

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
  const url = rule('an http or https URL', (value) => isText(value) && parseHttpUrl(value) !== undefined)
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
  const samplingRule: Rule = (value, { option }) =>
    rule(SAMPLING_RULES, isSamplingRule)(value, { option, path: option })
  const textOrExpression = rule('a string or a regular expression', (value) => isText(value) || value instanceof RegExp)
  const severity = rule(
    'a SeverityNumber from 0 to 24 or one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL',
    (value) =>
      (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 24) ||
      (isText(value) && /^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL)$/.test(value)),
  )
  const propagator = having('a propagator', 'inject', 'extract')

  const protocol = oneOf('http/protobuf', 'http/json', 'grpc')
  const compression = oneOf('gzip', 'zstd', 'none')
  const tls = shape({ ca: pem, cert: pem, key: pem, passphrase: text, servername: text, rejectUnauthorized: flag })

  return {
    dsn: eitherOf('a string or a list of strings', text, isText, texts),
    backend: createBackendRule({ url, protocol, compression, timeoutMillis: delayMillis, tls }),
    endpoint: url,
    headers,
    protocol,
    compression,
    timeoutMillis: delayMillis,
    tls,
    siteUrl: url,
    disabled: flag,
    serviceName: text,
    serviceVersion: text,
    deploymentEnvironment: text,
    environmentFromNodeEnv: flag,
    resourceAttributes: createAttributesRule(),
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
    sampling: listOf(SAMPLING_RULES, samplingRule),
    keep: shape({
      errors: flag,
      slowerThanMillis: atLeastZero,
      when: rule('a function', (value) => typeof value === 'function'),
      ratio: amount('a number from 0 to 1', (value) => value >= 0 && value <= 1),
      perSecond: atLeastZero,
      waitMillis: intervalMillis,
      bufferLimitBytes: wholeAboveZero,
    }),
    spanMetrics: eitherOf(
      'a boolean or an object',
      flag,
      (value) => typeof value === 'boolean',
      shape({
        names: listOf('a list of strings and regular expressions', textOrExpression),
        dimensions: texts,
        maxSeries: wholeAboveZero,
      }),
    ),
    developmentChecks: flag,
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
    views: listOf('a list of view options', createViewRule()),
    temporalityPreference: oneOf('cumulative', 'delta', 'lowmemory'),
    histogramAggregation: oneOf('explicit_bucket_histogram', 'base2_exponential_bucket_histogram'),
    exemplarFilter: oneOf(...VARIABLES.OTEL_METRICS_EXEMPLAR_FILTER.values),
    runtimeMetrics: flag,
    loggingEnabled: flag,
    loggingDisabled: flag,
    minLogSeverity: severity,
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
      console: flag,
      nest: flag,
      spanStatus: flag,
      severity: mapOf('an object of severities by logger', severity),
      ofDroppedTraces: oneOf(...VARIABLES.UPTRACE_LOG_DROPPED_TRACES.values),
    }),
    instrumentations: createInstrumentationsRule(),
    ignoreUrls: listOf('a list of strings and regular expressions', textOrExpression),
    responseHeaders: listOf('a list of header names', oneOf(...RESPONSE_HEADERS)),
    sqlComments: flag,
    connectionPhases: flag,
    eventLoopBlocks: shape({
      thresholdMillis: both(
        timer,
        amount('at least 20', (value) => value >= 20),
      ),
    }),
    captureUncaught: flag,
    delivery: shape({
      bufferLimitBytes: wholeAboveZero,
      shutdownTimeoutMillis: delayMillis,
      exitFlush: flag,
      exitTimeoutMillis: delayMillis,
      spoolDirectory: text,
      spoolLimitBytes: wholeAboveZero,
      spoolMaxAgeMillis: aboveZero,
    }),
    logLevel: oneOf('none', 'error', 'warn', 'info', 'debug'),
    logger: having('a logger', 'error', 'warn', 'info', 'debug'),
  }
}
