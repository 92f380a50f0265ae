/** OTLP over JSON and over gRPC, against independent implementations of both. */
import path from 'node:path'
import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { afterEach, describe, expect, test } from 'vitest'
import type { Destination, Signal } from '../../../src/config/destination.ts'
import { startSink } from '../../faults/sink.ts'
import { createTls } from '../../faults/tls.ts'
import { attributesOf, type Decoded } from '../../wire/proto/otlp.ts'
import { assertBalanced, startDelivery, until } from '../support.ts'

interface GrpcSink {
  readonly port: number
  readonly calls: Array<{ signal: Signal; metadata: Metadata; request: Decoded }>
  /** What the next calls are answered; undefined is OK. */
  fail: ((call: number) => { code: number; details?: string; metadata?: Metadata } | undefined) | undefined
  partial: { rejected: number; errorMessage: string } | undefined
  close(): void
}

const closers: Array<() => unknown> = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function startGrpc(credentials = ServerCredentials.createInsecure()): Promise<GrpcSink> {
  const types = loadSync(path.join(import.meta.dirname, '../../wire/proto/otlp.proto'), {
    longs: String,
    enums: Number,
  })
  const type = (name: string) => types[`otlp.${name}`] as unknown as { serialize: never; deserialize: never }
  const server = new Server()
  const sink: GrpcSink = {
    port: 0,
    calls: [],
    fail: undefined,
    partial: undefined,
    close: () => server.forceShutdown(),
  }
  const services: Array<[Signal, string, string]> = [
    ['traces', 'trace.v1.TraceService', 'ExportTraceServiceRequest'],
    ['metrics', 'metrics.v1.MetricsService', 'ExportMetricsServiceRequest'],
    ['logs', 'logs.v1.LogsService', 'ExportLogsServiceRequest'],
  ]
  for (const [signal, service, request] of services) {
    const { deserialize } = requestCodec(type(request))
    const { serialize } = requestCodec(type('ExportServiceResponse'))
    server.addService(
      {
        Export: {
          path: `/opentelemetry.proto.collector.${service}/Export`,
          requestStream: false,
          responseStream: false,
          requestSerialize: serialize,
          requestDeserialize: deserialize,
          responseSerialize: serialize,
          responseDeserialize: deserialize,
        },
      },
      {
        Export(call: { metadata: Metadata; request: Decoded }, done: (error: object | null, answer?: object) => void) {
          const index = sink.calls.length
          sink.calls.push({ signal, metadata: call.metadata, request: call.request })
          const failure = sink.fail?.(index)
          if (failure) done(failure)
          else done(null, sink.partial ? { partialSuccess: sink.partial } : {})
        },
      },
    )
  }
  await new Promise<void>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
      if (error) reject(error)
      Object.assign(sink, { port })
      resolve()
    }),
  )
  closers.push(() => sink.close())
  return sink
}

// proto-loader gives services their codecs; for a bare message they are made of its type
function requestCodec(type: unknown): {
  serialize: (value: object) => Buffer
  deserialize: (bytes: Buffer) => Decoded
} {
  return type as { serialize: (value: object) => Buffer; deserialize: (bytes: Buffer) => Decoded }
}

const grpc = (sink: GrpcSink, signal: Signal, overrides: Partial<Destination> = {}): Destination => ({
  signal,
  url: `http://127.0.0.1:${sink.port}`,
  label: `http://127.0.0.1:${sink.port}`,
  headers: { 'Uptrace-DSN': 'http://token@localhost' },
  protocol: 'grpc',
  compression: 'gzip',
  timeoutMillis: 10_000,
  tls: undefined,
  ...overrides,
})

describe('gRPC', () => {
  test('all three signals arrive, with headers as metadata', async () => {
    const sink = await startGrpc()
    const { delivery, createSpans, logger, meter, meterProvider } = startDelivery([
      grpc(sink, 'traces'),
      grpc(sink, 'logs'),
      grpc(sink, 'metrics'),
    ])
    createSpans(3)
    logger.emit({ body: 'hello' })
    meter.createCounter('made').add(1)
    await meterProvider.forceFlush()
    await delivery.forceFlush()
    expect(new Set(sink.calls.map(({ signal }) => signal))).toEqual(new Set(['traces', 'logs', 'metrics']))
    const call = sink.calls.find(({ signal }) => signal === 'traces')!
    expect(call.metadata.get('uptrace-dsn')).toEqual(['http://token@localhost'])
    expect(call.request.resourceSpans[0].scopeSpans[0].spans.map(({ name }: Decoded) => name)).toEqual([
      'span 0',
      'span 1',
      'span 2',
    ])
    expect(assertBalanced(delivery.health())).toEqual({ created: 3, delivered: 3, dropped: 0, queued: 0 })
    await delivery.shutdown()
  })

  test.for(['none', 'gzip', 'zstd'] as const)('compression %s', async (compression) => {
    const sink = await startGrpc()
    const { delivery, createSpans } = startDelivery([grpc(sink, 'traces', { compression })])
    createSpans(1)
    await delivery.forceFlush()
    expect(sink.calls).toHaveLength(1)
    await delivery.shutdown()
  })

  test('UNAVAILABLE is tried again, INVALID_ARGUMENT is dropped and counted', async () => {
    const sink = await startGrpc()
    sink.fail = (call) => (call === 0 ? { code: status.UNAVAILABLE } : undefined)
    const { delivery, createSpans } = startDelivery([grpc(sink, 'traces')])
    createSpans(2)
    await delivery.forceFlush()
    expect(sink.calls).toHaveLength(2)
    sink.fail = () => ({ code: status.INVALID_ARGUMENT, details: 'not like this' })
    createSpans(3)
    await delivery.forceFlush()
    expect(sink.calls).toHaveLength(3)
    expect(delivery.health().signals.traces).toMatchObject({
      delivered: 2,
      dropped: { rejected: 3 },
      lastError: 'answered INVALID_ARGUMENT: not like this',
    })
    await delivery.shutdown()
  })

  test('RESOURCE_EXHAUSTED is tried again only when the server says when; a message too large is split', async () => {
    const sink = await startGrpc()
    const retryInfo = new Metadata()
    // google.rpc.Status { details: Any { type_url, RetryInfo { 0.05 s } } }
    const duration = Buffer.from([0x10, 0x80, 0xe1, 0xeb, 0x17])
    const info = Buffer.concat([Buffer.from([0x0a, duration.length]), duration])
    const name = Buffer.from('type.googleapis.com/google.rpc.RetryInfo')
    const any = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x12, info.length]), info])
    retryInfo.set('grpc-status-details-bin', Buffer.concat([Buffer.from([0x1a, any.length]), any]))
    sink.fail = (call) => (call === 0 ? { code: status.RESOURCE_EXHAUSTED, metadata: retryInfo } : undefined)
    const { delivery, createSpans } = startDelivery([grpc(sink, 'traces')])
    createSpans(2)
    await delivery.forceFlush()
    expect(delivery.health().signals.traces).toMatchObject({ delivered: 2, dropped: {} })
    sink.fail = (call) =>
      call === 2
        ? { code: status.RESOURCE_EXHAUSTED, details: 'Received message larger than max (5 vs. 4)' }
        : undefined
    createSpans(4)
    await delivery.forceFlush()
    expect(sink.calls.slice(3).map(({ request }) => request.resourceSpans[0].scopeSpans[0].spans.length)).toEqual([
      2, 2,
    ])
    expect(assertBalanced(delivery.health())).toMatchObject({ created: 6, delivered: 6 })
    await delivery.shutdown()
  })

  test('a partial success counts what was not taken', async () => {
    const sink = await startGrpc()
    sink.partial = { rejected: 2, errorMessage: 'two are too old' }
    const { delivery, createSpans } = startDelivery([grpc(sink, 'traces')])
    createSpans(5)
    await delivery.forceFlush()
    expect(delivery.health().signals.traces).toMatchObject({ delivered: 3, dropped: { partial_success: 2 } })
    await delivery.shutdown()
  })

  test('TLS with a certificate of our own', async () => {
    const { ca, key, cert } = createTls()
    const sink = await startGrpc(
      ServerCredentials.createSsl(null, [{ private_key: Buffer.from(key), cert_chain: Buffer.from(cert) }]),
    )
    const { delivery, createSpans } = startDelivery([
      grpc(sink, 'traces', { url: `https://localhost:${sink.port}`, tls: { ca } }),
    ])
    createSpans(1)
    await delivery.forceFlush()
    expect(sink.calls).toHaveLength(1)
    await delivery.shutdown()
  })

  test('a server that goes away and comes back gets everything', async () => {
    const first = await startGrpc()
    const { delivery, createSpans } = startDelivery([grpc(first, 'traces')])
    createSpans(1)
    await delivery.forceFlush()
    first.close()
    createSpans(5)
    await until(() => delivery.health().signals.traces?.destinations[0]?.state === 'failing')
    expect(assertBalanced(delivery.health())).toMatchObject({ created: 6, delivered: 1, queued: 5 })
    await delivery.shutdown({ timeoutMillis: 100 })
    expect(assertBalanced(delivery.health())).toMatchObject({ created: 6, delivered: 1, dropped: 5 })
  })
})

describe('JSON', () => {
  test('a request is what the specification of OTLP/JSON asks for', async () => {
    const sink = await startSink({ json: true })
    closers.push(() => sink.close())
    const json = (signal: Signal) => sink.destination(signal, { protocol: 'http/json' })
    const resource = resourceFromAttributes({ 'service.name': 'json' })
    const { delivery, tracer, logger, meter, meterProvider } = startDelivery(
      [json('traces'), json('logs'), json('metrics')],
      { resource },
    )
    const span = tracer.startSpan('späne', {
      attributes: { big: 2 ** 52, odd: '\ud800', nan: Number.NaN, list: [1, 2], bytes: 'x' },
    })
    span.addEvent('event')
    span.end()
    logger.emit({ body: { nested: [true, null] }, severityNumber: 9 })
    meter.createHistogram('latency').record(3)
    await meterProvider.forceFlush()
    await delivery.forceFlush()
    expect(sink.requests[0]!.headers['content-type']).toBe('application/json')
    const [received] = sink.received.filter(({ signal }) => signal === 'traces')
    const [sent] = received!.items
    expect(sent).toMatchObject({
      name: 'späne',
      traceId: span.spanContext().traceId,
      spanId: span.spanContext().spanId,
      kind: 1,
    })
    expect(sent.startTimeUnixNano).toMatch(/^\d{19}$/)
    expect(attributesOf(sent)).toEqual({ big: 2 ** 52, odd: '\ufffd', nan: 'NaN', list: [1, 2], bytes: 'x' })
    expect(received!.request.resourceSpans[0].resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'json' } },
    ])
    const [metric] = sink.items('metrics')
    expect(metric.histogram.dataPoints[0]).toMatchObject({ count: '1', sum: 3, min: 3, max: 3 })
    expect(metric.histogram.dataPoints[0].bucketCounts).toHaveLength(16)
    await delivery.shutdown()
  })
})
