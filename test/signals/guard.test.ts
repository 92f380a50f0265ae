/** No input makes a method of the API throw into the application, or block it. */
import { INVALID_SPAN_CONTEXT, type Span } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { guardLoggerProvider } from '../../src/signals/guard.ts'
import { guardMeterProvider } from '../../src/signals/metrics/guard-meter.ts'
import { createOwnTracerProvider } from '../../src/signals/traces/tracer-provider.ts'

const exporter = new InMemorySpanExporter()
const provider = createOwnTracerProvider({
  resource: emptyResource(),
  sampler: new AlwaysOnSampler(),
  spanProcessors: [new SimpleSpanProcessor({ exporter })],
})
const tracer = provider.getTracer('test')

const circular: Record<string, unknown> = {}
circular.self = circular
const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => ({ inner }), 1)
const graph = Array.from({ length: 22 }).reduce<unknown>((inner) => [inner, inner], 'leaf')
const getter = {
  get boom(): never {
    throw new Error('getter')
  },
}
const { proxy, revoke } = Proxy.revocable({}, {})
revoke()
const throwing = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('proxy')
    },
  },
)
const hostile = Object.entries({
  circular,
  deep,
  graph,
  getter,
  proxy,
  throwing,
  null: null,
  undefined,
  symbol: Symbol('s'),
  date: new Date(Number.NaN),
})

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript lets through
const methods: Array<[string, (span: any, bad: any) => unknown]> = [
  ['setAttribute', (span, bad) => span.setAttribute('bad', bad)],
  ['setAttribute with it as key', (span, bad) => span.setAttribute(bad, 1)],
  ['setAttributes', (span, bad) => span.setAttributes(bad)],
  ['setAttributes with it inside', (span, bad) => span.setAttributes({ bad })],
  ['addEvent', (span, bad) => span.addEvent(bad, bad, bad)],
  ['addEvent with it inside', (span, bad) => span.addEvent('event', { bad })],
  ['addLink', (span, bad) => span.addLink(bad)],
  ['addLink with it inside', (span, bad) => span.addLink({ context: INVALID_SPAN_CONTEXT, attributes: { bad } })],
  ['addLinks', (span, bad) => span.addLinks(bad)],
  ['addLinks with it inside', (span, bad) => span.addLinks([bad])],
  ['setStatus', (span, bad) => span.setStatus(bad)],
  ['setStatus with it inside', (span, bad) => span.setStatus({ code: 2, message: bad })],
  ['updateName', (span, bad) => span.updateName(bad)],
  ['recordException', (span, bad) => span.recordException(bad)],
  ['recordException with it inside', (span, bad) => span.recordException({ message: bad, name: bad })],
  ['startSpan', (_, bad) => tracer.startSpan(bad, { attributes: bad, links: bad })],
  ['startSpan with it inside', (_, bad) => tracer.startSpan('span', { attributes: { bad }, links: [bad] })],
  ['startActiveSpan', (_, bad) => tracer.startActiveSpan('span', { attributes: { bad } }, (span: Span) => span.end())],
]

test.for(methods)('%s', ([, call]) => {
  for (const [name, bad] of hostile) {
    const span = tracer.startSpan('span')
    const start = performance.now()
    expect(() => call(span, bad), name).not.toThrow()
    expect(performance.now() - start, name).toBeLessThan(500)
    span.end()
  }
})

test('what can be read is kept', () => {
  exporter.reset()
  const span = tracer.startSpan('span', {
    attributes: { good: 1, nested: { list: [1, { a: 'b' }] }, getter: getter as never },
  })
  span
    .setAttribute('text', 'value')
    .setAttributes({ list: ['a', 'b'] })
    .addEvent('event', { key: 1 })
    .setStatus({ code: 2, message: 'no' })
  span.recordException(new TypeError('wrong'))
  span.end()
  const [sent] = exporter.getFinishedSpans()
  expect(sent!.attributes).toEqual({
    good: 1,
    nested: { list: [1, { a: 'b' }] },
    getter: { boom: '[unreadable]' },
    text: 'value',
    list: ['a', 'b'],
  })
  expect(sent!.events.map(({ name }) => name)).toEqual(['event', 'exception'])
  expect(sent!.status).toEqual({ code: 2, message: 'no' })
})

test('log records', () => {
  const records = new InMemoryLogRecordExporter()
  const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] })
  guardLoggerProvider(loggers)
  const logger = loggers.getLogger('test')
  for (const [name, bad] of hostile) {
    const start = performance.now()
    expect(() => logger.emit({ body: bad as never, attributes: { bad } as never }), name).not.toThrow()
    expect(() => logger.emit(bad as never), name).not.toThrow()
    expect(performance.now() - start, name).toBeLessThan(500)
  }
  expect(records.getFinishedLogRecords().length).toBeGreaterThanOrEqual(hostile.length)
})

test('values of any kind in log records', () => {
  const records = new InMemoryLogRecordExporter()
  const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: records })] })
  guardLoggerProvider(loggers)
  const attributes = {
    small: 5n,
    large: 2n ** 60n,
    list: [1n, 2n ** 60n],
    inside: { map: new Map([['a', 2n ** 60n]]), set: new Set(['b']) },
    error: Object.assign(new Error('wrong'), { stack: 'Error: wrong' }),
    url: new URL('http://host/'),
    f: () => 1,
  }
  loggers.getLogger('test').emit({ body: { big: 2n ** 60n } as never, attributes: attributes as never })
  const [record] = records.getFinishedLogRecords()
  const large = '1152921504606846976'
  expect(record!.body).toEqual({ big: large })
  expect(record!.attributes).toEqual({
    small: 5,
    large,
    list: [1, large],
    inside: { map: { a: large }, set: ['b'] },
    error: 'Error: wrong',
    url: 'http://host/',
  })
})

test.for(hostile)('no instrument throws or blocks for %s, and records what is good', async ([, bad]) => {
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  const meterProvider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 1e6 })],
  })
  guardMeterProvider(meterProvider)
  const meter = meterProvider.getMeter('test')
  // biome-ignore lint/suspicious/noExplicitAny: what JavaScript lets through
  const instruments: any[] = [
    meter.createCounter('counter'),
    meter.createUpDownCounter('updown'),
    meter.createHistogram('histogram'),
    meter.createGauge('gauge'),
  ]
  const start = performance.now()
  for (const instrument of instruments) {
    const measure = (instrument.add ?? instrument.record).bind(instrument)
    for (const value of [1, bad]) for (const attributes of [bad, { bad }]) measure(value, attributes)
    measure(1, { good: true })
  }
  expect(performance.now() - start).toBeLessThan(2000)
  await meterProvider.forceFlush()
  const metrics = metricExporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
  expect(metrics.map(({ dataPoints }) => dataPoints.some(({ attributes }) => attributes.good === true))).toEqual([
    true,
    true,
    true,
    true,
  ])
  await meterProvider.shutdown()
})
