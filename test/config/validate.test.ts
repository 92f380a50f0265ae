/** Options given in code: a wrong one throws a ConfigError that names it and has a stable code. */
import { describe, expect, test } from 'vitest'
import { createOptionRules } from '../../src/config/option-rules.ts'
import { validateOptions } from '../../src/config/validate.ts'
import { ConfigError } from '../../src/errors.ts'

test.for<[unknown, string, string | undefined, RegExp]>([
  [null, 'ERR_OPTION_TYPE', undefined, /expects an object of options, got null/],
  ['https://t@h', 'ERR_OPTION_TYPE', undefined, /got a value of type string/],
  [{ serviceNam: 'a' }, 'ERR_OPTION_UNKNOWN', 'serviceNam', /Unknown option serviceNam \(did you mean serviceName\?\)/],
  [{ exitFlush: true }, 'ERR_OPTION_UNKNOWN', 'exitFlush', /did you mean delivery\.exitFlush\?/],
  [{ delivery: { exitFlash: true } }, 'ERR_OPTION_UNKNOWN', 'delivery.exitFlash', /did you mean exitFlush\?/],
  [{ DSN: 'a' }, 'ERR_OPTION_UNKNOWN', 'DSN', /did you mean dsn/],
  [{ dsn: 5 }, 'ERR_OPTION_TYPE', 'dsn', /Option dsn must be a string or a list of strings, got 5/],
  [{ dsn: ['a', 1] }, 'ERR_OPTION_TYPE', 'dsn', /Option dsn\[1\] must be a string, got 1/],
  [{ serviceName: {} }, 'ERR_OPTION_TYPE', 'serviceName', /must be a string/],
  [{ tracingEnabled: 'yes' }, 'ERR_OPTION_TYPE', 'tracingEnabled', /true or false/],
  [{ protocol: 'http' }, 'ERR_OPTION_TYPE', 'protocol', /one of 'http\/protobuf'/],
  [{ endpoint: 'localhost:4318' }, 'ERR_OPTION_TYPE', 'endpoint', /http or https URL/],
  [{ keep: { ratio: 2 } }, 'ERR_OPTION_RANGE', 'keep.ratio', /from 0 to 1, got 2/],
  [{ keep: { errors: 'yes' } }, 'ERR_OPTION_TYPE', 'keep.errors', /true or false/],
  [{ keep: { slow: 1 } }, 'ERR_OPTION_UNKNOWN', 'keep.slow', /Unknown option/],
  [{ redaction: 'no' }, 'ERR_OPTION_TYPE', 'redaction', /true, false or an object/],
  [{ redaction: { sql: 'none' } }, 'ERR_OPTION_TYPE', 'redaction.sql', /one of 'sanitized', 'raw', 'off'/],
  [{ redaction: { keys: [1] } }, 'ERR_OPTION_TYPE', 'redaction.keys', /keys\[0\] must be a string/],
  [{ redaction: { values: ['x'] } }, 'ERR_OPTION_TYPE', 'redaction.values', /values\[0\] must be a regular expression/],
  [{ redaction: { redact: true } }, 'ERR_OPTION_TYPE', 'redaction.redact', /a function/],
  [{ redaction: { key: [] } }, 'ERR_OPTION_UNKNOWN', 'redaction.key', /did you mean|Unknown/],
  [{ keep: { when: true } }, 'ERR_OPTION_TYPE', 'keep.when', /a function/],
  [{ metricExportIntervalMillis: 0 }, 'ERR_OPTION_RANGE', 'metricExportIntervalMillis', /finite number above 0, got 0/],
  [{ metricExportIntervalMillis: Number.NaN }, 'ERR_OPTION_RANGE', 'metricExportIntervalMillis', /got NaN/],
  [
    { metricExportIntervalMillis: 5, metricExportTimeoutMillis: 6 },
    'ERR_OPTION_RANGE',
    'metricExportTimeoutMillis',
    /at most metricExportIntervalMillis/,
  ],
  [
    { batchSpanProcessor: { maxQueueSize: 1.5 } },
    'ERR_OPTION_RANGE',
    'batchSpanProcessor.maxQueueSize',
    /whole number above 0/,
  ],
  [
    { batchSpanProcessor: { maxQueSize: 1 } },
    'ERR_OPTION_UNKNOWN',
    'batchSpanProcessor.maxQueSize',
    /did you mean|Unknown/,
  ],
  [{ tls: { ca: 5 } }, 'ERR_OPTION_TYPE', 'tls.ca', /PEM/],
  [{ sampler: 'sometimes' }, 'ERR_OPTION_TYPE', 'sampler', /a sampler or one of/],
  [{ spanProcessors: [{}] }, 'ERR_OPTION_TYPE', 'spanProcessors', /spanProcessors\[0\] must be a span processor/],
  [{ minLogSeverity: 'LOUD' }, 'ERR_OPTION_TYPE', 'minLogSeverity', /SeverityNumber/],
  [{ logs: { keys: { traceId: '' } } }, 'ERR_OPTION_TYPE', 'logs.keys', /field names/],
  [{ headers: { x: 'a\r\nb' } }, 'ERR_OPTION_TYPE', 'headers', /Option headers\.x must be a text without line breaks/],
  [{ headers: { x: 'a\nb' } }, 'ERR_OPTION_TYPE', 'headers', /Option headers\.x/],
  [{ endpoint: 'http://h:1/a\nb' }, 'ERR_OPTION_TYPE', 'endpoint', /http or https URL/],
  [{ siteUrl: 'http://h\tx' }, 'ERR_OPTION_TYPE', 'siteUrl', /http or https URL/],
  [{ headers: { x: 'snow ☃' } }, 'ERR_OPTION_TYPE', 'headers', /headers\.x/],
  [{ headers: { 'a b': 'c' } }, 'ERR_OPTION_TYPE', 'headers', /"a b": its name is not legal/],
  [{ headers: { '': 'c' } }, 'ERR_OPTION_TYPE', 'headers', /its name is not legal/],
  [{ headers: { ':path': '/x' } }, 'ERR_OPTION_TYPE', 'headers', /its name is not legal/],
  [{ headers: { connection: 'keep-alive' } }, 'ERR_OPTION_TYPE', 'headers', /"connection": it is about the connection/],
  [{ headers: { 'Transfer-Encoding': 'chunked' } }, 'ERR_OPTION_TYPE', 'headers', /"Transfer-Encoding"/],
  [{ headers: { 'keep-alive': '1' } }, 'ERR_OPTION_TYPE', 'headers', /"keep-alive"/],
  [{ headers: { upgrade: 'h2c' } }, 'ERR_OPTION_TYPE', 'headers', /"upgrade"/],
  [{ headers: { te: 'gzip' } }, 'ERR_OPTION_TYPE', 'headers', /"te"/],
  [{ headers: { 'content-length': '1' } }, 'ERR_OPTION_TYPE', 'headers', /"content-length"/],
  [{ headers: { a: '1', A: '2' } }, 'ERR_OPTION_TYPE', 'headers', /"A": it is given twice/],
  [{ headers: { a: 1 } }, 'ERR_OPTION_TYPE', 'headers', /headers\.a must be a string, got 1/],
  [
    { instrumentations: [null] },
    'ERR_OPTION_TYPE',
    'instrumentations',
    /instrumentations\[0\] must be an instrumentation, got null/,
  ],
  [
    { instrumentations: [[{}]] },
    'ERR_OPTION_TYPE',
    'instrumentations',
    /instrumentations\[0\]\[0\] must be an instrumentation/,
  ],
  // biome-ignore lint/suspicious/noSparseArray: a hole counts
  [{ instrumentations: [,] }, 'ERR_OPTION_TYPE', 'instrumentations', /instrumentations\[0\]/],
  [
    { instrumentations: { htp: true } },
    'ERR_OPTION_UNKNOWN',
    'instrumentations.htp',
    /Unknown option instrumentations\.htp/,
  ],
  [{ instrumentations: { http: 'yes' } }, 'ERR_OPTION_TYPE', 'instrumentations.http', /true, false or an object/],
  [
    { instrumentations: { http: { requestHook: 5 } } },
    'ERR_OPTION_TYPE',
    'instrumentations.http',
    /http\.requestHook must be a function/,
  ],
  [{ instrumentations: { add: [{}] } }, 'ERR_OPTION_TYPE', 'instrumentations.add', /instrumentations\.add\[0\]/],
  [
    { resourceAttributes: { a: {} } },
    'ERR_OPTION_TYPE',
    'resourceAttributes',
    /resourceAttributes\.a must be a string, a number/,
  ],
  [{ resourceAttributes: { a: () => 1 } }, 'ERR_OPTION_TYPE', 'resourceAttributes', /resourceAttributes\.a/],
  [{ resourceAttributes: { a: [{}] } }, 'ERR_OPTION_TYPE', 'resourceAttributes', /resourceAttributes\.a/],
  [{ views: [{}] }, 'ERR_OPTION_TYPE', 'views', /views\[0\] must be view options with a selector/],
  [{ views: [{ name: 'x', instrumentName: '*' }] }, 'ERR_OPTION_TYPE', 'views', /one instrumentName/],
  [
    { views: [{ instrumentName: 'x', aggregation: { type: 9 } }] },
    'ERR_OPTION_TYPE',
    'views[0].aggregation',
    /an aggregation/,
  ],
  [{ tls: { ca: 'certificate.pem' } }, 'ERR_OPTION_TYPE', 'tls.ca', /PEM/],
  [{ timeoutMillis: 1e12 }, 'ERR_OPTION_RANGE', 'timeoutMillis', /at most 2147483647, got 1000000000000/],
  [{ baggageKeys: [1] }, 'ERR_OPTION_TYPE', 'baggageKeys', /baggageKeys\[0\] must be a string/],
  [{ ignoreUrls: [{}] }, 'ERR_OPTION_TYPE', 'ignoreUrls', /ignoreUrls\[0\]/],
  [
    { spanLimits: { eventCountLimit: Number.NaN } },
    'ERR_OPTION_RANGE',
    'spanLimits.eventCountLimit',
    /at least 0, got NaN/,
  ],
])('%j', ([options, code, option, text]) => {
  let error: unknown
  try {
    validateOptions(options)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ code, option })
  expect((error as Error).message).toMatch(text)
})

describe('every option takes hostile values', () => {
  const throwing = (): never => {
    throw new Error('sEcReT of the getter')
  }
  const revoked = Proxy.revocable([], {})
  revoked.revoke()
  const hostile: Array<[string, () => unknown]> = [
    ['null', () => null],
    ['NaN', () => Number.NaN],
    ['Infinity', () => Number.POSITIVE_INFINITY],
    ['1e308', () => 1e308],
    ['-1', () => -1],
    ['a symbol', () => Symbol('x')],
    ['a bigint', () => 2n ** 70n],
    ['a function', () => () => 1],
    ['a date', () => new Date()],
    ['a list with null', () => [null]],
    // biome-ignore lint/suspicious/noSparseArray: holes are what is tried
    ['a list with a hole', () => [, 'x']],
    ['a list without end', () => new Array(4_294_967_295)],
    ['a text of 20 MB', () => 'a.'.repeat(10_000_000)],
    ['an object whose members throw', () => Object.defineProperty({}, 'x', { enumerable: true, get: throwing })],
    ['an object without a prototype', () => Object.assign(Object.create(null), { constructor: 1 })],
    [
      'a proxy that throws',
      () => new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing, has: throwing }),
    ],
    ['a list behind such a proxy', () => new Proxy([1], { get: throwing })],
    ['a revoked proxy', () => revoked.proxy],
    [
      'an object that cannot become a text',
      () => ({ [Symbol.toPrimitive]: throwing, toString: throwing, toJSON: throwing }),
    ],
    [
      'itself',
      () => {
        const loop: Record<string, unknown> = {}
        loop['self'] = loop
        return loop
      },
    ],
  ]
  /** What each takes although it is odd. */
  const odd: Record<string, string[]> = {
    resourceAttributes: ['a date', 'an object without a prototype'],
    samplerArg: ['1e308'],
  }
  /** A date is an object without members of its own. */
  const takesMembers =
    /^(keep|redaction|tls|spanLimits|logs|batch|logRecordLimits|eventLoopBlocks|delivery|headers|spanMetrics|instrumentations)/

  test.for(Object.keys(createOptionRules()))('%s', (option) => {
    for (const [what, create] of hostile) {
      const started = performance.now()
      let error: unknown
      try {
        validateOptions({ [option]: create() })
      } catch (thrown) {
        error = thrown
      }
      expect(performance.now() - started, what).toBeLessThan(2_000)
      if (odd[option]?.includes(what) || (what === 'a date' && takesMembers.test(option))) continue
      expect(error, what).toBeInstanceOf(ConfigError)
      const { option: named, message } = error as ConfigError
      expect(named === option || named?.startsWith(`${option}.`) || named?.startsWith(`${option}[`), what).toBe(true)
      expect(message, what).not.toContain('sEcReT')
      expect(message.length, what).toBeLessThan(1_000)
    }
  })

  test.for(Object.keys(createOptionRules()))('%s: a getter that throws', (option) => {
    const options = Object.defineProperty({}, option, { enumerable: true, get: throwing })
    expect(() => validateOptions(options)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_TYPE', option }))
  })

  test('the options themselves', () => {
    for (const options of [new Proxy({}, { ownKeys: throwing }), revoked.proxy, Symbol('x'), 1n, [], () => 1])
      expect(() => validateOptions(options)).toThrow(ConfigError)
  })
})

test('what the README shows is right', () => {
  expect(() =>
    validateOptions({
      dsn: ['https://a@b.example', 'local'],
      headers: { 'X-Tenant': 'a b', 'x-latin': 'é' },
      instrumentations: {
        fs: {},
        pg: false,
        http: { requestHook: () => {}, headersToSpanAttributes: { server: {} } },
        add: [],
      },
      logs: { keys: { traceId: 'trace.id', parentSpanId: 'parent_id' } },
      resourceAttributes: { a: 'b', c: [1, 2], d: undefined, e: true },
      spanLimits: { attributeCountLimit: Number.POSITIVE_INFINITY },
      tls: { ca: ['-----BEGIN CERTIFICATE-----'] },
      views: [
        { instrumentName: 'x', aggregation: { type: 1 } },
        { meterName: 'm', attributesProcessors: [{ process: () => ({}) }] },
      ],
      ignoreUrls: ['/a', /b/],
      timeoutMillis: 0,
    }),
  ).not.toThrow()
})

test('undefined counts as not given', () => {
  expect(() => validateOptions({ dsn: undefined, tls: undefined, sampler: undefined })).not.toThrow()
})

test('a value that may be a secret is not repeated', () => {
  try {
    validateOptions({ headers: 'sEcReT' })
  } catch (error) {
    expect(String(error)).not.toContain('sEcReT')
    return
  }
  throw new Error('expected it to throw')
})
