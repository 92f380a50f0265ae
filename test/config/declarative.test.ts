/** A declarative configuration file: all of it counts, or nothing, and the environment beside it does not. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ParentBasedSampler } from '@opentelemetry/sdk-trace'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigureOptions } from '../../src/config/options.ts'
import { type Config, resolveConfig, resolveLog } from '../../src/config/resolve.ts'
import { configureLog } from '../../src/log.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'declared-'))
let lines: string[] = []
let files = 0
beforeEach(() => {
  lines = []
  const keep = (message: string): void => void lines.push(message)
  configureLog({ level: 'warn', logger: { error: keep, warn: keep, info: keep, debug: keep } })
})
afterEach(() => configureLog())

function write(yaml: string): string {
  const file = path.join(folder, `c${files++}.yaml`)
  writeFileSync(file, yaml)
  return file
}

function resolve(yaml: string, env: Record<string, string> = {}, options: ConfigureOptions = {}): Config {
  const environment = { OTEL_CONFIG_FILE: write(`file_format: "1.0"\n${yaml}`), ...env }
  resolveLog(options, environment)
  return resolveConfig(options, environment)
}

const FULL = `
log_level: debug
attribute_limits: { attribute_count_limit: 9 }
resource:
  attributes:
    - { name: service.name, value: shop }
    - { name: replicas, value: 3, type: int }
  attributes_list: team=a,service.name=loses
  detection/development: { detectors: [ { host: }, { service: }, { container: } ] }
propagator: { composite: [ { tracecontext: }, { b3: } ], composite_list: baggage }
tracer_provider:
  processors:
    - batch:
        schedule_delay: 1234
        export_timeout: 0
        max_queue_size: 99
        max_export_batch_size: 9
        exporter:
          otlp_http:
            endpoint: http://me:p%40ss@collector:4318/custom/v1/traces
            headers: [ { name: x-tenant, value: "\${TENANT}" } ]
            headers_list: x-tenant=loses,x-list=b
            compression: gzip
            timeout: 777
            encoding: json
    - simple: { exporter: { console: } }
  limits: { event_count_limit: 0, attribute_value_length_limit: 40 }
  sampler: { parent_based: { root: { trace_id_ratio_based: { ratio: 0.25 } } } }
meter_provider:
  readers:
    - periodic:
        interval: 5000
        timeout: 9000
        exporter: { otlp_grpc: { endpoint: "http://collector:4317", temporality_preference: low_memory, default_histogram_aggregation: base2_exponential_bucket_histogram } }
    - pull: { exporter: { prometheus/development: { host: 127.0.0.1, port: 9999 } } }
  views:
    - selector: { instrument_name: http.*, instrument_type: histogram }
      stream: { aggregation: { explicit_bucket_histogram: { boundaries: [1, 2] } }, attribute_keys: { included: [a], excluded: [b] } }
    - { selector: { instrument_name: noise }, stream: { aggregation: { drop: } } }
  exemplar_filter: always_on
logger_provider:
  processors: [ { batch: { schedule_delay: 50, exporter: { otlp_grpc: { endpoint: "collector:4317", tls: { insecure: true } } } } } ]
  limits: { attribute_count_limit: 5 }
  logger_configurator/development: { default_config: { minimum_severity: warn2 } }
instrumentation/development:
  general: { http: { server: { request_captured_headers: [x-id], known_methods: [GET, PURGE] } } }
  js: { pg: { enhancedDatabaseReporting: true }, fs: { enabled: true }, aws_sdk: { enabled: false } }
uptrace: { site_url: "https://ui.example", delivery: { exit_timeout_millis: 5 }, sql_comments: true, ignore_urls: [/x], logs: { keys: { traceId: trace.id } } }
`

describe('what a file says', () => {
  const config = (): Config => {
    process.env['TENANT'] = 'acme'
    return resolve(FULL)
  }
  test('where each signal goes', () => {
    const { destinations, extraExporters, signals, disabledReason, siteUrl } = config()
    expect(destinations).toMatchObject([
      {
        signal: 'traces',
        url: 'http://collector:4318/custom/v1/traces',
        label: 'http://collector:4318',
        headers: { authorization: 'Basic bWU6cEBzcw==', 'x-tenant': 'acme', 'x-list': 'b' },
        protocol: 'http/json',
        compression: 'gzip',
        timeoutMillis: 777,
      },
      { signal: 'metrics', url: 'http://collector:4317', protocol: 'grpc', compression: 'none', timeoutMillis: 10_000 },
      { signal: 'logs', url: 'http://collector:4317', protocol: 'grpc' },
    ])
    expect(extraExporters).toEqual({ traces: ['console'], metrics: ['prometheus'], logs: [] })
    expect(signals).toEqual({ traces: true, metrics: true, logs: true })
    expect([disabledReason, siteUrl]).toEqual([undefined, 'https://ui.example'])
    expect(lines).toEqual([expect.stringContaining('tracer_provider.processors: batch settings of any but the first')])
  })

  test.for<[string, (config: Config) => unknown, unknown]>([
    [
      'batches of spans',
      (c) => c.spanBatch,
      { scheduledDelayMillis: 1234, exportTimeoutMillis: 0, maxQueueSize: 99, maxExportBatchSize: 9 },
    ],
    ['batches of log records', (c) => c.logBatch.scheduledDelayMillis, 50],
    [
      'limits of spans',
      (c) => c.spanLimits,
      {
        attributeCountLimit: 9,
        attributeValueLengthLimit: 40,
        eventCountLimit: 0,
        linkCountLimit: undefined,
        attributePerEventCountLimit: undefined,
        attributePerLinkCountLimit: undefined,
      },
    ],
    ['limits of log records', (c) => c.logRecordLimits.attributeCountLimit, 5],
    ['the sampler', (c) => c.sampler, { name: 'parentbased_traceidratio', arg: 0.25 }],
    ['the propagators', (c) => c.propagators, ['tracecontext', 'b3', 'baggage']],
    ['the detectors', (c) => c.detectors, ['host', 'os', 'serviceinstance', 'container']],
    [
      'the attributes of the resource',
      (c) => c.options.resourceAttributes,
      { 'service.name': 'shop', replicas: 3, team: 'a' },
    ],
    [
      'the interval, and a timeout that is at most as long',
      (c) => [c.metricIntervalMillis, c.metricTimeoutMillis],
      [5000, 5000],
    ],
    [
      'temporality and aggregation',
      (c) => [c.temporalityPreference, c.histogramAggregation],
      ['lowmemory', 'base2_exponential_bucket_histogram'],
    ],
    ['the filter of exemplars', (c) => c.exemplarFilter, 'always_on'],
    [
      'the port of Prometheus',
      (c) => [c.env['OTEL_EXPORTER_PROMETHEUS_HOST'], c.env['OTEL_EXPORTER_PROMETHEUS_PORT']],
      ['127.0.0.1', '9999'],
    ],
    ['the least severity', (c) => c.minLogSeverity, 14],
    [
      'views',
      (c) =>
        c.options.views?.map(({ instrumentName, instrumentType, aggregation, attributesProcessors }) => [
          instrumentName,
          instrumentType,
          aggregation,
          attributesProcessors?.length,
        ]),
      [
        ['http.*', 'HISTOGRAM', { type: 4, options: { boundaries: [1, 2], recordMinMax: true } }, 2],
        ['noise', undefined, { type: 1 }, undefined],
      ],
    ],
    [
      'instrumentations',
      (c) => c.options.instrumentations,
      {
        http: { headersToSpanAttributes: { server: { requestHeaders: ['x-id'] } } },
        pg: { enhancedDatabaseReporting: true },
        fs: true,
        'aws-sdk': false,
      },
    ],
    ['http methods', (c) => c.env['OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS'], 'GET,PURGE'],
    [
      'our own options',
      (c) => [c.delivery.exitTimeoutMillis, c.options.sqlComments, c.options.ignoreUrls, c.options.logs?.keys],
      [5, true, ['/x'], { traceId: 'trace.id' }],
    ],
  ])('%s', ([, read, expected]) => {
    expect(read(config())).toEqual(expected)
  })

  test('the level of our own lines', () => {
    expect(resolveLog({}, { OTEL_CONFIG_FILE: write('file_format: "1.0"\nlog_level: error2') }).level).toBe('error')
    expect(
      resolveLog({ logLevel: 'info' }, { OTEL_CONFIG_FILE: write('file_format: "1.0"\nlog_level: error2') }).level,
    ).toBe('info')
  })
})

describe('what a file leaves out', () => {
  test('a signal without a provider is off, nothing travels, defaults are those of the specification', () => {
    const config = resolve('meter_provider: { readers: [ { periodic: { exporter: { otlp_http: } } } ] }')
    expect(config.signals).toEqual({ traces: false, metrics: true, logs: false })
    expect(config.destinations).toMatchObject([{ url: 'http://localhost:4318/v1/metrics', compression: 'none' }])
    expect(config.propagators).toEqual([])
    expect(config.detectors).toEqual(['none'])
    expect([config.metricIntervalMillis, config.metricTimeoutMillis, config.temporalityPreference]).toEqual([
      60_000,
      30_000,
      'cumulative',
    ])
  })

  test('an empty file turns everything off with a reason', () => {
    expect(resolve('').disabledReason).toMatch(/all turned off/)
    expect(resolve('disabled: true\nuptrace: { dsn: "http://t@h" }').disabledReason).toMatch(/disabled by/)
  })

  test('a DSN takes all signals', () => {
    for (const key of ['uptrace', 'distribution: { uptrace']) {
      const config = resolve(`${key}: { dsn: "http://t@h:14318" }${key === 'uptrace' ? '' : ' }'}`)
      expect(config.destinations.map(({ url }) => url)).toEqual([
        'http://h:14318/v1/traces',
        'http://h:14318/v1/metrics',
        'http://h:14318/v1/logs',
      ])
      expect(config.siteUrl).toBe('http://h:14318')
    }
  })

  test('a DSN beside a provider sends to both', () => {
    const config = resolve(
      'uptrace: { dsn: "http://t@h" }\ntracer_provider: { processors: [ { simple: { exporter: { otlp_http: } } } ] }',
    )
    expect(config.destinations.filter(({ signal }) => signal === 'traces').map(({ url }) => url)).toEqual([
      'http://h/v1/traces',
      'http://localhost:4318/v1/traces',
    ])
    expect(config.spanBatch.scheduledDelayMillis).toBe(0)
  })

  test('back ends by name take the signals that they know, and a wrong name turns telemetry off with one line', () => {
    const config = resolve(
      'uptrace: { backend: [zipkin, { name: jaeger, endpoint: "http://j:4318", site_url: "http://ui" }] }',
    )
    expect(config.destinations.map(({ url }) => url)).toEqual([
      'http://localhost:9411/api/v2/spans',
      'http://j:4318/v1/traces',
    ])
    expect(resolve('uptrace: { backend: jeager }').disabledReason).toMatch(
      /key uptrace is wrong: Option backend must be/,
    )
  })

  test('the exporter for Zipkin is a destination, at the address that the file names', () => {
    const { destinations } = resolve(
      `tracer_provider: { processors: [ { batch: { exporter: { zipkin: { endpoint: "http://z:1/api/v2/spans", timeout: 77 } } } } ] }`,
    )
    expect(destinations).toMatchObject([
      { url: 'http://z:1/api/v2/spans', protocol: 'zipkin/json', timeoutMillis: 77, signal: 'traces' },
    ])
  })

  test('samplers that have no name of ours are composed', () => {
    const sampler = (yaml: string): unknown =>
      resolve(`tracer_provider: { processors: [ { simple: { exporter: { console: } } } ], sampler: ${yaml} }`).sampler
    expect(sampler('{ always_off: }')).toEqual({ name: 'always_off', arg: undefined })
    expect(sampler('{ parent_based: }')).toEqual({ name: 'parentbased_always_on', arg: undefined })
    expect(
      sampler('{ parent_based: { root: { always_on: }, remote_parent_sampled: { always_off: } } }'),
    ).toBeInstanceOf(ParentBasedSampler)
  })
})

test('no other variable counts beside a file, but those the file names', () => {
  process.env['MY_DELAY'] = '77'
  const yaml = `tracer_provider:
  processors:
    - batch:
        schedule_delay: \${MY_DELAY:-5}
        exporter: { otlp_http: }`
  const config = resolve(yaml, {
    OTEL_BSP_SCHEDULE_DELAY: '1',
    OTEL_PROPAGATORS: 'b3',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://other:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=b',
    OTEL_SDK_DISABLED: 'true',
    OTEL_RESOURCE_ATTRIBUTES: 'a=b',
    UPTRACE_DSN: 'http://t@other',
    UPTRACE_SQL_COMMENTS: 'true',
    AWS_REGION: 'r',
  })
  expect(config.spanBatch.scheduledDelayMillis).toBe(77)
  expect(config.propagators).toEqual([])
  expect(config.destinations).toMatchObject([{ url: 'http://localhost:4318/v1/traces', headers: {} }])
  expect(config.options.sqlComments).toBe(false)
  expect(config.env['OTEL_RESOURCE_ATTRIBUTES']).toBeUndefined()
  expect(config.env['AWS_REGION']).toBe('r')
})

test('what code says wins', () => {
  const config = resolve(
    FULL,
    {},
    {
      dsn: 'http://t@code',
      resourceAttributes: { team: 'b' },
      instrumentations: { pg: false },
      metricExportIntervalMillis: 100,
      sampler: 'always_on',
    },
  )
  expect(config.destinations.map(({ url }) => url)).toEqual([
    'http://code/v1/traces',
    'http://code/v1/metrics',
    'http://code/v1/logs',
  ])
  expect(config.options.resourceAttributes).toEqual({ 'service.name': 'shop', replicas: 3, team: 'b' })
  expect(config.options.instrumentations).toMatchObject({ pg: false, fs: true })
  expect(config.sampler).toMatchObject({ name: 'always_on' })
  expect([config.metricIntervalMillis, config.metricTimeoutMillis]).toEqual([100, 100])
})

test('the older name is read, with a line; what uptrace-node dev sets goes before the file', () => {
  const file = write(
    'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { otlp_http: } } } ] }',
  )
  const config = resolveConfig({}, { OTEL_EXPERIMENTAL_CONFIG_FILE: file })
  expect(config.destinations).toHaveLength(1)
  expect(lines).toEqual(['OTEL_EXPERIMENTAL_CONFIG_FILE is read as OTEL_CONFIG_FILE, its name of today'])
  const dev = resolveConfig({}, { OTEL_CONFIG_FILE: file, UPTRACE_DEV_DSN: 'http://t@localhost:1' })
  expect(dev.destinations.map(({ url }) => url)).toEqual(['http://localhost:1/v1/traces'])
})

describe('a file that cannot be used turns telemetry off with one line, and nothing is half configured', () => {
  test.for<[string, string, RegExp]>([
    ['wrong YAML', 'file_format: "1.0"\nresource: {attributes: [\n', /is not valid YAML/],
    ['a tab', 'file_format: "1.0"\ntracer_provider:\n\tprocessors: []\n', /is not valid YAML|must be object/],
    ['a key given twice', 'file_format: "1.0"\ndisabled: true\ndisabled: false\n', /is not valid YAML/],
    ['no format', 'tracer_provider: { processors: [] }', /file_format/],
    ['an older format', 'file_format: "0.3"', /Unsupported file_format: "0.3"/],
    ['no object', '- a', /file_format/],
    ['nothing', '', /file_format/],
    [
      'an unknown key in a provider',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { console: } } } ], sampllr: 1 }',
      /additional properties/,
    ],
    [
      'an unknown exporter',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { teleport: {} } } } ] }',
      /the exporter of traces "teleport" is not available/,
    ],
    [
      'an unknown processor',
      'file_format: "1.0"\nlogger_provider: { processors: [ { mine: {} } ] }',
      /the processor of logs "mine" is not available/,
    ],
    [
      'an unknown propagator',
      'file_format: "1.0"\npropagator: { composite: [ { pigeon: {} } ] }',
      /the propagator "pigeon"/,
    ],
    [
      'an unknown sampler',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { console: } } } ], sampler: { jaeger_remote/development: { endpoint: "http://x", initial_sampler: { always_on: } } } }',
      /the sampler "jaeger_remote/,
    ],
    [
      'a wrong endpoint',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { otlp_http: { endpoint: "ftp://sEcReT@x" } } } } ] }',
      /not an http or https URL/,
    ],
    [
      'a header that HTTP forbids',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { otlp_http: { headers: [ { name: connection, value: sEcReT } ] } } } } ] }',
      /a header of the exporter of traces can't be sent/,
    ],
    [
      'a missing certificate',
      'file_format: "1.0"\ntracer_provider: { processors: [ { simple: { exporter: { otlp_http: { tls: { ca_file: /not/there } } } } } ] }',
      /ca_file names \/not\/there, which can't be read \(ENOENT\)/,
    ],
    [
      'an unknown key of ours',
      'file_format: "1.0"\nuptrace: { dsm: "http://sEcReT@h" }',
      /its key uptrace is wrong: Unknown option dsm/,
    ],
    [
      'a wrong value of ours',
      'file_format: "1.0"\nuptrace: { delivery: { exit_timeout_millis: soon } }',
      /delivery\.exitTimeoutMillis must be/,
    ],
    ['a wrong substitution', `file_format: "1.0"\nresource: { schema_url: "\${1x}" }`, /substitution/],
  ])('%s', ([, yaml, reason]) => {
    const file = write(yaml)
    const environment = { OTEL_CONFIG_FILE: file, UPTRACE_DSN: 'http://t@h', OTEL_PROPAGATORS: 'b3' }
    resolveLog({}, environment)
    const config = resolveConfig({ prettyPrint: true, dsn: 'http://t@h' }, environment)
    expect(config.disabledReason).toMatch(reason)
    expect(config.disabledReason).toContain(`OTEL_CONFIG_FILE names ${file}, which can't be used`)
    expect(config.disabledReason).not.toMatch(/sEcReT|\n/)
    expect(config.signals).toEqual({ traces: false, metrics: false, logs: false })
    expect(config.destinations).toEqual([])
    expect(lines).toEqual([])
  })

  test('a missing one, and a folder', () => {
    for (const [name, code] of [
      ['/not/there.yaml', 'ENOENT'],
      [folder, 'EISDIR'],
    ]) {
      const { disabledReason } = resolveConfig({}, { OTEL_CONFIG_FILE: name })
      expect(disabledReason).toBe(`OTEL_CONFIG_FILE names ${name}, which can't be used: it can't be read (${code})`)
    }
  })
})
