/** Packages that others wrote for SDK 2.x and 3.x work on the tracer as they are: processors, samplers, id generators, exporters. */
import { propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api'
import { ALLOW_ALL_BAGGAGE_KEYS, BaggageSpanProcessor } from '@opentelemetry/baggage-span-processor'
import { AWSXRayIdGenerator } from '@opentelemetry/id-generator-aws-xray'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AWSXRayRemoteSampler } from '@opentelemetry/sampler-aws-xray'
import * as three from '@opentelemetry/sdk-trace'
import * as two from 'sdk-trace-base-2'
import { expect, test } from 'vitest'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'

const resource = resourceFromAttributes({ 'service.name': 'test' })
const sampler = new three.AlwaysOnSampler()

function useSpans(provider: ReturnType<typeof createOwnTracerProvider>): void {
  const tracer = provider.getTracer('lib', '1.2.3')
  const parent = tracer.startSpan('parent', { kind: 1, attributes: { a: 1, list: ['x', 'y'] } })
  const child = tracer.startSpan(
    'child',
    { links: [{ context: parent.spanContext() }] },
    trace.setSpan(ROOT_CONTEXT, parent),
  )
  child.addEvent('event', { b: true })
  child.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
  child.end()
  parent.end()
}

interface Exporter {
  getFinishedSpans(): three.ReadableSpan[]
}

/** A processor, and the exporter behind it. */
type Create = () => [three.SpanProcessor, Exporter]

const sides: [string, Create][] = [
  [
    'the batch processor of SDK 2.x',
    () => withExporter(new two.InMemorySpanExporter(), (own) => new two.BatchSpanProcessor(own)),
  ],
  [
    'the simple processor of SDK 2.x',
    () => withExporter(new two.InMemorySpanExporter(), (own) => new two.SimpleSpanProcessor(own)),
  ],
  [
    'the batch processor of SDK 3.x',
    () => withExporter(new three.InMemorySpanExporter(), (exporter) => new three.BatchSpanProcessor({ exporter })),
  ],
  [
    'the simple processor of SDK 3.x',
    () => withExporter(new three.InMemorySpanExporter(), (exporter) => new three.SimpleSpanProcessor({ exporter })),
  ],
]

function withExporter<Own>(exporter: Own, create: (exporter: Own) => unknown): [three.SpanProcessor, Exporter] {
  return [create(exporter) as three.SpanProcessor, exporter as unknown as Exporter]
}

test.for(sides)('%s, with its exporter in memory', async ([, create]) => {
  const [processor, exporter] = create()
  const provider = createOwnTracerProvider({ resource, sampler, spanProcessors: [processor] })
  useSpans(provider)
  await provider.forceFlush()
  const [child, parent] = exporter.getFinishedSpans()
  expect([child?.name, parent?.name]).toEqual(['child', 'parent'])
  expect(child?.parentSpanContext).toEqual(parent?.spanContext())
  expect(child?.instrumentationScope).toEqual({ name: 'lib', version: '1.2.3', schemaUrl: undefined })
  expect(child?.resource.attributes).toEqual({ 'service.name': 'test' })
  expect(child).toMatchObject({ ended: true, droppedAttributesCount: 0, status: { code: 2, message: 'no' } })
  expect(child?.duration[0]).toBe(0)
  expect(parent?.attributes).toEqual({ a: 1, list: ['x', 'y'] })
  // as exporters for SDK 1.x read them
  expect(child).toMatchObject({ parentSpanId: parent?.spanContext().spanId, instrumentationLibrary: { name: 'lib' } })
  await provider.shutdown()
})

test('samplers of SDK 2.x', () => {
  const exporter = new three.InMemorySpanExporter()
  const provider = createOwnTracerProvider({
    resource,
    sampler: new two.ParentBasedSampler({ root: new two.TraceIdRatioBasedSampler(0) }),
    spanProcessors: [new three.SimpleSpanProcessor({ exporter })],
  })
  useSpans(provider)
  expect(exporter.getFinishedSpans()).toEqual([])
})

test('the serializers of OTLP give what they give for a span of the SDK', () => {
  const ids = () => {
    let next = 1
    const take = (length: number) => (next++).toString(16).padStart(length, '0')
    return { generateTraceId: () => take(32), generateSpanId: () => take(16) }
  }
  const spansOf = (create: (processor: three.SpanProcessor) => Pick<three.TracerProvider, 'getTracer'>) => {
    const ended: three.ReadableSpan[] = []
    const none = async () => {}
    const provider = create({ onStart() {}, onEnd: (span) => void ended.push(span), forceFlush: none, shutdown: none })
    const time = 1_700_000_000_000
    const span = provider.getTracer('lib').startSpan('s', { startTime: time, attributes: { a: 1, b: [1, 2] } })
    span.addEvent('e', { c: 'd' }, time + 1).end(time + 2)
    return ended
  }
  const ours = spansOf((processor) =>
    createOwnTracerProvider({ resource, sampler, idGenerator: ids(), spanProcessors: [processor] }),
  )
  const theirs = spansOf(
    (processor) => new three.TracerProvider({ resource, sampler, idGenerator: ids(), spanProcessors: [processor] }),
  )
  for (const serializer of [JsonTraceSerializer, ProtobufTraceSerializer])
    expect(Buffer.from(serializer.serializeRequest(ours)!)).toEqual(Buffer.from(serializer.serializeRequest(theirs)!))
})

test('@opentelemetry/baggage-span-processor', () => {
  const exporter = new three.InMemorySpanExporter()
  const provider = createOwnTracerProvider({
    resource,
    sampler,
    spanProcessors: [
      new BaggageSpanProcessor(ALLOW_ALL_BAGGAGE_KEYS) as unknown as three.SpanProcessor,
      new three.SimpleSpanProcessor({ exporter }),
    ],
  })
  const baggage = propagation.createBaggage({ user: { value: 'u1' } })
  provider.getTracer('t').startSpan('s', {}, propagation.setBaggage(ROOT_CONTEXT, baggage)).end()
  expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({ user: 'u1' })
})

test('@opentelemetry/id-generator-aws-xray: its ids are used, and not claimed to be random', () => {
  const provider = createOwnTracerProvider({ resource, sampler, idGenerator: new AWSXRayIdGenerator() })
  const { traceId, traceFlags } = provider.getTracer('t').startSpan('s').spanContext()
  expect(Math.abs(Number.parseInt(traceId.slice(0, 8), 16) - Date.now() / 1000)).toBeLessThan(100)
  expect(traceFlags).toBe(1)
})

test('@opentelemetry/sampler-aws-xray: its fallback decides where no daemon answers', () => {
  const xray = new AWSXRayRemoteSampler({ resource: resource as never, endpoint: 'http://127.0.0.1:1' })
  const provider = createOwnTracerProvider({ resource, sampler: xray as unknown as three.Sampler })
  const tracer = provider.getTracer('t')
  const sampled = Array.from({ length: 1000 }, () => tracer.startSpan('s')).filter((span) => span.isRecording())
  // one a second and 5 % of the others
  expect(sampled.length).toBeGreaterThan(0)
  expect(sampled.length).toBeLessThan(300)
  ;(xray as unknown as { stopPollers?(): void }).stopPollers?.()
})
