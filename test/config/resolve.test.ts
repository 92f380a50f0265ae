/** Precedence and fallbacks: options over environment over defaults; a wrong variable warns once and counts as absent. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ConfigureOptions } from '../../src/config/options.ts'
import { type Config, resolveConfig } from '../../src/config/resolve.ts'
import { keepLogLines } from '../support/log-lines.ts'

const DSN = 'https://tokenA@one.example/1'
const lines = keepLogLines()

function resolve(options: ConfigureOptions, env: Record<string, string> = {}): Config {
  return resolveConfig(options, env)
}

describe('destinations', () => {
  test.for<[string, ConfigureOptions, Record<string, string>, string[]]>([
    [
      'the option',
      { dsn: DSN },
      { UPTRACE_DSN: 'https://other@two.example', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://three:4318' },
      ['https://one.example/v1/traces', 'https://one.example/v1/metrics', 'https://one.example/v1/logs'],
    ],
    [
      'an empty option falls back to UPTRACE_DSN',
      { dsn: '' },
      { UPTRACE_DSN: 'http://tok@two.example:14318' },
      ['http://two.example:14318/v1/traces', 'http://two.example:14318/v1/metrics', 'http://two.example:14318/v1/logs'],
    ],
    [
      'UPTRACE_DSN over OTEL_EXPORTER_OTLP_ENDPOINT',
      {},
      { UPTRACE_DSN: 'http://tok@two.example', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://three:4318' },
      ['http://two.example/v1/traces', 'http://two.example/v1/metrics', 'http://two.example/v1/logs'],
    ],
    [
      'an endpoint option over UPTRACE_DSN',
      { endpoint: 'http://four:4318' },
      { UPTRACE_DSN: 'http://tok@two.example' },
      ['http://four:4318/v1/traces', 'http://four:4318/v1/metrics', 'http://four:4318/v1/logs'],
    ],
    [
      'an endpoint with a path and a query',
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://three:4318/otlp/?k=v' },
      [
        'http://three:4318/otlp/v1/traces?k=v',
        'http://three:4318/otlp/v1/metrics?k=v',
        'http://three:4318/otlp/v1/logs?k=v',
      ],
    ],
    [
      'an endpoint of one signal, used as it is',
      {},
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://three:9/in' },
      ['http://three:9/in'],
    ],
    [
      'the standard port where otlp is asked for by name',
      {},
      { OTEL_TRACES_EXPORTER: 'otlp' },
      ['http://localhost:4318/v1/traces'],
    ],
    [
      'several DSNs',
      { dsn: [DSN, 'http://b@two.example'] },
      { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
      ['https://one.example/v1/traces', 'http://two.example/v1/traces'],
    ],
    [
      'a wrong second DSN is left out',
      { dsn: [DSN, 'nonsense'] },
      { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' },
      ['https://one.example/v1/traces'],
    ],
    [
      'gRPC goes to the gRPC port',
      { dsn: 'http://tok@two.example:14317', protocol: 'grpc', metricsEnabled: false, loggingDisabled: true },
      {},
      ['http://two.example:14317'],
    ],
    [
      'a gRPC endpoint without a scheme',
      {},
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'three:4317',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
        OTEL_EXPORTER_OTLP_INSECURE: 'true',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
      },
      ['http://three:4317'],
    ],
    ...['unix:/run/otlp.sock', 'unix:///run/otlp.sock', 'dns:three', 'dns:///three:4317', 'grpc://three:4317'].map(
      (endpoint): [string, ConfigureOptions, Record<string, string>, string[]] => [
        `an address that gRPC knows and we do not: ${endpoint}`,
        {},
        { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
        [],
      ],
    ),
  ])('%s', ([, options, env, urls]) => {
    expect(resolve(options, env).destinations.map(({ url }) => url)).toEqual(urls)
  })

  test.for<[string, readonly string[], string, readonly string[]]>([
    ['dev replaces the back end that code names', [DSN, 'local', 'http://t@localhost:99'], 'false', []],
    [
      'check leaves the viewer of a test suite beside it',
      [DSN, 'http://t@localhost:99'],
      'true',
      ['http://localhost:99/v1/traces'],
    ],
    ['check takes no other address for one', ['http://t@localhost.example:99', 'https://t@localhost:99'], 'true', []],
  ])('the DSN of %s', ([, dsn, isChecked, others]) => {
    const dev = { UPTRACE_DEV_DSN: 'http://dev@localhost:14319', UPTRACE_DEV_CHECK: isChecked }
    const { destinations } = resolve({ dsn }, dev)
    const traces = destinations.map(({ url }) => url).filter((url) => url.endsWith('/traces'))
    expect(traces).toEqual(['http://localhost:14319/v1/traces', ...others])
  })

  test('carry the DSN byte for byte in the uptrace-dsn header, beside headers of the options', () => {
    const [traces] = resolve({ dsn: `${DSN}?grpc=4317`, headers: { 'x-a': 'b' } }).destinations
    expect(traces?.headers).toEqual({ 'uptrace-dsn': `${DSN}?grpc=4317`, 'x-a': 'b' })
  })

  test('do not take headers meant for another back end when a DSN is given', () => {
    const [traces] = resolve({ dsn: DSN }, { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer abc' }).destinations
    expect(traces?.headers).not.toHaveProperty('authorization')
  })

  test('take headers from the environment, percent-decoded, those of the signal last', () => {
    const config = resolve(
      {},
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_HEADERS: 'a=1, B=x%20y ,bad',
        OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'a=2',
      },
    )
    expect(config.destinations.map(({ headers }) => headers)).toEqual([
      { a: '1', b: 'x y' },
      { a: '1', b: 'x y' },
      { a: '2', b: 'x y' },
    ])
    expect(lines[0]).toMatch(/OTEL_EXPORTER_OTLP_HEADERS holds a pair that is not key=value/)
  })

  test('read TLS files named by the environment and warn about one that is missing', () => {
    const ca = path.join(mkdtempSync(path.join(tmpdir(), 'tls-')), 'ca.pem')
    writeFileSync(ca, 'PEM')
    const [first] = resolve({ dsn: DSN }, { OTEL_EXPORTER_OTLP_CERTIFICATE: ca }).destinations
    expect(String(first?.tls?.ca)).toBe('PEM')
    expect(resolve({ dsn: DSN }, { OTEL_EXPORTER_OTLP_CERTIFICATE: `${ca}.not` }).destinations[0]?.tls).toBeUndefined()
    expect(lines[0]).toMatch(/OTEL_EXPORTER_OTLP_CERTIFICATE: the file can't be read \(ENOENT\)/)
  })
})

describe('enabled or not', () => {
  test.for<[string, ConfigureOptions, Record<string, string>, RegExp | undefined]>([
    ['no DSN', {}, {}, /no DSN/],
    ['an empty UPTRACE_DSN', {}, { UPTRACE_DSN: '' }, /no DSN/],
    ['a wrong DSN', { dsn: 'https://host' }, {}, /does not have a token/],
    ['the placeholder DSN', { dsn: 'https://<token>@uptrace.dev/<project_id>' }, {}, /placeholder/],
    ['UPTRACE_DISABLED', { dsn: DSN }, { UPTRACE_DISABLED: '1' }, /disabled by/],
    ['UPTRACE_DISABLED=false', { dsn: DSN }, { UPTRACE_DISABLED: 'false' }, undefined],
    ['OTEL_SDK_DISABLED', { dsn: DSN }, { OTEL_SDK_DISABLED: 'TRUE' }, /disabled by/],
    ['the disabled option', { dsn: DSN, disabled: true }, {}, /disabled by/],
    ['disabled: false over the environment', { dsn: DSN, disabled: false }, { OTEL_SDK_DISABLED: 'true' }, undefined],
    [
      'all signals off',
      { dsn: DSN, tracingEnabled: false, metricsDisabled: true },
      { OTEL_LOGS_EXPORTER: 'none' },
      /all turned off/,
    ],
    ['a pretty printer alone', { prettyPrint: true }, {}, undefined],
    ['the console exporter alone', {}, { OTEL_TRACES_EXPORTER: 'console' }, undefined],
  ])('%s', ([, options, env, reason]) => {
    const config = resolve(options, env)
    if (reason) expect(config.disabledReason).toMatch(reason)
    else expect(config.disabledReason).toBeUndefined()
  })

  test('an exporter named none turns a signal off, and an option turns it on again', () => {
    const env = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }
    expect(resolve({ dsn: DSN }, env).signals).toEqual({ traces: false, metrics: true, logs: false })
    expect(resolve({ dsn: DSN, tracingEnabled: true }, env).signals.traces).toBe(true)
  })
})

describe('values', () => {
  test.for<[string, ConfigureOptions, Record<string, string>, (config: Config) => unknown, unknown]>([
    ['batch delay by default', {}, {}, (c) => c.spanBatch.scheduledDelayMillis, 5000],
    ['batch delay by environment', {}, { OTEL_BSP_SCHEDULE_DELAY: '70' }, (c) => c.spanBatch.scheduledDelayMillis, 70],
    [
      'batch delay by option',
      { batchSpanProcessor: { scheduledDelayMillis: 5 } },
      { OTEL_BSP_SCHEDULE_DELAY: '70' },
      (c) => c.spanBatch.scheduledDelayMillis,
      5,
    ],
    ['log batch delay', {}, { OTEL_BLRP_SCHEDULE_DELAY: '30' }, (c) => c.logBatch.scheduledDelayMillis, 30],
    ['metric interval of uptrace-go', {}, {}, (c) => c.metricIntervalMillis, 15_000],
    [
      'metric timeout never above the interval',
      {},
      { OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_METRIC_EXPORT_TIMEOUT: '900' },
      (c) => c.metricTimeoutMillis,
      100,
    ],
    ['delta by default', {}, {}, (c) => c.temporalityPreference, 'delta'],
    [
      'an enum in capitals',
      {},
      { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'LowMemory' },
      (c) => c.temporalityPreference,
      'lowmemory',
    ],
    [
      'a sampler by name',
      {},
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      (c) => c.sampler,
      { name: 'parentbased_traceidratio', arg: 0.25 },
    ],
    [
      'a rate-limited sampler',
      {},
      { OTEL_TRACES_SAMPLER: 'rate_limited', OTEL_TRACES_SAMPLER_ARG: '50' },
      (c) => c.sampler,
      { name: 'rate_limited', arg: 50 },
    ],
    ['a limit of 0', {}, { OTEL_SPAN_EVENT_COUNT_LIMIT: '0' }, (c) => c.spanLimits.eventCountLimit, 0],
    [
      'the general attribute limit',
      {},
      { OTEL_ATTRIBUTE_COUNT_LIMIT: '7' },
      (c) => [c.spanLimits.attributeCountLimit, c.logRecordLimits.attributeCountLimit],
      [7, 7],
    ],
    ['propagators', {}, { OTEL_PROPAGATORS: 'B3, baggage,b3' }, (c) => c.propagators, ['b3', 'baggage']],
    ['no propagator', {}, { OTEL_PROPAGATORS: 'none' }, (c) => c.propagators, []],
    ['the site of the first DSN', {}, {}, (c) => c.siteUrl, 'https://one.example'],
    ['the site option', { siteUrl: 'https://ui.example/' }, {}, (c) => c.siteUrl, 'https://ui.example'],
    ['a severity by name', { minLogSeverity: 'WARN' }, {}, (c) => c.minLogSeverity, 13],
    [
      'a limit of 0 for the length of values',
      {},
      { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0' },
      (c) => [c.spanLimits.attributeValueLengthLimit, c.logRecordLimits.attributeValueLengthLimit],
      [0, 0],
    ],
    [
      'the limit of events by its newer and its older name',
      {},
      {
        OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '3',
        OTEL_SPAN_ATTRIBUTE_PER_EVENT_COUNT_LIMIT: '9',
        OTEL_SPAN_ATTRIBUTE_PER_LINK_COUNT_LIMIT: '4',
      },
      (c) => [c.spanLimits.attributePerEventCountLimit, c.spanLimits.attributePerLinkCountLimit],
      [3, 4],
    ],
    [
      'no limit for an export of metrics: the interval',
      {},
      { OTEL_METRIC_EXPORT_TIMEOUT: '0' },
      (c) => c.metricTimeoutMillis,
      15_000,
    ],
    [
      'no limit for a batch',
      {},
      { OTEL_BSP_EXPORT_TIMEOUT: '0', OTEL_BLRP_EXPORT_TIMEOUT: '0' },
      (c) => [c.spanBatch.exportTimeoutMillis, c.logBatch.exportTimeoutMillis],
      [0, 0],
    ],
    ['no limit for an attempt', {}, { OTEL_EXPORTER_OTLP_TIMEOUT: '0' }, (c) => c.destinations[0]?.timeoutMillis, 0],
    [
      'the limit of a signal before the general one',
      {},
      { OTEL_EXPORTER_OTLP_TIMEOUT: '7', OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '8' },
      (c) => c.destinations.map((d) => d.timeoutMillis),
      [7, 7, 8],
    ],
    [
      'empty variables count as unset',
      {},
      { OTEL_BSP_SCHEDULE_DELAY: ' ', OTEL_PROPAGATORS: '', OTEL_TRACES_SAMPLER: '' },
      (c) => [c.spanBatch.scheduledDelayMillis, c.propagators, c.sampler],
      [5000, ['tracecontext', 'baggage'], { name: 'parentbased_always_on', arg: undefined }],
    ],
    [
      'the filter of exemplars',
      {},
      { OTEL_METRICS_EXEMPLAR_FILTER: ' Always_Off ' },
      (c) => c.exemplarFilter,
      'always_off',
    ],
    [
      'the filter of exemplars in code before the variable',
      { exemplarFilter: 'always_on' },
      { OTEL_METRICS_EXEMPLAR_FILTER: 'always_off' },
      (c) => c.exemplarFilter,
      'always_on',
    ],
    [
      'propagators of other vendors',
      {},
      { OTEL_PROPAGATORS: 'jaeger,XRAY,ottrace' },
      (c) => c.propagators,
      ['jaeger', 'xray', 'ottrace'],
    ],
    ['detectors of the cloud', {}, { OTEL_NODE_RESOURCE_DETECTORS: 'aws,GCP' }, (c) => c.detectors, ['aws', 'gcp']],
    [
      'response headers',
      {},
      { UPTRACE_RESPONSE_HEADERS: 'Traceresponse, trace-id' },
      (c) => c.options.responseHeaders,
      ['traceresponse', 'trace-id'],
    ],
    [
      'comments in SQL, phases, runtime metrics',
      {},
      { UPTRACE_SQL_COMMENTS: 'true', UPTRACE_CONNECTION_PHASES: 'TRUE', UPTRACE_RUNTIME_METRICS: 'false' },
      (c) => [c.options.sqlComments, c.options.connectionPhases, c.options.runtimeMetrics],
      [true, true, false],
    ],
    [
      'redaction',
      {},
      { UPTRACE_REDACT_KEYS: 'iban, tax-id', UPTRACE_REDACT_SQL: 'OFF' },
      (c) => c.redaction,
      { keys: ['iban', 'tax-id'], values: [], sql: 'off' },
    ],
    ['redaction off', {}, { UPTRACE_REDACTION: 'false' }, (c) => c.redaction, false],
    [
      'redaction in code over its variables',
      { redaction: { sql: 'raw' } },
      { UPTRACE_REDACTION: 'false', UPTRACE_REDACT_SQL: 'off', UPTRACE_REDACT_KEYS: 'a' },
      (c) => c.redaction,
      { keys: ['a'], values: [], sql: 'raw' },
    ],
    [
      'an option over its variable',
      { sqlComments: false, baggageKeys: [] },
      { UPTRACE_SQL_COMMENTS: 'true', UPTRACE_BAGGAGE_KEYS: 'a' },
      (c) => [c.options.sqlComments, c.options.baggageKeys],
      [false, []],
    ],
    [
      'baggage keys',
      {},
      { UPTRACE_BAGGAGE_KEYS: 'tenant, user.id' },
      (c) => c.options.baggageKeys,
      ['tenant', 'user.id'],
    ],
    [
      'URLs to ignore',
      {},
      { UPTRACE_IGNORE_URLS: '/a,/b/*,/^\\/c\\d+/i' },
      (c) => c.options.ignoreUrls,
      ['/a', '/b/*', /^\/c\d+/i],
    ],
    ['a severity by variable', {}, { UPTRACE_MIN_LOG_SEVERITY: 'Error' }, (c) => c.minLogSeverity, 17],
    [
      'names of fields in log lines',
      {},
      { UPTRACE_LOG_KEYS: 'traceId=trace.id, parentSpanId=parent', UPTRACE_LOG_SENDING: 'false' },
      ({ options: { logs } }) => ({ correlation: logs?.correlation, sending: logs?.sending, keys: logs?.keys }),
      { correlation: true, sending: false, keys: { traceId: 'trace.id', parentSpanId: 'parent' } },
    ],
    [
      'what becomes of log records',
      {},
      {
        UPTRACE_LOG_CONSOLE: 'true',
        UPTRACE_LOG_NEST: 'TRUE',
        UPTRACE_LOG_SPAN_STATUS: 'true',
        UPTRACE_LOG_DROPPED_TRACES: 'Drop',
        UPTRACE_LOG_SEVERITIES: 'uptrace-node/console=Warn,my-*=fatal',
      },
      (c) => [c.options.logs, c.logSeverities],
      [
        {
          correlation: true,
          sending: true,
          console: true,
          nest: true,
          spanStatus: true,
          ofDroppedTraces: 'drop',
          severity: { 'uptrace-node/console': 'WARN', 'my-*': 'FATAL' },
        },
        { 'uptrace-node/console': 13, 'my-*': 21 },
      ],
    ],
    [
      'severities by logger in code',
      { logs: { severity: { a: 'DEBUG', b: 18 } } },
      { UPTRACE_LOG_SEVERITIES: 'a=fatal' },
      (c) => c.logSeverities,
      { a: 5, b: 18 },
    ],
    [
      'the threshold of blocks of the event loop',
      {},
      { UPTRACE_EVENT_LOOP_BLOCKS: '250' },
      (c) => c.options.eventLoopBlocks,
      { thresholdMillis: 250 },
    ],
    [
      'which traces are kept',
      {},
      {
        UPTRACE_KEEP_ERRORS: 'true',
        UPTRACE_KEEP_SLOWER_THAN: '500',
        UPTRACE_KEEP_RATIO: '0.1',
        UPTRACE_KEEP_PER_SECOND: '20',
        UPTRACE_KEEP_WAIT: '1000',
        UPTRACE_KEEP_BUFFER_LIMIT: '4096',
      },
      (c) => c.options.keep,
      { errors: true, slowerThanMillis: 500, ratio: 0.1, perSecond: 20, waitMillis: 1000, bufferLimitBytes: 4096 },
    ],
    ['how long traces wait alone keeps all', {}, { UPTRACE_KEEP_WAIT: '1000' }, (c) => c.options.keep, undefined],
    [
      'which traces are kept, where code says a part of it',
      { keep: { errors: false, ratio: 0.5 } },
      { UPTRACE_KEEP_ERRORS: 'true', UPTRACE_KEEP_SLOWER_THAN: '500' },
      (c) => c.options.keep,
      { errors: false, ratio: 0.5, slowerThanMillis: 500 },
    ],
    ['metrics of spans', {}, { UPTRACE_SPAN_METRICS: 'true' }, (c) => c.options.spanMetrics, true],
    [
      'metrics of spans by name and attribute',
      {},
      { UPTRACE_SPAN_METRICS_NAMES: 'load *', UPTRACE_SPAN_METRICS_DIMENSIONS: 'http.route, tenant' },
      (c) => c.options.spanMetrics,
      { names: ['load *'], dimensions: ['http.route', 'tenant'] },
    ],
    [
      'metrics of spans that code turns off',
      { spanMetrics: false },
      { UPTRACE_SPAN_METRICS: 'true' },
      (c) => c.options.spanMetrics,
      false,
    ],
    ['NODE_ENV as environment', {}, { UPTRACE_NODE_ENV: 'true' }, (c) => c.options.environmentFromNodeEnv, true],
  ])('%s', ([, options, env, read, expected]) => {
    expect(read(resolve({ dsn: DSN, ...options }, env))).toEqual(expected)
    expect(lines).toEqual([])
  })

  test.for<[string, string, (config: Config) => unknown, unknown, RegExp]>([
    [
      'OTEL_BSP_MAX_QUEUE_SIZE',
      'abc',
      (c) => c.spanBatch.maxQueueSize,
      16_384,
      /OTEL_BSP_MAX_QUEUE_SIZE=abc is not a whole number of at least 1; it is ignored/,
    ],
    ['OTEL_BSP_SCHEDULE_DELAY', '1.5', (c) => c.spanBatch.scheduledDelayMillis, 5000, /not a whole number/],
    ['OTEL_BSP_SCHEDULE_DELAY', '0x10', (c) => c.spanBatch.scheduledDelayMillis, 5000, /not a whole number/],
    ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '-1', (c) => c.spanLimits.attributeCountLimit, undefined, /at least 0/],
    [
      'OTEL_TRACES_SAMPLER',
      'sometimes',
      (c) => c.sampler,
      { name: 'parentbased_always_on', arg: undefined },
      /not one of always_on/,
    ],
    [
      'OTEL_TRACES_SAMPLER',
      'jaeger_remote',
      (c) => c.sampler,
      { name: 'parentbased_always_on', arg: undefined },
      /not available/,
    ],
    ['OTEL_PROPAGATORS', 'tracecontext,carrierpigeon', (c) => c.propagators, ['tracecontext'], /carrierpigeon/],
    ['OTEL_TRACES_EXPORTER', 'teleport', (c) => c.signals.traces, true, /teleport/],
    [
      'UPTRACE_LOG_SEVERITIES',
      'a=loud,b=warn',
      (c) => c.logSeverities,
      { b: 13 },
      /holds a, whose severity is none of trace/,
    ],
    ['UPTRACE_KEEP_RATIO', '1.5', (c) => c.options.keep, undefined, /not a number from 0 to 1/],
    ['UPTRACE_KEEP_SLOWER_THAN', '1s', (c) => c.options.keep, undefined, /not a whole number of milliseconds/],
    ['UPTRACE_EVENT_LOOP_BLOCKS', '5', (c) => c.options.eventLoopBlocks, undefined, /of at least 20/],
    ['UPTRACE_DEVELOPMENT_CHECKS', 'maybe', (c) => c.developmentChecks, false, /not true or false/],
    [
      'OTEL_TRACES_SAMPLER_ARG',
      '0.1',
      (c) => c.sampler,
      { name: 'parentbased_always_on', arg: undefined },
      /no effect with the sampler parentbased_always_on/,
    ],
    ['OTEL_SDK_DISABLED', 'yes', (c) => c.disabledReason, undefined, /not true or false/],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli', (c) => c.destinations[0]?.compression, 'gzip', /not one of gzip/],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-5', (c) => c.destinations[0]?.timeoutMillis, 10_000, /at least 0/],
    ['UPTRACE_SITE_URL', 'ui.example', (c) => c.siteUrl, 'https://one.example', /UPTRACE_SITE_URL/],
    ['OTEL_NODE_RESOURCE_DETECTORS', 'host,moon', (c) => c.detectors, ['host'], /moon/],
    [
      'OTEL_BSP_SCHEDULE_DELAY',
      '-1',
      (c) => c.spanBatch.scheduledDelayMillis,
      5000,
      /OTEL_BSP_SCHEDULE_DELAY=-1 is not a whole number of milliseconds of at least 0; it is ignored \(default: 5000\)/,
    ],
    [
      'OTEL_BSP_EXPORT_TIMEOUT',
      '99999999999',
      (c) => c.spanBatch.exportTimeoutMillis,
      30_000,
      /OTEL_BSP_EXPORT_TIMEOUT/,
    ],
    ['OTEL_METRIC_EXPORT_TIMEOUT', '-1', (c) => c.metricTimeoutMillis, 15_000, /0 is no limit/],
    [
      'OTEL_BSP_MAX_EXPORT_BATCH_SIZE',
      '99999',
      (c) => c.spanBatch.maxExportBatchSize,
      16_384,
      /larger than the queue, which holds 16384/,
    ],
    ['OTEL_LOG_LEVEL', 'bogus', (c) => c.disabledReason, undefined, /OTEL_LOG_LEVEL=bogus is not one of none, error/],
    [
      'OTEL_TRACES_SAMPLER_ARG',
      'half',
      (c) => (c.sampler as { arg?: number }).arg,
      undefined,
      /has no effect with the sampler/,
    ],
    ['OTEL_METRICS_EXEMPLAR_FILTER', 'some', (c) => c.exemplarFilter, 'trace_based', /not one of always_on/],
    [
      'OTEL_SEMCONV_STABILITY_OPT_IN',
      'http/dup',
      (c) => c.disabledReason,
      undefined,
      /OTEL_SEMCONV_STABILITY_OPT_IN=http\/dup has no effect here/,
    ],
    [
      'OTEL_EXPORTER_JAEGER_ENDPOINT',
      'http://sEcReT@x',
      (c) => c.disabledReason,
      undefined,
      /OTEL_EXPORTER_JAEGER_ENDPOINT has no effect here: Jaeger takes OTLP/,
    ],
    ['UPTRACE_SQL_COMMENTS', 'yes', (c) => c.options.sqlComments, false, /not true or false/],
    [
      'UPTRACE_EXIT_FLUSH',
      '1',
      (c) => c.delivery.exitFlush,
      true,
      /not true or false; it is ignored \(default: true\)/,
    ],
    ['UPTRACE_RESPONSE_HEADERS', 'x-trace', (c) => c.options.responseHeaders, undefined, /none of traceresponse/],
    ['UPTRACE_MIN_LOG_SEVERITY', 'loud', (c) => c.minLogSeverity, 0, /not one of trace/],
    ['UPTRACE_LOG_KEYS', 'trace=x', (c) => c.options.logs?.keys, {}, /none of traceId/],
    ['UPTRACE_LOG_KEYS', 'traceId=', (c) => c.options.logs?.keys, {}, /holds traceId, without a name/],
    ['UPTRACE_IGNORE_URLS', '/[a/', (c) => c.options.ignoreUrls, [], /no regular expression/],
    [
      'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      'both',
      (c) => c.temporalityPreference,
      'delta',
      /not one of cumulative/,
    ],
  ])('%s=%s warns and falls back', ([name, value, read, expected, line]) => {
    expect(read(resolve({ dsn: DSN }, { [name]: value }))).toEqual(expected)
    expect(lines.join('\n')).toMatch(line)
  })

  test('a wrong common variable and a missing file are told once, not once a signal', () => {
    for (const [name, value] of [
      ['OTEL_EXPORTER_OTLP_PROTOCOL', 'carrier-pigeon'],
      ['OTEL_EXPORTER_OTLP_TIMEOUT', '-5'],
      ['OTEL_EXPORTER_OTLP_COMPRESSION', 'brotli'],
      ['OTEL_EXPORTER_OTLP_HEADERS', 'nonsense'],
      ['OTEL_EXPORTER_OTLP_HEADERS', 'connection=close'],
      ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/not/there.pem'],
      ['OTEL_EXPORTER_OTLP_CLIENT_KEY', '/not/there.pem'],
      ['OTEL_EXPORTER_OTLP_INSECURE', 'maybe'],
    ] as const) {
      lines.length = 0
      const endpoint: Record<string, string> = name.endsWith('INSECURE') ? { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' } : {}
      resolve({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', ...endpoint, [name]: value })
      expect(lines, name).toHaveLength(1)
      expect(lines[0]).toContain(name)
    }
  })

  test('a header that HTTP forbids is left out of the environment, the others stay', () => {
    const config = resolve(
      {},
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318',
        OTEL_EXPORTER_OTLP_HEADERS: 'Connection=keep-alive,x-a=1,x-b=a%0d%0ab,content-length=5,te=x',
      },
    )
    expect(config.destinations[0]?.headers).toEqual({ 'x-a': '1' })
    expect(lines).toHaveLength(4)
  })

  test.for([
    ['http://user:p%40ss@host:4318', {}, 'Basic dXNlcjpwQHNz'],
    ['http://user@host:4318', {}, 'Basic dXNlcjo='],
    ['http://user:p%40ss@host:4318', { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20x' }, 'Bearer x'],
    ['http://user:p%40ss@host:4317', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'Basic dXNlcjpwQHNz'],
  ] as const)(
    'user and password of the endpoint %s are sent as authorization, and not shown',
    ([endpoint, more, expected]) => {
      const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more }
      for (const config of [resolve({}, environment), resolve({ endpoint }, more)]) {
        for (const { headers, url, label } of config.destinations) {
          expect(headers['authorization']).toBe(expected)
          expect(`${url} ${label}`).not.toContain('user')
        }
        expect(config.siteUrl).toBe('')
      }
    },
  )

  test.for<[string, ConfigureOptions, Record<string, string>, string]>([
    ['a Collector', { endpoint: 'http://localhost:4318' }, {}, ''],
    ['a Collector by variable', {}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }, ''],
    ['an unknown back end', { endpoint: 'https://otlp.vendor.example', headers: { 'api-key': 'k' } }, {}, ''],
    [
      'a Collector and an address',
      { endpoint: 'http://c:4318' },
      { UPTRACE_SITE_URL: 'https://me:secret@ui.example/x/' },
      'https://ui.example/x',
    ],
    [
      'Jaeger and its address',
      { endpoint: 'http://c:4318', siteUrl: 'http://c:16686/' },
      {},
      'http://c:16686/trace/{traceId}?uiFind={spanId}',
    ],
    [
      'Uptrace as an endpoint',
      { endpoint: 'https://api.uptrace.dev', headers: { 'Uptrace-Dsn': 'https://t@api.uptrace.dev' } },
      {},
      'https://app.uptrace.dev',
    ],
    [
      'own Uptrace as an endpoint',
      { endpoint: 'http://u:14318', headers: { 'uptrace-dsn': 'http://t@u:14318' } },
      {},
      'http://u:14318',
    ],
    ['spans that only go to the console', { dsn: '' }, { UPTRACE_DSN: DSN, OTEL_TRACES_EXPORTER: 'console' }, ''],
    ['telemetry disabled', { dsn: DSN, disabled: true, siteUrl: 'https://ui.example' }, {}, ''],
    ['no DSN', {}, {}, ''],
  ])('%s: traces are shown at an address where they are, or nowhere', ([, options, env, expected]) => {
    expect(resolve(options, env).siteUrl).toBe(expected)
  })

  test('the caller keeps an unchanged object, and the Config is frozen', () => {
    const options = Object.freeze({ dsn: DSN, resourceAttributes: Object.freeze({ a: 1 }) })
    const config = resolve(options)
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.options)).toBe(true)
  })

  test('no line shows a secret of the environment', () => {
    resolve(
      {},
      {
        UPTRACE_DSN: 'https://sEcReT@h:bad',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://sEcReT@x',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization:sEcReT',
      },
    )
    expect(lines.join('\n')).not.toContain('sEcReT')
  })
})
