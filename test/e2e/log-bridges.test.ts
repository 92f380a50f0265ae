/** console and Nest's logger as log records, and what records do to spans: options of `logs`, in processes of their own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const ERROR_STATUS = 2
const configure = (options: string, more = ''): string => `
  const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
  const { logs, trace } = require('@opentelemetry/api')
  configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false, logs: ${options}, ${more} })`
const run = (source: string, env: Record<string, string> = {}) => runSource('cjs', source, { env })
const bodies = (): unknown[] => sink.items('logs').map(({ body }) => body?.stringValue)

describe('console', () => {
  const CALLS = `
    console.log('a %d', 1, { b: [2] })
    console.info('info')
    console.debug('debug')
    console.warn('warn', new RangeError('inside'))
    console.error(new TypeError('boom'))
    console.trace('here')
    console.assert(false, 'claim')
    console.log()`

  test('each call is a record with severity, ids and the error, and prints what it prints without', async () => {
    const withBridge = await run(`${configure('{ console: true }')}
      withSpan('work', () => {${CALLS}})
      shutdown()`)
    const without = await run(`const withSpan = (name, work) => work(); withSpan('work', () => {${CALLS}})`)
    const withoutStack = ({ stdout, stderr }: { stdout: string; stderr: string }) => ({
      stdout,
      stderr: stderr.replace(/ +at .*\n?/g, ''),
    })
    expect(withoutStack(withBridge)).toEqual(withoutStack(without))
    const [span] = sink.items('traces')
    const records = sink.items('logs')
    expect(records.map(({ severityNumber, severityText }) => [severityNumber, severityText])).toEqual([
      [9, 'log'],
      [9, 'info'],
      [5, 'debug'],
      [13, 'warn'],
      [17, 'error'],
      [1, 'trace'],
      [13, 'warn'],
      [9, 'log'],
    ])
    for (const record of records) expect(record).toMatchObject({ traceId: span.traceId, spanId: span.spanId })
    expect(bodies().filter((_, index) => index !== 3)).toEqual([
      'a 1 { b: [ 2 ] }',
      'info',
      'debug',
      'TypeError: boom',
      'here',
      'Assertion failed: claim',
      '',
    ])
    expect(bodies()[3]).toMatch(/^warn RangeError: inside\n {4}at /)
    expect(attributesOf(records[3])).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'inside' })
    expect(attributesOf(records[4])['exception.stacktrace']).toMatch(/^TypeError: boom\n {4}at /)
    expect(attributesOf(records[5])['code.stacktrace']).toMatch(/^ {4}at /)
    expect(span.status?.code ?? 0).toBe(0)
  })

  test('is not bridged unless asked, is by the variable, and is no more after shutdown', async () => {
    const source = `${configure('{}')}
      console.log('during')
      shutdown().then(() => { console.log('after'); configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false }); console.log('again'); return shutdown() })`
    await run(source)
    expect(bodies()).toEqual([])
    await run(source, { UPTRACE_LOG_CONSOLE: 'true' })
    expect(bodies()).toEqual(['during', 'again'])
  })

  test('what telemetry itself writes with console does not come back: its logger, processors, exporters', async () => {
    const { code, stdout } = await run(`
      const { SimpleLogRecordProcessor, ConsoleLogRecordExporter } = require('@opentelemetry/sdk-logs')
      const noisy = { export(items, done) { console.log('exporting', items.length); done({ code: 0 }) }, shutdown: async () => {}, forceFlush: async () => {} }
      const loud = { onEmit() { console.log('emitting') }, shutdown: async () => {}, forceFlush: async () => {} }
      ${configure('{ console: true }', 'logger: console, logRecordProcessors: [loud, new SimpleLogRecordProcessor({ exporter: noisy })]')}
      configureOpentelemetry({})
      console.log('once')
      setTimeout(shutdown, 100)`)
    expect(code).toBe(0)
    expect(stdout.match(/emitting/g)).toHaveLength(1)
    expect(bodies()).toEqual(['once'])
  })

  test('arguments that throw reach the application as without', async () => {
    const hostile = `const evil = { get [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('mine') } }
      try { console.log(evil) } catch (error) { process.stdout.write('caught ' + error.message) }`
    const { stdout, code } = await run(`${configure('{ console: true }')}\n${hostile}\nshutdown()`)
    expect({ stdout, code }).toEqual({ stdout: 'caught mine', code: 0 })
  })

  test('severity per logger: what is below is not sent', async () => {
    await run(`${configure(`{ console: true, severity: { '*/console': 'WARN' } }`, `minLogSeverity: 'ERROR'`)}
      console.info('less'); console.warn('more')
      logs.getLogger('mine').emit({ body: 'other', severityNumber: 13 })
      logs.getLogger('mine').emit({ body: 'error', severityNumber: 17 })
      shutdown()`)
    expect(bodies()).toEqual(['more', 'error'])
  })
})

describe('the logger of Nest', () => {
  const NEST = `
    const { Logger, ConsoleLogger } = require('@nestjs/common')
    const logger = new Logger('Orders')
    withSpan('work', () => {
      logger.verbose('verbose'); logger.debug({ id: 7 }); logger.log('log'); logger.warn('warn')
      logger.error('error', new Error('boom').stack); logger.fatal(new RangeError('fatal'))
    })`

  test('each line is a record with its context, severity and ids', async () => {
    const { stdout } = await run(`${configure('{ nest: true }')}${NEST}; shutdown()`)
    const [span] = sink.items('traces')
    const records = sink.items('logs')
    expect(records.map(({ severityNumber }) => severityNumber)).toEqual([1, 5, 9, 13, 17, 21])
    for (const record of records) {
      expect(record).toMatchObject({ traceId: span.traceId, spanId: span.spanId })
      expect(attributesOf(record)).toMatchObject({ 'nest.context': 'Orders' })
    }
    expect(records[2]).toMatchObject({ body: { stringValue: 'log' }, severityText: 'log' })
    expect(attributesOf(records[4])['exception.stacktrace']).toMatch(/^Error: boom\n/)
    expect(attributesOf(records[5])).toMatchObject({ 'exception.type': 'RangeError', 'exception.message': 'fatal' })
    expect(stdout).toContain('Orders')
  })

  test('is not sent unless asked; with forceConsole and the bridge of console each line is sent once', async () => {
    await run(`${configure('{}')}${NEST}; shutdown()`)
    expect(bodies()).toEqual([])
    await run(`${configure('{ nest: true, console: true }')}
      const { ConsoleLogger } = require('@nestjs/common')
      new ConsoleLogger('A', { forceConsole: true }).log('once')
      shutdown()`)
    expect(bodies()).toEqual(['once'])
  })
})

describe('winston and bunyan', () => {
  const LOGGERS = {
    winston: `const winston = require('winston'); const log = winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Console()] })`,
    bunyan: `const log = require('bunyan').createLogger({ name: 'b' })`,
  }
  const linesOf = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  test.for(Object.entries(LOGGERS))(
    '%s lines carry the ids under the names of logs.keys, the parent too',
    async ([, create]) => {
      const { stdout } = await run(`
      ${configure(`{ keys: { traceId: 'trace.id', spanId: 'span', parentSpanId: 'parent' } }`)}
      ${create}
      withSpan('outer', () => withSpan('inner', () => log.info('hello')))
      setTimeout(shutdown, 50)`)
      const spans = sink.items('traces')
      const inner = spans.find(({ name }) => name === 'inner')
      const [line] = linesOf(stdout)
      expect(line).toMatchObject({
        'trace.id': inner.traceId,
        span: inner.spanId,
        parent: inner.parentSpanId,
        trace_flags: '03',
      })
      expect(line).not.toHaveProperty('trace_id')
      expect(line).not.toHaveProperty('span_id')
      expect(sink.items('logs')).toMatchObject([{ traceId: inner.traceId, spanId: inner.spanId }])
    },
  )

  test.for(Object.entries(LOGGERS))('%s heeds correlation and sending', async ([, create]) => {
    const { stdout } = await run(`
      ${configure('{ correlation: false, sending: false }')}
      ${create}
      withSpan('outer', () => log.info('hello'))
      setTimeout(shutdown, 50)`)
    expect(linesOf(stdout)[0]).not.toHaveProperty('trace_id')
    expect(bodies()).toEqual([])
  })
})

describe('records and their spans', () => {
  test('with spanStatus an error record sets the status of its span, but not one that is Ok', async () => {
    await run(`${configure('{ spanStatus: true, console: true }')}
      withSpan('failed', () => { console.warn('odd'); console.error('bad %s', 'luck') })
      withSpan('only odd', () => console.warn('odd'))
      withSpan('pino', () => require('pino')().error('from pino'))
      withSpan('ok', (span) => { span.setStatus({ code: 1 }); console.error('handled') })
      console.error('outside')
      shutdown()`)
    const statuses = Object.fromEntries(sink.items('traces').map(({ name, status }) => [name, status ?? {}]))
    expect(statuses['failed']).toMatchObject({ code: ERROR_STATUS, message: 'bad luck' })
    expect(statuses['pino']).toMatchObject({ code: ERROR_STATUS, message: 'from pino' })
    expect(statuses['only odd']?.code ?? 0).toBe(0)
    expect(statuses['ok']).toMatchObject({ code: 1 })
  })

  test.for([
    ['keep', ['unsampled', 'outside']],
    ['drop', ['outside']],
  ] as const)('ofDroppedTraces: %s leaves %j of a trace that is not sampled', async ([ofDroppedTraces, wanted]) => {
    await run(`${configure(`{ ofDroppedTraces: '${ofDroppedTraces}' }`, `sampler: 'always_off'`)}
      const logger = logs.getLogger('l')
      withSpan('work', () => logger.emit({ body: 'unsampled' }))
      logger.emit({ body: 'outside' })
      shutdown()`)
    expect(bodies()).toEqual(wanted)
  })

  test.for([
    ['keep', ['of the ordinary', 'before the error', 'after the error', 'outside', 'late']],
    ['drop', ['before the error', 'after the error', 'outside', 'under way']],
  ] as const)('ofDroppedTraces: %s leaves %j where keep decides at the end', async ([ofDroppedTraces, wanted]) => {
    await run(`${configure(`{ ofDroppedTraces: '${ofDroppedTraces}' }`, 'keep: { errors: true }')}
      const say = (body) => logs.getLogger('l').emit({ body })
      let ended
      withSpan('ordinary', (span) => { ended = trace.setSpan(require('@opentelemetry/api').context.active(), span); say('of the ordinary') })
      withSpan('failing', (span) => { say('before the error'); span.setStatus({ code: 2 }); withSpan('child', (child) => child.setStatus({ code: 2 })); say('after the error') })
      say('outside')
      require('@opentelemetry/api').context.with(ended, () => say('late'))
      ${ofDroppedTraces === 'drop' ? `trace.getTracer('t').startActiveSpan('open', (span) => { say('under way'); trace.getTracer('t').startSpan('failed').setStatus({ code: 2 }).end() })` : ''}
      shutdown()`)
    expect(new Set(bodies())).toEqual(new Set(wanted))
    expect(bodies()).toHaveLength(wanted.length)
  })
})
