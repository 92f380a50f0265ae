/** Spans in Zipkin's format: what OpenTelemetry's own exporter writes, and more of what a span says; the way back gives the span again. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterEach, expect, test } from 'vitest'
import { decodeTraces } from '../../src/wire/decode-traces.ts'
import { tracesFromZipkin } from '../../src/wire/decode-zipkin.ts'
import { encodeRequest } from '../../src/wire/encode-request.ts'
import { encodeSpan } from '../../src/wire/encode-traces.ts'
import { requestToZipkin } from '../../src/wire/encode-zipkin.ts'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'
import { createRedactor } from '../../src/wire/redaction/redactor.ts'

const REDACTOR = createRedactor({})
const resource = resourceFromAttributes({ 'service.name': 'shop', 'host.name': 'h', 'process.pid': 7 })
// whole milliseconds: upstream rounds microseconds, where nanoseconds of ours are cut off
const START = new Date(1_700_000_000_000)
const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const tracer = provider.getTracer('lib', '1.2.3')
const link = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: TraceFlags.SAMPLED,
  traceState: new TraceState('a=1'),
}
afterEach(() => exporter.reset())

function record(kind = SpanKind.INTERNAL, attributes: Record<string, unknown> = {}): ReadableSpan {
  tracer
    .startSpan('name', { kind, attributes: attributes as never, startTime: START })
    .end(new Date(START.getTime() + 9))
  return exporter.getFinishedSpans().at(-1)!
}

function request(spans: readonly ReadableSpan[]): Buffer {
  const writer = new ProtobufWriter(64)
  for (const span of spans) encodeSpan(writer, span, REDACTOR)
  return encodeRequest([{ resource, scope: spans[0]!.instrumentationScope, items: writer.written() }], false, REDACTOR)
}

const toZipkin = (...spans: ReadableSpan[]) => JSON.parse(requestToZipkin(request(spans)))

function recordRich(): ReadableSpan {
  const span = tracer.startSpan('GET /posts/:id', {
    kind: SpanKind.CLIENT,
    startTime: START,
    attributes: { 'server.address': 'db', 'server.port': 5432, list: ['a', 'b'], yes: true, big: 2 ** 40, 'x y': 'ü' },
    links: [
      { context: link, attributes: { why: 'batch', n: 1 } },
      { context: { ...link, traceState: undefined as never } },
    ],
  })
  span.addEvent('bare', new Date(START.getTime() + 1))
  span.addEvent('exception', { 'exception.message': 'no "post"\n', list: [1, 2], n: 3 }, new Date(START.getTime() + 2))
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'post 123 is not there' })
  span.end(new Date(START.getTime() + 5))
  return exporter.getFinishedSpans().at(-1)!
}

test('a span with all that a span can have comes back as it was', () => {
  const bytes = request([recordRich(), record(SpanKind.SERVER), record(SpanKind.PRODUCER), record(SpanKind.CONSUMER)])
  const expected = decodeTraces(bytes)[0]!.items
  const actual = tracesFromZipkin(JSON.parse(requestToZipkin(bytes)))![0]!
  expect(actual.scope).toMatchObject({ name: 'lib', version: '1.2.3' })
  expect(actual.resource.attributes['service.name']).toBe('shop')
  for (const [index, span] of actual.items.entries()) {
    const { attributes, startRemainderNs: _1, endRemainderNs: _2, ...wanted } = expected[index]!
    const texts = Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    expect(span).toMatchObject({
      ...wanted,
      // a duration of 0 would be a span that has not ended
      endUs: Math.max(wanted.endUs, wanted.startUs + 1),
      flags: expect.anything(),
      shared: undefined,
      events: wanted.events.map((event) => ({ ...event, remainderNs: 0 })),
      links: wanted.links.map((one) => ({ ...one, flags: 0 })),
      attributes: Object.fromEntries(texts),
    })
  }
})

test.for<[string, SpanKind, Record<string, unknown>, unknown]>([
  [
    'peer.service goes before all',
    SpanKind.CLIENT,
    { 'server.address': 'a', 'peer.service': 'p' },
    { serviceName: 'p' },
  ],
  [
    'host and port',
    SpanKind.CLIENT,
    { 'server.address': 'db', 'server.port': 5432 },
    { serviceName: 'db', port: 5432 },
  ],
  [
    'the address that was connected to',
    SpanKind.CLIENT,
    { 'server.address': 'db', 'server.port': 1, 'network.peer.address': '10.0.0.1', 'network.peer.port': 5432 },
    { serviceName: 'db', ipv4: '10.0.0.1', port: 5432 },
  ],
  ['IPv6', SpanKind.PRODUCER, { 'network.peer.address': '::1' }, { serviceName: '::1', ipv6: '::1' }],
  [
    'a socket in a file has no address',
    SpanKind.CLIENT,
    { 'network.peer.address': '/tmp/s' },
    { serviceName: '/tmp/s' },
  ],
  ['a name of a database', SpanKind.CLIENT, { 'db.namespace': 'shop' }, { serviceName: 'shop' }],
  ['a port that is none', SpanKind.CLIENT, { 'server.address': 'a', 'server.port': 'x' }, { serviceName: 'a' }],
  ['nobody known', SpanKind.CLIENT, {}, undefined],
  ['a server does not name who asks', SpanKind.SERVER, { 'server.address': 'me' }, undefined],
])('remote endpoint: %s', ([, kind, attributes, expected]) => {
  expect(toZipkin(record(kind, attributes))[0].remoteEndpoint).toEqual(expected)
})

test('status: unset has no tag, ok has its own, an error without a text is one all the same', () => {
  const tagsOf = (code: SpanStatusCode, message?: string) => {
    const span = tracer.startSpan('s')
    span.setStatus({ code, ...(message !== undefined && { message }) })
    span.end()
    const { tags } = toZipkin(exporter.getFinishedSpans().at(-1)!)[0]
    return [tags['otel.status_code'], tags.error]
  }
  expect(tagsOf(SpanStatusCode.UNSET)).toEqual([undefined, undefined])
  expect(tagsOf(SpanStatusCode.OK)).toEqual(['OK', undefined])
  expect(tagsOf(SpanStatusCode.ERROR)).toEqual(['ERROR', ''])
  expect(tagsOf(SpanStatusCode.ERROR, 'm')).toEqual(['ERROR', 'm'])
})

test('secrets are masked as for OTLP', () => {
  const span = tracer.startSpan('s', { attributes: { password: 'hunter2', 'url.full': 'http://h/?token=hunter2' } })
  span.addEvent('e', { 'api-key': 'hunter2' })
  span.end()
  expect(requestToZipkin(request([exporter.getFinishedSpans().at(-1)!]))).not.toContain('hunter2')
})

test('the exporter of OpenTelemetry writes the same, but for what it has no place for', async () => {
  const spans = [recordRich(), record(SpanKind.SERVER, { a: 1 }), record(SpanKind.INTERNAL)]
  const bodies: unknown[] = []
  const server = createServer((incoming, answer) => {
    let text = ''
    incoming.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    incoming.on('end', () => {
      bodies.push(JSON.parse(text))
      answer.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const upstream = new ZipkinExporter({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v2/spans`,
  })
  await new Promise((resolve) => upstream.export(spans, resolve))
  await upstream.shutdown()
  server.close()
  // biome-ignore lint/suspicious/noExplicitAny: JSON, compared
  const simplify = ({ annotations = [], tags, kind, remoteEndpoint: _, ...span }: any) => ({
    ...span,
    kind: kind ?? null,
    annotations: annotations.map(({ value, ...one }: { value: string }) => ({
      ...one,
      value: /"(.*?)": \{/.exec(value)?.[1] ?? value,
    })),
    tags: Object.fromEntries(
      Object.entries(tags).filter(([name]) => !/^otlp\.link|^(service\.name|list|otel\.scope\.\w+)$/.test(name)),
    ),
  })
  expect(toZipkin(...spans).map(simplify)).toEqual((bodies[0] as unknown[]).map(simplify))
})

test('is written in ASCII: Zipkin destroys letters of several bytes that lie across two pieces of a request', () => {
  const text = 'ü \u0080 \uffff 😀 "\\" \ud800'
  const encoded = requestToZipkin(request([record(SpanKind.INTERNAL, { [`key ${text}`]: text.repeat(2000) })]))
  expect(encoded).toMatch(/^[\x20-\x7e]*$/)
  const [{ tags }] = JSON.parse(encoded)
  // a half of a pair is no text
  expect(tags[`key ${text.toWellFormed()}`]).toBe(text.repeat(2000).toWellFormed())
})
