/** winston and bunyan through their instrumentations: lines carry the ids, and each is sent once as a log record. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { runSource } from '../support/run-node.ts'
import { attributesOf } from '../wire/proto/otlp.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const LOGGERS = {
  winston: `const winston = require('winston'); const log = winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Console()] }); const info = () => own({ a: 1 }), own = (fields) => log.info('hello', fields)`,
  bunyan: `const log = require('bunyan').createLogger({ name: 'b' }); const info = () => own({ a: 1 }), own = (fields) => log.info(fields, 'hello')`,
}

test.for(Object.entries(LOGGERS))('%s', async ([, create]) => {
  const source = `
    const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
    configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false })
    ${create}
    withSpan('outer', () => { info(); log.error(new RangeError('boom')) })
    setTimeout(shutdown, 50)`
  const result = await runSource('cjs', source)
  expect(result).toMatchObject({ code: 0, stderr: '' })
  const [span] = sink.items('traces')
  const lines = result.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const records = sink.items('logs')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatchObject({ trace_id: span.traceId, span_id: span.spanId })
  expect(records).toHaveLength(2)
  expect(records[0]).toMatchObject({
    traceId: span.traceId,
    spanId: span.spanId,
    severityNumber: 9,
    body: { stringValue: 'hello' },
  })
  expect(attributesOf(records[0])).toMatchObject({ a: 1 })
  expect(records[1]).toMatchObject({ severityNumber: 17 })
})

test.for(Object.entries(LOGGERS))(
  "%s: ids under names of one's own are on the line and not among the attributes of the record",
  async ([, create]) => {
    const source = `
    const { configureOpentelemetry, withSpan, shutdown } = require('uptrace-node')
    const keys = { traceId: 'dd.trace_id', spanId: 'dd.span_id', traceFlags: 'flags', parentSpanId: 'dd.parent' }
    configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false, logs: { keys } })
    ${create}
    withSpan('outer', () => withSpan('inner', () => { info(); own({ 'dd.span_id': 'mine' }) }))
    setTimeout(shutdown, 50)`
    const result = await runSource('cjs', source)
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const [inner, outer] = ['inner', 'outer'].map((name) => sink.items('traces').find((span) => span.name === name))
    const lines = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({
      'dd.trace_id': inner.traceId,
      'dd.span_id': inner.spanId,
      flags: '03',
      'dd.parent': outer.spanId,
    })
    expect(lines[0]).not.toHaveProperty('trace_id')
    const [first, second] = sink.items('logs')
    expect(first).toMatchObject({ traceId: inner.traceId, spanId: inner.spanId })
    expect(Object.keys(attributesOf(first)).filter((key) => key.startsWith('dd.') || key === 'flags')).toEqual([])
    // a field of the application stays
    expect(attributesOf(second)).toMatchObject({ 'dd.span_id': 'mine' })
  },
)

test('winston: texts for %s are no exceptions, and an error that cannot be read loses no record, with bunyan as well', async () => {
  const source = `
    const { configureOpentelemetry, shutdown } = require('uptrace-node')
    configureOpentelemetry({ dsn: 'http://t@localhost:${sink.port}', metricsEnabled: false })
    const { createLogger, format, transports } = require('winston')
    const silent = [new transports.Console({ silent: true })]
    createLogger({ format: format.combine(format.splat(), format.json()), transports: silent }).info('user %s', 'ann')
    createLogger({ format: format.json(), transports: silent }).info('no format', 'ann')
    createLogger({ format: format.json(), transports: silent }).error('failed', new RangeError('boom'))
    class Unreadable extends Error { get message() { throw new Error('no') } }
    console.log(silent.length)
    require('bunyan').createLogger({ name: 'b', stream: { write() {} } }).error({ err: new Unreadable() }, 'unreadable')
    setTimeout(shutdown, 50)`
  // the list of the application stays as it is, so that loggers which share it send each line once
  expect(await runSource('cjs', source)).toMatchObject({ code: 0, stdout: '1\n' })
  const records = sink.items('logs').map((record) => [record.body.stringValue, attributesOf(record)])
  expect(records).toHaveLength(4)
  expect(records[0]).toEqual(['user ann', {}])
  expect(records[1]).toEqual(['no format', { error: 'ann' }])
  expect(records[2]).toEqual([
    'failed boom',
    expect.objectContaining({ 'exception.message': 'boom', 'exception.stacktrace': expect.any(String) }),
  ])
  expect(records[3]?.[0]).toBe('unreadable')
})
