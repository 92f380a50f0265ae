/** Instruments and loggers taken before there is a provider: they work once it exists, against the real SDK. */
import { type Attributes, type Counter, SeverityNumber } from '@opentelemetry/api'
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import { createDeferredLoggerProvider } from '../../src/signals/logs/deferred-logger.ts'
import { createDeferredMeterProvider } from '../../src/signals/metrics/deferred-meter.ts'
import { createDeferredTracerProvider } from '../../src/signals/traces/deferred-tracer.ts'

function createReal() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1e6 })],
  })
  const read = async (): Promise<Record<string, unknown>> => {
    exporter.reset()
    await provider.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics))
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ value }) => (typeof value === 'object' ? (value as { count: number }).count : value)),
      ]),
    )
  }
  return { provider, read }
}

test('all seven instruments made early record after the delegate is set, and not before', async () => {
  const deferred = createDeferredMeterProvider()
  const meter = deferred.getMeter('early', '1')
  const counter = meter.createCounter('counter')
  const upDown = meter.createUpDownCounter('updown')
  const histogram = meter.createHistogram('histogram', { unit: 'ms' })
  const gauge = meter.createGauge('gauge')
  meter.createObservableCounter('o.counter').addCallback((result) => result.observe(1))
  meter.createObservableUpDownCounter('o.updown').addCallback((result) => result.observe(2))
  meter.createObservableGauge('o.gauge').addCallback((result) => result.observe(3))
  counter.add(100)

  const { provider, read } = createReal()
  deferred.setDelegate(provider)
  counter.add(2)
  upDown.add(-1)
  histogram.record(5)
  gauge.record(7)
  expect(await read()).toEqual({
    counter: [2],
    updown: [-1],
    histogram: [1],
    gauge: [7],
    'o.counter': [1],
    'o.updown': [2],
    'o.gauge': [3],
  })
})

test('a batch callback over early observables reports, and stops after it is removed', async () => {
  const deferred = createDeferredMeterProvider()
  const meter = deferred.getMeter('early')
  const first = meter.createObservableGauge('first')
  const second = meter.createObservableGauge('second')
  const callback: Parameters<typeof meter.addBatchObservableCallback>[0] = (result) => {
    result.observe(first, 1)
    result.observe(second, 2)
  }
  meter.addBatchObservableCallback(callback, [first, second])
  const { provider, read } = createReal()
  deferred.setDelegate(provider)
  expect(await read()).toEqual({ first: [1], second: [2] })
  meter.removeBatchObservableCallback(callback, [first, second])
  expect(await read()).toEqual({})
})

test('a removed callback of an early observable is not called', async () => {
  const deferred = createDeferredMeterProvider()
  const gauge = deferred.getMeter('early').createObservableGauge('gauge')
  const callback = (result: { observe(value: number, attributes?: Attributes): void }): void => result.observe(1)
  gauge.addCallback(callback)
  gauge.removeCallback(callback)
  const { provider, read } = createReal()
  deferred.setDelegate(provider)
  expect(await read()).toEqual({})
})

test('early instruments follow a second provider', async () => {
  const deferred = createDeferredMeterProvider()
  const counter: Counter = deferred.getMeter('early').createCounter('counter')
  const one = createReal()
  deferred.setDelegate(one.provider)
  counter.add(1)
  deferred.setDelegate(undefined)
  counter.add(10)
  const two = createReal()
  deferred.setDelegate(two.provider)
  counter.add(100)
  expect([await one.read(), await two.read()]).toEqual([{ counter: [1] }, { counter: [100] }])
})

test('an early logger emits after the delegate is set', () => {
  const deferred = createDeferredLoggerProvider()
  const logger = deferred.getLogger('early', '1')
  expect(logger.enabled()).toBe(false)
  logger.emit({ body: 'lost' })
  const exporter = new InMemoryLogRecordExporter()
  deferred.setDelegate(new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] }))
  logger.emit({ body: 'kept', severityNumber: SeverityNumber.INFO })
  expect(
    exporter.getFinishedLogRecords().map(({ body, instrumentationScope }) => [body, instrumentationScope.name]),
  ).toEqual([['kept', 'early']])
})

describe('identities and options of any kind', () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const throwing = new Proxy(
    {},
    {
      get() {
        throw new Error('get')
      },
      ownKeys() {
        throw new Error('ownKeys')
      },
    },
  )
  const hostile: Record<string, unknown> = {
    'a symbol': Symbol('s'),
    'an object without a prototype': Object.create(null),
    'a revoked proxy': revoked.proxy,
    'a proxy that throws': throwing,
    null: null,
    'a number': 5,
    'a list': [1],
    'a function': () => {},
    'an object with such members': {
      unit: Symbol('u'),
      description: throwing,
      advice: { explicitBucketBoundaries: 7 },
    },
  }
  const names = ['createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'] as const
  const observables = ['createObservableCounter', 'createObservableUpDownCounter', 'createObservableGauge'] as const

  test.for(Object.entries(hostile))('%s throws nowhere', async ([, value]) => {
    const given = value as never
    const meters = createDeferredMeterProvider()
    const { provider: real, read } = createReal()
    for (const delegate of [undefined, real, undefined]) {
      meters.setDelegate(delegate)
      const meter = meters.getMeter(given, given, given)
      for (const kind of names) {
        expect(meter[kind](given, given)).toBeDefined()
        expect(meter[kind](`of ${kind}`, given)).toBeDefined()
      }
      for (const kind of observables) meter[kind](given, given).addCallback(() => {})
      meter.addBatchObservableCallback(given, given)
      meter.removeBatchObservableCallback(given, given)
      const tracers = createDeferredTracerProvider()
      tracers.getTracer(given, given, given).startSpan('one').end()
      createDeferredLoggerProvider().getLogger(given, given).emit({ body: 'a line' })
    }
    meters.setDelegate(real)
    meters.getMeter('m').createCounter('after all', given).add(3)
    expect(await read()).toMatchObject({ 'after all': [3] })
    await real.shutdown()
  })
})
