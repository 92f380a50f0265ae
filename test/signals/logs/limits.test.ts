/** Limits of log records and spans, at their edges. */
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemoryLogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { resolveConfig } from '../../../src/config/resolve.ts'
import { createLoggerProvider } from '../../../src/signals/logs/provider.ts'
import { createTracerProvider } from '../../../src/signals/traces/provider.ts'

const resource = resourceFromAttributes({})
const GIVEN = { text: 'héllo', number: 12345, list: ['abc', 'd'] }

test.for<[string, Record<string, string>, object]>([
  ['no limit', {}, GIVEN],
  ['a length of 0', { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '0' }, { text: '', number: 12345, list: ['', ''] }],
  ['a length of 2', { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' }, { text: 'hé', number: 12345, list: ['ab', 'd'] }],
  ['a count of 0', { OTEL_ATTRIBUTE_COUNT_LIMIT: '0' }, {}],
  ['a count of 1', { OTEL_ATTRIBUTE_COUNT_LIMIT: '1' }, { text: 'héllo' }],
])('%s', async ([, env, expected]) => {
  const config = resolveConfig({ dsn: 'http://t@h' }, env)
  const logs = new InMemoryLogRecordExporter()
  const loggers = createLoggerProvider({
    resource,
    limits: config.logRecordLimits,
    minSeverity: 0,
    severities: {},
    dropsUnsampled: false,
    setsSpanStatus: false,
    logRecordProcessors: [new SimpleLogRecordProcessor({ exporter: logs })],
    delivery: undefined,
    baggageKeys: [],
    printsPretty: false,
  })
  loggers.getLogger('t').emit({ body: 'x', attributes: GIVEN })
  await loggers.forceFlush()
  expect(logs.getFinishedLogRecords()[0]!.attributes).toEqual(expected)

  const spans = new InMemorySpanExporter()
  const tracers = createTracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    limits: config.spanLimits,
    idGenerator: undefined,
    spanProcessors: [new SimpleSpanProcessor({ exporter: spans })],
    delivery: undefined,
    baggageKeys: [],
    printsPretty: false,
    selfMetrics: undefined,
  })
  tracers.getTracer('t').startSpan('s', { attributes: GIVEN }).end()
  await tracers.forceFlush()
  expect(spans.getFinishedSpans()[0]!.attributes).toEqual(expected)
})
