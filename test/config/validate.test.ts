/** Options given in code: a wrong one throws a ConfigError that names it and has a stable code. */
import { expect, test } from 'vitest'
import { validateOptions } from '../../src/config/validate.ts'
import { ConfigError } from '../../src/errors.ts'

test.for<[unknown, string, string | undefined, RegExp]>([
  [null, 'ERR_OPTION_TYPE', undefined, /expects an object of options, got null/],
  ['https://t@h', 'ERR_OPTION_TYPE', undefined, /got a value of type string/],
  [{ serviceNam: 'a' }, 'ERR_OPTION_UNKNOWN', 'serviceNam', /Unknown option serviceNam \(did you mean serviceName\?\)/],
  [{ DSN: 'a' }, 'ERR_OPTION_UNKNOWN', 'DSN', /did you mean dsn/],
  [{ dsn: 5 }, 'ERR_OPTION_TYPE', 'dsn', /Option dsn must be a string or a list of strings, got 5/],
  [{ dsn: ['a', 1] }, 'ERR_OPTION_TYPE', 'dsn', /got a list/],
  [{ serviceName: {} }, 'ERR_OPTION_TYPE', 'serviceName', /must be a string/],
  [{ tracingEnabled: 'yes' }, 'ERR_OPTION_TYPE', 'tracingEnabled', /true or false/],
  [{ protocol: 'http' }, 'ERR_OPTION_TYPE', 'protocol', /one of 'http\/protobuf'/],
  [{ endpoint: 'localhost:4318' }, 'ERR_OPTION_TYPE', 'endpoint', /http or https URL/],
  [{ keep: { ratio: 2 } }, 'ERR_OPTION_RANGE', 'keep.ratio', /from 0 to 1, got 2/],
  [{ keep: { errors: 'yes' } }, 'ERR_OPTION_TYPE', 'keep.errors', /true or false/],
  [{ keep: { slow: 1 } }, 'ERR_OPTION_UNKNOWN', 'keep.slow', /Unknown option/],
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
  [{ spanProcessors: [{}] }, 'ERR_OPTION_TYPE', 'spanProcessors', /list of span processors/],
  [{ minLogSeverity: 'LOUD' }, 'ERR_OPTION_TYPE', 'minLogSeverity', /SeverityNumber/],
  [{ logs: { keys: { traceId: '' } } }, 'ERR_OPTION_TYPE', 'logs.keys', /field names/],
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
