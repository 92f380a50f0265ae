/** pino 8, 9 and 10: the ids in a line equal those of the exported span and of the exported log record, in every import order. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { type RunOptions, type RunResult, runSource } from '../support/run-node.ts'
import { attributesOf, plain } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const configure = (more = ''): string =>
  `configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false, ${more} })`
const linesOf = ({ stdout }: RunResult): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
const BODY = `
  withSpan('outer', () => withSpan('inner', () => {
    log.child({ module: 'orders', secret: 'x' }).warn({ order: { id: 7 } }, 'stock is %s', 'low')
    const error = new TypeError('boom'); error.code = 'E_BOOM'
    log.error(error)
  }))
  log.info('outside')
  shutdown()`

const PROGRAMS: Record<string, [kind: 'mjs' | 'cjs', source: () => string]> = {
  'CommonJS, pino after configure': [
    'cjs',
    () =>
      `const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node'); ${configure()}\nconst log = require('pino')({ redact: ['secret'] });${BODY}`,
  ],
  'CommonJS, logger made before configure': [
    'cjs',
    () =>
      `const log = require('pino')({ redact: ['secret'] }); const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node'); ${configure()};${BODY}`,
  ],
  'ESM, hoisted imports': [
    'mjs',
    () =>
      `import pino from 'pino'; import { configureOpentelemetry, withSpan, shutdown } from 'uptrace-node'; ${configure()}\nconst log = pino({ redact: ['secret'] });${BODY}`,
  ],
  'ESM, named import': [
    'mjs',
    () =>
      `import { configureOpentelemetry, withSpan, shutdown } from 'uptrace-node'; ${configure()}\nconst { pino } = await import('pino'); const log = pino({ redact: ['secret'] });${BODY}`,
  ],
  'explicit, beside the automatic one': [
    'mjs',
    () =>
      `import pino from 'pino'; import { configureOpentelemetry, withSpan, shutdown } from 'uptrace-node'; import { pinoOptions } from 'uptrace-node/pino'; ${configure()}\nconst log = pino(pinoOptions({ redact: ['secret'] }));${BODY}`,
  ],
  'explicit alone': [
    'cjs',
    () =>
      `const pino = require('pino'); const { pinoOptions } = require('uptrace-node/pino'); const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node'); ${configure('instrumentations: { pino: false }')}\nconst log = pino(pinoOptions({ redact: ['secret'] }));${BODY}`,
  ],
}

describe.for(['pino-8', 'pino-9', 'pino'])('%s', (version) => {
  const options: RunOptions = { aliases: { pino: version } }

  test.for(Object.keys(PROGRAMS))('%s', async (name) => {
    const [kind, source] = PROGRAMS[name]!
    const result = await runSource(kind, source(), options)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const lines = linesOf(result)
    const records = sink.items('logs')
    const inner = sink.items('traces').find((span) => span.name === 'inner')
    expect(lines).toHaveLength(3)
    expect(records).toHaveLength(3)
    for (const index of [0, 1]) {
      expect(lines[index]).toMatchObject({ trace_id: inner.traceId, span_id: inner.spanId, trace_flags: '03' })
      expect(records[index]).toMatchObject({ traceId: inner.traceId, spanId: inner.spanId })
      expect(records[index].timeUnixNano.slice(0, 13)).toBe(String(lines[index]!.time))
    }
    expect(lines[2]).not.toHaveProperty('trace_id')
    expect(records[2]).not.toHaveProperty('traceId')
    expect(records[0]).toMatchObject({ severityNumber: 13, severityText: 'warn' })
    expect(plain(records[0].body)).toBe('stock is low')
    expect(attributesOf(records[0])).toEqual({ module: 'orders', secret: '[Redacted]', order: { id: 7 } })
    expect(records[1]).toMatchObject({ severityNumber: 17, severityText: 'error' })
    expect(attributesOf(records[1])).toEqual({
      'exception.type': 'TypeError',
      'exception.message': 'boom',
      'exception.stacktrace': expect.stringContaining('TypeError: boom'),
      err: { code: 'E_BOOM' },
    })
  })

  test('custom keys, levels, message key, time and nesting', async () => {
    const source = `
      const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
      ${configure(`logs: { keys: { traceId: 'tid', spanId: 'sid', traceFlags: 'tf', parentSpanId: 'pid_span' } }`)}
      const pino = require('pino')
      const log = pino({ customLevels: { notice: 35 }, messageKey: 'message', errorKey: 'problem', nestedKey: 'data', timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } })
      withSpan('outer', () => withSpan('inner', () => { log.notice({ a: 1 }, 'note'); log.info({}) }))
      shutdown()`
    const result = await runSource('cjs', source, options)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const spans = Object.fromEntries(sink.items('traces').map((span) => [span.name, span]))
    const lines = linesOf(result)
    expect(lines[0]).toMatchObject({
      level: 'notice',
      data: { a: 1 },
      message: 'note',
      tid: spans.inner.traceId,
      sid: spans.inner.spanId,
      tf: '03',
      pid_span: spans.outer.spanId,
    })
    const [record] = sink.items('logs')
    expect(record).toMatchObject({ severityNumber: 11, severityText: 'notice', traceId: spans.inner.traceId })
    expect(plain(record.body)).toBe('note')
    expect(attributesOf(record)).toEqual({ data: { a: 1 } })
  })

  test('a transport in a worker writes each line once, with ids, and each is sent once', async () => {
    const source = `
      const pino = require('pino')
      const { withSpan, shutdown } = require('uptrace-node')
      const log = pino({ transport: { target: 'pino/file', options: { destination: 1 } } })
      withSpan('outer', () => log.info('through a worker'))
      setTimeout(() => {}, 300)`
    const result = await runSource('cjs', source, {
      ...options,
      flags: ['-r', 'uptrace-node/register'],
      env: { UPTRACE_DSN: `http://t@localhost:${sink.port}` },
    })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(linesOf(result)).toMatchObject([{ msg: 'through a worker', trace_id: sink.items('traces')[0].traceId }])
    expect(sink.items('logs').map(({ body }) => plain(body))).toEqual(['through a worker'])
    expect(
      new Set(
        sink.received.map(({ request }) =>
          JSON.stringify((request.resourceSpans ?? request.resourceMetrics ?? request.resourceLogs)[0].resource),
        ),
      ).size,
    ).toBe(1)
  })

  test('values that cannot be serialised never reach the application as an error', async () => {
    const source = `
      const { configureOpentelemetry, shutdown } = require('uptrace-node'); ${configure()}
      const log = require('pino')()
      const circular = {}; circular.self = circular
      log.info({ circular, big: Number.MAX_VALUE, nothing: undefined, fn() {}, date: new Date(0), deep: JSON.parse('['.repeat(50) + ']'.repeat(50)) }, 'odd')
      log.info({ get trap() { return 1 } }, '\\ud800 lone'); log.info(); log.info(null); log.info(5); log.info('%s')
      shutdown()`
    const result = await runSource('cjs', source, options)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(sink.items('logs')).toHaveLength(result.stdout.trim().split('\n').length)
  })
})

test("settings in the names of OpenTelemetry's instrumentation count, and one that has no effect is told", async () => {
  const source = (pino: string): string => `
    const { configureOpentelemetry, withSpan } = require('uptrace-node')
    ${configure(`instrumentations: { pino: { ${pino} } }`)}
    withSpan('outer', () => require('pino')().info('line'))`
  const keys = await runSource(
    'cjs',
    source(`logKeys: { traceId: 'tid', spanId: 'sid', traceFlags: 'tf' }, disableLogSending: true`),
  )
  expect(linesOf(keys)[0]).toHaveProperty('tid')
  expect([keys.stderr, sink.items('logs').length]).toEqual(['', 0])
  const none = await runSource('cjs', source(`disableLogCorrelation: true, logHook() {}`))
  expect(linesOf(none)[0]).not.toHaveProperty('trace_id')
  expect(none.stderr).toMatch(/^uptrace: instrumentations\.pino\.logHook has no effect/)
  expect(sink.items('logs')).toHaveLength(1)
})
