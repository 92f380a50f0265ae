/** All three signals arrive, whole, over OTLP/HTTP. */
import { SeverityNumber, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { attributesOf, type Sink, startSink } from '../faults/sink.ts'
import { plain } from '../wire/proto/otlp.ts'
import { assertBalanced, startDelivery } from './support.ts'

let sink: Sink
beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

const all = () => [sink.destination('traces'), sink.destination('logs'), sink.destination('metrics')]

test('spans, log records and metrics arrive with what they hold', async () => {
  const { delivery, tracer, logger, meter, meterProvider } = startDelivery(all())
  const span = tracer.startSpan('GET /users', {
    kind: SpanKind.SERVER,
    attributes: { text: 'grüße', count: 3, ratio: 0.5, ok: true, list: ['a', 'b'] },
  })
  span.addEvent('cache miss', { key: 'user:1' })
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
  span.end()
  logger.emit({ severityNumber: SeverityNumber.WARN, severityText: 'WARN', body: 'hello', attributes: { user: 7 } })
  meter.createCounter('requests').add(5, { route: '/' })
  await meterProvider.forceFlush()
  await delivery.forceFlush()

  const [trace] = sink.items('traces')
  expect(trace).toMatchObject({
    name: 'GET /users',
    kind: 2,
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
  })
  expect(attributesOf(trace)).toEqual({ text: 'grüße', count: 3, ratio: 0.5, ok: true, list: ['a', 'b'] })
  expect(trace.events[0].name).toBe('cache miss')
  expect(trace.status).toEqual({ code: 2, message: 'no' })
  const [record] = sink.items('logs')
  expect(record).toMatchObject({ severityNumber: 13, severityText: 'WARN' })
  expect(plain(record.body)).toBe('hello')
  const [metric] = sink.items('metrics')
  expect(metric.name).toBe('requests')
  expect(metric.sum).toMatchObject({ aggregationTemporality: 1, isMonotonic: true })
  expect(metric.sum.dataPoints[0].asDouble).toBe(5)
  assertBalanced(delivery.health())
  await delivery.shutdown()
})

test('requests carry the headers of the destination, a length and never chunks', async () => {
  const { delivery, createSpans } = startDelivery(all())
  createSpans(3)
  await delivery.forceFlush()
  const { headers } = sink.requests[0]!
  expect(headers['uptrace-dsn']).toContain('secret-token')
  expect(headers['content-type']).toBe('application/x-protobuf')
  expect(headers['content-encoding']).toBe('gzip')
  expect(Number(headers['content-length'])).toBeGreaterThan(0)
  expect(headers['transfer-encoding']).toBeUndefined()
  expect(headers['user-agent']).toMatch(/^uptrace-node\/\S+ OTel-OTLP-Exporter-JavaScript\/\S+$/)
  await delivery.shutdown()
})

test('a batch is sent when it is full and when its time has come', async () => {
  const { delivery, createSpans } = startDelivery([sink.destination('traces')])
  createSpans(2500)
  await delivery.forceFlush()
  expect(sink.received.map(({ items }) => items.length).sort()).toEqual([1000, 1000, 500])
  createSpans(1)
  // the answer comes back after the request has arrived
  const health = { created: 2501, delivered: 2501, dropped: 0, queued: 0 }
  await expect.poll(() => assertBalanced(delivery.health())).toEqual(health)
  expect(sink.spanIds().size).toBe(2501)
  await delivery.shutdown()
})
