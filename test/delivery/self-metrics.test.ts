/** Delivery tells about itself by the semantic conventions. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attributesOf, type Sink, startSink } from '../faults/sink.ts'
import type { Decoded } from '../wire/proto/otlp.ts'
import { startDelivery } from './support.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

test('counts of what was processed, exported and dropped, queues and durations are metrics', async () => {
  sink.behaviour = (_, signal) => (signal === 'traces' ? { partial: 2 } : 'ok')
  const { delivery, meterProvider, createSpans, logger } = startDelivery([
    sink.destination('traces'),
    sink.destination('logs'),
    sink.destination('metrics'),
  ])
  delivery.setMeterProvider(meterProvider)
  createSpans(10)
  logger.emit({ body: 'one' })
  await delivery.forceFlush()
  createSpans(3)
  await meterProvider.forceFlush()
  const values = (name: string): Record<string, number> => {
    const metric = sink.items('metrics').find((one) => one.name === name)
    const data: Decoded = metric?.sum ?? metric?.histogram
    return Object.fromEntries(
      (data?.dataPoints ?? []).map((point: Decoded) => [
        String(attributesOf(point)['error.type'] ?? ''),
        Number(point.asInt ?? point.asDouble ?? point.count),
      ]),
    )
  }
  expect(values('otel.sdk.processor.span.processed')).toEqual({ '': 10 })
  expect(values('otel.sdk.processor.span.queue.size')).toEqual({ '': 3 })
  expect(values('otel.sdk.exporter.span.exported')).toEqual({ '': 8, partial_success: 2 })
  expect(values('otel.sdk.exporter.log.exported')).toEqual({ '': 1 })
  expect(values('otel.sdk.exporter.span.inflight')).toEqual({ '': 0 })
  expect(values('otel.sdk.exporter.operation.duration')['']).toBeGreaterThan(0)
  const [point] = sink.items('metrics').find(({ name }) => name === 'otel.sdk.exporter.span.exported').sum.dataPoints
  expect(attributesOf(point)).toMatchObject({
    'otel.component.type': 'otlp_http_span_exporter',
    'otel.component.name': 'otlp_http_span_exporter/0',
    'server.address': '127.0.0.1',
    'server.port': sink.port,
  })
  await delivery.shutdown()
})
