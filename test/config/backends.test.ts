/** Back ends by name: which place, how it is spoken to, what it takes, where it shows traces. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { BackendDefinition } from '../../src/config/backends/definition.ts'
import { resolvePlaces } from '../../src/config/backends/places.ts'
import { registerBackend } from '../../src/config/backends/registry.ts'
import { BACKENDS } from '../../src/config/backends/table.ts'
import { readEnvironment } from '../../src/config/environment.ts'
import type { ConfigureOptions } from '../../src/config/options.ts'
import { type Config, resolveConfig } from '../../src/config/resolve.ts'
import { validateOptions } from '../../src/config/validate.ts'
import { keepLogLines } from '../support/log-lines.ts'

const DSN = 'https://tokenA@one.example'
const lines = keepLogLines()

function resolve(options: ConfigureOptions, env: Record<string, string> = {}): Config {
  validateOptions(options)
  return resolveConfig(options, env, () => ({ dsn: 'http://local@localhost:14318' }))
}

const urls = ({ destinations }: Config) => destinations.map(({ url }) => url)
const allOf = (base: string) => ['traces', 'metrics', 'logs'].map((signal) => `${base}/v1/${signal}`)
const AWS = { AWS_REGION: 'eu-west-1' }

describe('a name alone', () => {
  test.for<[string, string[], string, Record<string, string>]>([
    ['uptrace', allOf('https://one.example'), 'https://one.example', { UPTRACE_DSN: DSN }],
    ['local', allOf('http://localhost:14318'), 'http://localhost:14318', {}],
    ['otlp', allOf('http://localhost:4318'), '', {}],
    ['collector', allOf('http://localhost:4318'), '', {}],
    ['jaeger', ['http://localhost:4318/v1/traces'], 'http://localhost:16686/trace/{traceId}?uiFind={spanId}', {}],
    ['zipkin', ['http://localhost:9411/api/v2/spans'], 'http://localhost:9411/zipkin/traces/{traceId}', {}],
    ['tempo', ['http://localhost:4318/v1/traces'], '', {}],
    [
      'xray',
      ['https://xray.eu-west-1.amazonaws.com/v1/traces'],
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#xray:traces/{xrayTraceId}',
      AWS,
    ],
    ['prometheus', [], '', {}],
    ['console', [], '', {}],
  ])(
    '%s: endpoint, signals and trace URLs, the same by option and by UPTRACE_BACKEND',
    ([name, expected, site, env]) => {
      for (const config of [resolve({ backend: name }, env), resolve({}, { ...env, UPTRACE_BACKEND: name })]) {
        expect([urls(config), config.siteUrl, config.disabledReason]).toEqual([expected, site, undefined])
      }
      expect(lines).toEqual([])
    },
  )

  test('every name of the table is among them', () => {
    expect(Object.keys(BACKENDS).sort()).toEqual(
      ['uptrace', 'local', 'otlp', 'collector', 'jaeger', 'zipkin', 'tempo', 'xray', 'prometheus', 'console'].sort(),
    )
  })

  test('console prints all signals, prometheus serves metrics alone', () => {
    expect(resolve({ backend: 'console' }).extraExporters).toEqual({
      traces: ['console'],
      metrics: ['console'],
      logs: ['console'],
    })
    const config = resolve({ backend: 'prometheus://127.0.0.1:9999' })
    expect(config.extraExporters).toEqual({ traces: [], metrics: ['prometheus'], logs: [] })
    expect(config.scrape).toEqual({ host: '127.0.0.1', port: 9999 })
    expect(config.signals).toEqual({ traces: false, metrics: true, logs: false })
  })

  test.for<[string, string[], unknown]>([
    ['jaeger', ['tracecontext', 'baggage'], undefined],
    ['zipkin', ['b3', 'tracecontext', 'baggage'], undefined],
    ['xray', ['xray', 'tracecontext', 'baggage'], 'xray'],
  ])('%s has its propagators and ids, and OTEL_PROPAGATORS goes before them', ([backend, propagators, ids]) => {
    const config = resolve({ backend }, AWS)
    expect([config.propagators, config.idGenerator]).toEqual([propagators, ids])
    expect(resolve({ backend }, { ...AWS, OTEL_PROPAGATORS: 'jaeger' }).propagators).toEqual(['jaeger'])
    const own = { generateTraceId: () => 'a', generateSpanId: () => 'b' }
    expect(resolve({ backend, idGenerator: own }, AWS).idGenerator).toBe(own)
  })

  test('xray signs for its service and region, over HTTP whatever OTEL_EXPORTER_OTLP_PROTOCOL says', () => {
    const { destinations } = resolve({ backend: 'xray' }, { ...AWS, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
    expect(destinations).toMatchObject([
      { protocol: 'http/protobuf', signing: { service: 'xray', region: 'eu-west-1' } },
    ])
  })

  test.for<[string, string, string]>([
    [
      'xray://cn-north-1',
      'https://xray.cn-north-1.amazonaws.com.cn/v1/traces',
      'https://cn-north-1.console.amazonaws.cn/',
    ],
    ['xray://us-gov-west-1', 'https://xray.us-gov-west-1.amazonaws.com/v1/traces', 'https://us-gov-west-1.console.'],
  ])('%s names the region', ([backend, url, site]) => {
    const config = resolve({ backend })
    expect([urls(config), config.siteUrl.startsWith(site)]).toEqual([[url], true])
  })

  test('xray without a region is told, and telemetry is off', () => {
    expect(resolve({ backend: 'xray' }).disabledReason).toMatch(/back end xray needs a region .*AWS_REGION/)
  })
})

describe('an endpoint', () => {
  test.for<[string, ConfigureOptions, Record<string, string>, string[]]>([
    ['as an address', { backend: 'jaeger://jaeger:4319' }, {}, ['http://jaeger:4319/v1/traces']],
    ['with TLS', { backend: 'zipkin+https://z.example' }, {}, ['https://z.example/api/v2/spans']],
    ['of its own path', { backend: 'zipkin://z:9411/collect' }, {}, ['http://z:9411/collect']],
    ['with a prefix', { backend: 'otlp://c:4318/otlp/' }, {}, allOf('http://c:4318/otlp')],
    ['that is complete', { backend: 'jaeger://c:4318/v1/traces' }, {}, ['http://c:4318/v1/traces']],
    ['as a DSN', { dsn: 'jaeger://j:4318' }, {}, ['http://j:4318/v1/traces']],
    ['as UPTRACE_DSN', {}, { UPTRACE_DSN: 'zipkin://z:9411' }, ['http://z:9411/api/v2/spans']],
    ['in an object', { backend: { name: 'jaeger', endpoint: 'http://j:1' } }, {}, ['http://j:1/v1/traces']],
    ['by the endpoint option', { backend: 'jaeger', endpoint: 'http://j:2' }, {}, ['http://j:2/v1/traces']],
    ['by variable', { backend: 'jaeger' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://j:3' }, ['http://j:3/v1/traces']],
    [
      'by the variable of its signal',
      { backend: 'tempo' },
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t:4/x' },
      ['http://t:4/x'],
    ],
    [
      "by Zipkin's variable",
      { backend: 'zipkin' },
      { OTEL_EXPORTER_ZIPKIN_ENDPOINT: 'http://z:5/api/v2/spans' },
      ['http://z:5/api/v2/spans'],
    ],
    ['by gRPC', { backend: 'jaeger', protocol: 'grpc' }, {}, ['http://localhost:4317']],
    ['of X-Ray in a VPC', { backend: 'xray+http://vpce:80' }, AWS, ['http://vpce/v1/traces']],
  ])('%s', ([, options, env, expected]) => {
    expect(urls(resolve(options, env))).toEqual(expected)
    expect(lines).toEqual([])
  })

  test.for<[string, ConfigureOptions, Record<string, string>, string]>([
    ['Jaeger elsewhere', { backend: 'jaeger://jaeger:4318' }, {}, ''],
    ['Jaeger on another port', { backend: 'jaeger://localhost:14318' }, {}, ''],
    [
      'Jaeger and its address',
      { backend: { name: 'jaeger', endpoint: 'http://j:4318', siteUrl: 'https://me:pw@ui.example/' } },
      {},
      'https://ui.example/trace/{traceId}?uiFind={spanId}',
    ],
    [
      'Jaeger by UPTRACE_SITE_URL',
      { backend: 'jaeger://j:4318' },
      { UPTRACE_SITE_URL: 'https://ui.example' },
      'https://ui.example/trace/{traceId}?uiFind={spanId}',
    ],
    [
      'an address with places for ids',
      { backend: 'jaeger', siteUrl: 'https://ui.example/{traceId}' },
      {},
      'https://ui.example/{traceId}',
    ],
    [
      'Tempo by the address of Grafana',
      { backend: { name: 'tempo', siteUrl: 'http://grafana:3000', datasource: 'P 1' } },
      {},
      `http://grafana:3000/explore?schemaVersion=1&panes=%7B%22trace%22%3A%7B%22datasource%22%3A%22P%201%22%2C%22queries%22%3A%5B%7B%22refId%22%3A%22A%22%2C%22queryType%22%3A%22traceql%22%2C%22query%22%3A%22{traceId}%22%7D%5D%7D%7D`,
    ],
    ['X-Ray behind another endpoint', { backend: 'xray+http://vpce:80' }, AWS, ''],
    [
      'the first that shows traces',
      { backend: ['collector', 'zipkin', 'jaeger'] },
      {},
      'http://localhost:9411/zipkin/traces/{traceId}',
    ],
    ['the first in the order of the list', { backend: ['uptrace', 'zipkin'], dsn: DSN }, {}, 'https://one.example'],
    ['Zipkin beside a DSN that gets no spans', {}, { UPTRACE_DSN: DSN, OTEL_TRACES_EXPORTER: 'zipkin' }, ''],
  ])('%s: traces are shown at an address where they are, or nowhere', ([, options, env, expected]) => {
    expect(resolve(options, env).siteUrl).toBe(expected)
  })
})

describe('several at once', () => {
  test('a header that is undefined is not given', () => {
    const headers = { 'x-key': undefined, 'x-other': 'b' } as unknown as Record<string, string>
    const { destinations } = resolveConfig({ endpoint: 'http://localhost:4318', headers }, {})
    expect(destinations[0]!.headers).toEqual({ 'x-other': 'b' })
  })

  test('white space around addresses and header values, as a file or a secret store leaves it, does not count', () => {
    const { destinations, siteUrl } = resolve({
      endpoint: ' \thttp://c:4318/base\r\n',
      headers: { authorization: 'Bearer abc\n' },
      siteUrl: 'http://ui.example/\n',
    })
    expect(destinations[0]).toMatchObject({
      url: 'http://c:4318/base/v1/traces',
      headers: { authorization: 'Bearer abc' },
    })
    expect(siteUrl).toBe('http://ui.example')
    const named = resolve({ backend: { name: 'jaeger', endpoint: 'http://j:1\n', headers: { 'x-a': ' b\n' } } })
    expect(named.destinations[0]).toMatchObject({ url: 'http://j:1/v1/traces', headers: { 'x-a': 'b' } })
  })

  test('each gets what it takes, with its own headers', () => {
    const { destinations } = resolve({
      backend: ['uptrace', { name: 'jaeger', headers: { 'x-tenant': 'a' } }, 'zipkin'],
      dsn: DSN,
      headers: { 'x-common': 'b' },
    })
    expect(destinations.map(({ url, headers }) => [url, headers])).toEqual([
      ...allOf('https://one.example').map((url) => [url, { 'x-common': 'b', 'uptrace-dsn': DSN }]),
      ['http://localhost:4318/v1/traces', { 'x-tenant': 'a' }],
      ['http://localhost:9411/api/v2/spans', {}],
    ])
  })

  test('an option or a variable for one endpoint is nobody’s where several have one', () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_HEADERS: 'api-key=secret' }
    const { destinations } = resolve({ backend: ['jaeger', 'collector://c2:4318'] }, env)
    expect(destinations.map(({ url }) => url)).toEqual(['http://localhost:4318/v1/traces', ...allOf('http://c2:4318')])
    expect(destinations.every(({ headers }) => Object.keys(headers).length === 0)).toBe(true)
  })

  test('one that cannot be used is left out, with a line', () => {
    const config = resolve({ backend: ['uptrace', 'jaeger'] })
    expect(urls(config)).toEqual(['http://localhost:4318/v1/traces'])
    expect(lines).toEqual([expect.stringMatching(/^no DSN .*left out$/)])
  })

  test('OTEL_TRACES_EXPORTER=zipkin adds Zipkin, and not twice', () => {
    const env = { OTEL_TRACES_EXPORTER: 'otlp,zipkin', UPTRACE_DSN: DSN }
    expect(urls(resolve({}, env))).toEqual([...allOf('https://one.example'), 'http://localhost:9411/api/v2/spans'])
    expect(urls(resolve({}, { OTEL_TRACES_EXPORTER: 'zipkin', UPTRACE_BACKEND: 'zipkin' }))).toHaveLength(1)
    expect(urls(resolve({}, { OTEL_TRACES_EXPORTER: 'zipkin' }))).toEqual(['http://localhost:9411/api/v2/spans'])
    expect(resolve({}, { OTEL_TRACES_EXPORTER: 'none', UPTRACE_BACKEND: 'jaeger' }).signals.traces).toBe(false)
    expect(lines).toEqual([])
  })
})

describe('precedence', () => {
  test.for<[string, ConfigureOptions, Record<string, string>, string[]]>([
    [
      'UPTRACE_BACKEND over UPTRACE_DSN',
      {},
      { UPTRACE_BACKEND: 'zipkin', UPTRACE_DSN: DSN },
      ['http://localhost:9411/api/v2/spans'],
    ],
    [
      'the backend option over UPTRACE_BACKEND',
      { backend: 'jaeger' },
      { UPTRACE_BACKEND: 'zipkin' },
      ['http://localhost:4318/v1/traces'],
    ],
    ['the dsn option over UPTRACE_BACKEND', { dsn: DSN }, { UPTRACE_BACKEND: 'zipkin' }, allOf('https://one.example')],
    [
      'the backend option over the dsn option',
      { backend: 'zipkin', dsn: DSN },
      {},
      ['http://localhost:9411/api/v2/spans'],
    ],
    [
      'uptrace-node dev over all',
      { backend: 'zipkin' },
      { UPTRACE_DEV_DSN: 'http://t@localhost:1' },
      allOf('http://localhost:1'),
    ],
  ])('%s', ([, options, env, expected]) => {
    expect(urls(resolve(options, env))).toEqual(expected)
  })
})

describe('a name that nobody has', () => {
  test.for<[unknown, string, RegExp]>([
    ['jeager', 'backend', /Option backend must be one of uptrace, .*got 'jeager' \(did you mean jaeger\?\)$/],
    [['zipkin', 'x'], 'backend', /Option backend\[1\] must be one of .*got 'x'$/],
    ['zipkn', 'backend', /\(did you mean zipkin\?\)$/],
    ['colector', 'backend', /\(did you mean collector\?\)$/],
    ['kafka', 'backend', /got 'kafka'$/],
    [{ name: 'zipkin2' }, 'backend.name', /Option backend\.name must be one of/],
    [{ endpoint: 'http://x' }, 'backend', /an object with the name of a back end/],
    [{ name: 'zipkin', endpoint: 'z:9411' }, 'backend.endpoint', /an http or https URL/],
    [{ name: 'zipkin', url: 'http://z' }, 'backend.url', /Unknown option backend\.url/],
    ['secretsecretsecretsecretsecretsecret@host', 'backend', /^(?!.*secret)/],
    [5, 'backend', /got 5/],
  ])('%j in code is a ConfigError that names the option', ([backend, option, text]) => {
    expect(() => resolve({ backend: backend as never })).toThrow(
      expect.objectContaining({ name: 'ConfigError', option, message: expect.stringMatching(text) }),
    )
  })

  test('in the environment is one line, and the others, or the DSN, are used', () => {
    expect(urls(resolve({}, { UPTRACE_BACKEND: 'jeager, zipkin' }))).toEqual(['http://localhost:9411/api/v2/spans'])
    expect(lines).toEqual([
      expect.stringMatching(/^UPTRACE_BACKEND: a back end must be one of .*jaeger\?\); it is ignored$/),
    ])
    expect(urls(resolve({}, { UPTRACE_BACKEND: 'x', UPTRACE_DSN: DSN }))).toEqual(allOf('https://one.example'))
    expect(lines).toHaveLength(2)
  })

  test('does not count as an end point beside the only one, which has what is said for all', () => {
    const options = { endpoint: 'http://c:4318', headers: { a: 'b' } }
    const { destinations, problem } = resolvePlaces([{ backend: { name: 'nobody' } }, { backend: { name: 'otlp' } }], {
      options,
      env: readEnvironment({}),
      findLocalViewer: () => ({ refused: 'none' }),
      isNamed: true,
    })
    expect(problem).toBeUndefined()
    expect(destinations.map(({ url, headers }) => [url, headers])).toContainEqual([
      'http://c:4318/v1/traces',
      { a: 'b' },
    ])
    expect(lines).toEqual([expect.stringMatching(/a back end must be one of .*; this one is left out$/)])
  })

  test('as the scheme of a DSN is what it was: a DSN that cannot be used', () => {
    expect(resolve({ dsn: 'jeager://localhost' }).disabledReason).toMatch(/neither http nor https/)
  })
})

describe('registerBackend', () => {
  test('gives a back end a name for the option, the variable and the DSN', () => {
    registerBackend('acme', {
      endpoint: 'https://otlp.acme.example',
      headers: () => ({ 'x-acme-key': 'k' }),
      signals: ['traces', 'logs'],
      propagators: ['jaeger'],
      siteUrl: 'https://ui.acme.example',
      traceUrl: '{site}/t/{traceId}/{spanId}',
    })
    for (const config of [resolve({ backend: 'acme' }), resolve({}, { UPTRACE_BACKEND: 'ACME' })]) {
      expect(config.destinations.map(({ url, headers }) => [url, headers])).toEqual([
        ['https://otlp.acme.example/v1/traces', { 'x-acme-key': 'k' }],
        ['https://otlp.acme.example/v1/logs', { 'x-acme-key': 'k' }],
      ])
      expect([config.siteUrl, config.propagators]).toEqual(['https://ui.acme.example/t/{traceId}/{spanId}', ['jaeger']])
    }
    expect(urls(resolve({ dsn: 'acme://eu.acme.example' }))[0]).toBe('https://eu.acme.example/v1/traces')
  })

  test('what it throws while telemetry is configured leaves that back end out, and nothing else', () => {
    registerBackend('broken', {
      headers: () => {
        throw new Error('no key')
      },
    })
    expect(urls(resolve({ backend: ['broken', 'jaeger'] }))).toEqual(['http://localhost:4318/v1/traces'])
    expect(lines).toEqual(['the back end broken cannot be set up: no key; this one is left out'])
  })

  test('a header that its function gives and that cannot be sent leaves it out as well, without the value', () => {
    registerBackend('broken', { headers: () => ({ key: 'secret\nvalue' }) })
    expect(resolve({ backend: 'broken' }).disabledReason).toMatch(
      /^a header of the back end broken can't be sent: .*HTTP$/,
    )
  })

  test.for<[string, unknown, RegExp]>([
    ['jaeger', {}, /none of uptrace/],
    ['https', {}, /small letters/],
    ['My Backend', {}, /small letters/],
    ['fine', { signals: ['spans'] }, /definition\.signals\[0\] must be one of 'traces'/],
    ['fine', { endpoints: 'x' }, /Unknown option definition\.endpoints \(did you mean endpoint\?\)/],
    ['fine', { headers: { 'content-length': '1' } }, /content-length/],
    ['fine', undefined, /must be an object/],
  ])('%s with %j is a ConfigError', ([name, definition, text]) => {
    expect(() => registerBackend(name, definition as BackendDefinition)).toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(text) }),
    )
  })
})

test('docs/back-ends.md has a row for each, with its endpoint, signals and propagators', () => {
  const rows = readFileSync(path.join(import.meta.dirname, '../../docs/back-ends.md'), 'utf8').split('\n')
  for (const [name, { endpoint, signals = [], propagators = ['tracecontext', 'baggage'] }] of Object.entries(
    BACKENDS,
  )) {
    const row = rows.find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
    const cells = row.split(' | ')
    if (endpoint !== undefined) expect(cells[1]).toContain(endpoint.replace('{region}', '<region>'))
    expect([name, cells[4]]).toEqual([name, signals.join(', ')])
    expect(cells[5]).toContain(propagators.join(','))
  }
})
