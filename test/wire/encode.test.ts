/** The encoder agrees with OpenTelemetry's own, decoded by a third implementation, and no input makes it throw or write an invalid message. */
import {
  type AnyValue,
  type Attributes,
  type HrTime,
  INVALID_SPAN_CONTEXT,
  SpanKind,
  TraceFlags,
  ValueType,
} from '@opentelemetry/api'
import { TraceState } from '@opentelemetry/core'
import {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs'
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Signal } from '../../src/config/destination.ts'
import { STRING_LIMIT } from '../../src/wire/encode-common.ts'
import { requestToJson } from '../../src/wire/encode-json.ts'
import { encodeLogRecord } from '../../src/wire/encode-logs.ts'
import { encodeMetric } from '../../src/wire/encode-metrics.ts'
import { encodeRequest, type Section } from '../../src/wire/encode-request.ts'
import { countItems, splitRequest } from '../../src/wire/encode-split.ts'
import { encodeSpan } from '../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'
import { createRedactor, type Redactor } from '../../src/wire/redaction/redactor.ts'
import { attributesOf, type Decoded, decodeRequest, itemsOf } from './proto/otlp.ts'

const resources = [
  resourceFromAttributes(
    { 'service.name': 'täst', 'process.pid': 1 },
    { schemaUrl: 'https://opentelemetry.io/schemas/1.40.0' },
  ),
  resourceFromAttributes({}),
]
const scopes = [{ name: 'a', version: '1.0.0', schemaUrl: 'https://schema' }, { name: 'b' }]

/** Random texts may look like secrets. */
const AS_IT_IS = createRedactor(false)

function encodeWith<Item extends { resource: unknown; instrumentationScope: unknown }>(
  encode: (writer: ProtobufWriter, item: Item, redactor: Redactor) => void,
  items: readonly Item[],
): Buffer {
  const sections: Array<Section & { writer: ProtobufWriter }> = []
  for (const item of items) {
    let section = sections.find(
      ({ resource, scope }) => resource === item.resource && scope === item.instrumentationScope,
    )
    if (!section) {
      section = {
        resource: item.resource,
        scope: item.instrumentationScope,
        writer: new ProtobufWriter(16),
        items: Buffer.alloc(0),
      } as never as (typeof sections)[number]
      sections.push(section)
    }
    encode(section.writer, item, AS_IT_IS)
  }
  return encodeRequest(
    sections.map(({ resource, scope, writer }) => ({ resource, scope, items: writer.written() })),
    false,
    AS_IT_IS,
  )
}

/** Decoded, less what is only another way to say nothing: zeros, and order of resources. */
function normal(signal: Signal, bytes: Uint8Array): unknown {
  return sorted(dropEmpty(decodeRequest(signal, bytes)))
}

function dropEmpty(value: Decoded, key = ''): Decoded {
  if (Array.isArray(value)) return value.map((item) => dropEmpty(item))
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value
  const entries = Object.entries(value)
    .filter(
      ([name, inner]) =>
        !(/^dropped/.test(name) && inner === 0) &&
        !(name === 'flags' && inner === 0) &&
        !(name === 'schemaUrl' && inner === ''),
    )
    .map(([name, inner]) => [name, dropEmpty(inner, name)] as const)
    .filter(
      ([name, inner]) =>
        !(name === 'status' && Object.keys(inner as object).every((field) => (inner as Decoded)[field] === 0)),
    )
  return key === '' ? Object.fromEntries(entries) : Object.fromEntries(entries)
}

const sorted = (request: Decoded): Decoded => {
  const [list] = Object.values(request) as [Decoded[] | undefined]
  return list?.map((entry) => JSON.stringify(entry)).sort()
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'grapheme', minLength: 20, maxLength: 60 }),
)
const time = fc.tuple(
  fc.integer({ min: 0, max: 4_000_000_000 }),
  fc.integer({ min: 0, max: 999_999_999 }),
) as fc.Arbitrary<HrTime>
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.maxSafeInteger(),
  fc.constantFrom(2 ** 53, -(2 ** 53), 2 ** 62, -(2 ** 63), 2 ** 63, 1e21, -0, 0.1),
)
const value: fc.Arbitrary<AnyValue> = fc.letrec<{ any: AnyValue }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(text, number, fc.boolean()),
    fc.array(text, { maxLength: 3 }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(text, tie('any'), { maxKeys: 3, noNullPrototype: true }),
    fc.uint8Array({ maxLength: 20 }),
  ),
})).any
const attributes = fc.dictionary(text, value, { maxKeys: 6, noNullPrototype: true }) as fc.Arbitrary<Attributes>
const spanContext = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constantFrom(TraceFlags.NONE, TraceFlags.SAMPLED, 3),
  isRemote: fc.constantFrom(true, false, undefined),
  traceState: fc.constantFrom(undefined, new TraceState('vendor=value,other=1')),
})
const count = fc.constantFrom(0, 1, 300)
const span: fc.Arbitrary<ReadableSpan> = fc
  .record({
    name: text,
    kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CONSUMER),
    context: spanContext,
    parentSpanContext: fc.option(spanContext, { nil: undefined }),
    startTime: time,
    endTime: time,
    status: fc.oneof(fc.constant({ code: 0 }), fc.record({ code: fc.constantFrom(1, 2), message: text })),
    attributes,
    links: fc.array(fc.record({ context: spanContext, attributes, droppedAttributesCount: count }), { maxLength: 2 }),
    events: fc.array(fc.record({ time, name: text, attributes, droppedAttributesCount: count }), { maxLength: 2 }),
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
  })
  .map(
    ({ context, ...rest }) =>
      ({ ...rest, spanContext: () => context, duration: [0, 0], ended: true }) as unknown as ReadableSpan,
  )
const record: fc.Arbitrary<ReadableLogRecord> = fc
  .record({
    hrTime: time,
    hrTimeObserved: time,
    spanContext: fc.option(spanContext, { nil: undefined }),
    severityText: fc.option(text, { nil: undefined }),
    severityNumber: fc.constantFrom(undefined, 1, 9, 24),
    body: fc.option(value, { nil: undefined }),
    eventName: fc.option(text, { nil: undefined }),
    attributes,
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
    droppedAttributesCount: count,
  })
  .map((one) => one as ReadableLogRecord)

const point = <Value>(of: fc.Arbitrary<Value>) => fc.record({ startTime: time, endTime: time, attributes, value: of })
const whole = fc.nat({ max: 2 ** 40 })
const histogram = fc.record({
  buckets: fc.record({
    boundaries: fc.array(fc.double({ noNaN: true }), { maxLength: 4 }),
    counts: fc.array(whole, { maxLength: 5 }),
  }),
  sum: fc.option(fc.double(), { nil: undefined }),
  count: whole,
  min: fc.option(fc.double(), { nil: undefined }),
  max: fc.option(fc.double(), { nil: undefined }),
})
const bucketList = fc.record({
  offset: fc.integer({ min: -1000, max: 1000 }),
  bucketCounts: fc.array(whole, { maxLength: 40 }),
})
const exponential = fc.record({
  count: whole,
  sum: fc.option(fc.double(), { nil: undefined }),
  scale: fc.integer({ min: -10, max: 20 }),
  zeroCount: whole,
  positive: bucketList,
  negative: bucketList,
  min: fc.option(fc.double(), { nil: undefined }),
  max: fc.option(fc.double(), { nil: undefined }),
})
const descriptor = (valueType: fc.Arbitrary<ValueType>) =>
  fc.record({ name: text, description: text, unit: text, valueType })
const temporality = fc.constantFrom(AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE)
const metric: fc.Arbitrary<MetricData> = fc.oneof(
  fc.record({
    descriptor: descriptor(fc.constant(ValueType.INT)),
    aggregationTemporality: temporality,
    dataPointType: fc.constant(DataPointType.SUM),
    isMonotonic: fc.boolean(),
    dataPoints: fc.array(point(fc.oneof(fc.integer(), fc.maxSafeInteger())), { maxLength: 3 }),
  }),
  fc.record({
    descriptor: descriptor(fc.constant(ValueType.DOUBLE)),
    aggregationTemporality: temporality,
    dataPointType: fc.constantFrom(DataPointType.SUM, DataPointType.GAUGE),
    isMonotonic: fc.constant(false),
    dataPoints: fc.array(point(fc.double()), { maxLength: 3 }),
  }),
  fc.record({
    descriptor: descriptor(fc.constant(ValueType.DOUBLE)),
    aggregationTemporality: temporality,
    dataPointType: fc.constant(DataPointType.HISTOGRAM),
    dataPoints: fc.array(point(histogram), { maxLength: 3 }),
  }),
  fc.record({
    descriptor: descriptor(fc.constant(ValueType.DOUBLE)),
    aggregationTemporality: temporality,
    dataPointType: fc.constant(DataPointType.EXPONENTIAL_HISTOGRAM),
    dataPoints: fc.array(point(exponential), { maxLength: 3 }),
  }),
) as unknown as fc.Arbitrary<MetricData>

function encodeMetrics({ resource, scopeMetrics }: ResourceMetrics): Buffer {
  return encodeRequest(
    scopeMetrics.map(({ scope, metrics }) => {
      const writer = new ProtobufWriter(16)
      for (const one of metrics) encodeMetric(writer, one, AS_IT_IS)
      return { resource, scope, items: writer.written() }
    }),
    false,
    AS_IT_IS,
  )
}

const metricsOf = (first: MetricData[], second: MetricData[]): ResourceMetrics => ({
  resource: resources[0]!,
  scopeMetrics: [
    { scope: scopes[0]!, metrics: first },
    { scope: scopes[1]!, metrics: second },
  ],
})

describe('says the same as the serializers of OpenTelemetry', () => {
  test('for spans', () => {
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 6 }), (spans) => {
        expect(normal('traces', encodeWith(encodeSpan, spans))).toEqual(
          normal('traces', ProtobufTraceSerializer.serializeRequest(spans)!),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('for log records', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), (records) => {
        expect(normal('logs', encodeWith(encodeLogRecord, records))).toEqual(
          normal('logs', ProtobufLogsSerializer.serializeRequest(records)!),
        )
      }),
      { numRuns: 300 },
    )
  })

  test('for metrics', () => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 4 }), fc.array(metric, { maxLength: 2 }), (first, second) => {
        const metrics = metricsOf(first, second)
        expect(normal('metrics', encodeMetrics(metrics))).toEqual(
          normal('metrics', ProtobufMetricsSerializer.serializeRequest(metrics)!),
        )
      }),
      { numRuns: 300 },
    )
  })
})

describe('the JSON of a request says the same as the JSON serializers of OpenTelemetry', () => {
  // theirs write numbers where the mapping wants strings, and keep lone surrogates: both are made alike first
  const alike = (json: Decoded): unknown => {
    const walk = (node: Decoded): Decoded => {
      if (Array.isArray(node)) return node.map(walk)
      if (typeof node === 'number') return String(node)
      if (node === null || typeof node !== 'object')
        return typeof node === 'string' ? node.replace(/\p{Surrogate}/gu, '\ufffd') : node
      return Object.fromEntries(
        Object.entries(node)
          .filter(
            ([name, inner]) =>
              inner !== undefined &&
              inner !== 0 &&
              inner !== '' &&
              name !== 'schemaUrl' &&
              !(Array.isArray(inner) && inner.length === 0),
          )
          .map(([name, inner]) => [name.replace(/\p{Surrogate}/gu, '\ufffd'), walk(inner)]),
      )
    }
    return sorted(dropEmpty(walk(json)))
  }
  const simple = fc.dictionary(
    fc.string({ minLength: 1 }),
    fc.oneof(fc.string({ minLength: 1 }), fc.integer({ min: 1 }), fc.constant(true)),
    { maxKeys: 4, noNullPrototype: true },
  )
  const order = (json: Decoded): Decoded =>
    JSON.parse(
      JSON.stringify(json, (_, node) =>
        node && typeof node === 'object' && !Array.isArray(node)
          ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
          : node,
      ),
    )

  test('for spans', () => {
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), simple, (spans, attributes) => {
        const plain = spans.map((one) => ({
          ...one,
          attributes,
          name: 'name',
          links: [],
          events: one.events.map((event) => ({ ...event, name: 'event', attributes })),
          status: { code: 0 as const },
        }))
        const theirs = JSON.parse(new TextDecoder().decode(JsonTraceSerializer.serializeRequest(plain)!))
        expect(alike(order(JSON.parse(requestToJson('traces', encodeWith(encodeSpan, plain)))))).toEqual(
          alike(order(theirs)),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('for log records and metrics', () => {
    const [log] = fc.sample(record, { numRuns: 1, seed: 1 }) as [ReadableLogRecord]
    const plain = {
      ...log,
      body: { key: ['a', 1] },
      attributes: { a: 1 },
      eventName: 'event',
      severityText: 'INFO',
      severityNumber: 9,
      spanContext: undefined,
    } as ReadableLogRecord
    const theirs = JSON.parse(new TextDecoder().decode(JsonLogsSerializer.serializeRequest([plain])!))
    expect(alike(order(JSON.parse(requestToJson('logs', encodeWith(encodeLogRecord, [plain])))))).toEqual(
      alike(order(theirs)),
    )
    const data = { startTime: [1, 5] as HrTime, endTime: [2, 0] as HrTime, attributes: { a: 'b' } }
    const histogramMetric = {
      descriptor: { name: 'h', description: 'd', unit: 's', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.DELTA,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [
        {
          ...data,
          value: { buckets: { boundaries: [1, 2], counts: [3, 4, 5] }, count: 12, sum: 7.5, min: 0.5, max: 3 },
        },
      ],
    } as MetricData
    const metrics = metricsOf([histogramMetric], [])
    const ours = JSON.parse(requestToJson('metrics', encodeMetrics(metrics)))
    const reference = JSON.parse(new TextDecoder().decode(JsonMetricsSerializer.serializeRequest(metrics)!))
    expect(alike(order(ours.resourceMetrics[0].scopeMetrics[0]))).toEqual(
      alike(order(reference.resourceMetrics[0].scopeMetrics[0])),
    )
  })
})

const base = (): ReadableSpan => ({
  ...fc.sample(span, { numRuns: 1, seed: 7 })[0]!,
  attributes: {},
  events: [],
  links: [],
})
const throwing = {
  get boom(): never {
    throw new Error('getter')
  },
}
const circular: Record<string, unknown> = { name: 'loop' }
circular.self = circular
const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => ({ inner }), 'bottom')
const graph = Array.from({ length: 22 }).reduce<unknown>((inner) => [inner, inner], 'leaf')
const hostile: Array<[string, unknown]> = [
  ['a circular object', circular],
  ['a getter that throws', throwing],
  [
    'a Proxy that throws',
    new Proxy(
      {},
      {
        ownKeys() {
          throw new TypeError('proxy')
        },
      },
    ),
  ],
  [
    'a revoked Proxy',
    (() => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return proxy
    })(),
  ],
  ['20,000 levels', deep],
  ['a shared-reference graph of 2^22 paths', graph],
  ['lone surrogates', '\ud800 text \udfff'],
  ['2^63', 2 ** 63],
  ['NaN', Number.NaN],
  ['a BigInt', 2n ** 70n],
  ['a Symbol', Symbol('s')],
  ['a function', () => {}],
  ['an invalid Date', new Date(Number.NaN)],
  ['a Map', new Map([['a', 1]])],
  ['null', null],
  ['undefined', undefined],
  ['100 MB of text', 'x'.repeat(100 * 1024 * 1024)],
  ['a million elements', Array.from({ length: 1_000_000 }, (_, index) => index)],
  ['an object without prototype', Object.assign(Object.create(null), { a: 1 })],
  [
    'toString that throws',
    {
      toString() {
        throw new Error('no')
      },
    },
  ],
]

describe('hostile input', () => {
  test.for(hostile)(
    '%s as an attribute, event attribute, name, status and log body neither throws, blocks nor spoils its neighbours',
    ([, bad]) => {
      const good = base()
      const spans = [
        good,
        { ...base(), attributes: { before: 1, bad, after: 2 } },
        { ...base(), name: bad },
        { ...base(), status: { code: 2, message: bad } },
        { ...base(), events: [{ name: bad, time: [1, 1], attributes: { bad } }] },
        { ...base(), links: [{ context: good.spanContext(), attributes: { bad } }] },
        { ...base(), startTime: [Number.NaN, Number.NaN], endTime: bad },
        good,
      ] as unknown as ReadableSpan[]
      // a rope is flattened by its first reader, whoever that is
      if (typeof bad === 'string') bad.charCodeAt(0)
      const writer = new ProtobufWriter(16)
      for (const one of spans) {
        const start = performance.now()
        encodeSpan(writer, one)
        expect(performance.now() - start).toBeLessThan(500)
      }
      const request = encodeRequest([{ resource: resources[0]!, scope: scopes[0]!, items: writer.written() }])
      expect(request.length).toBeLessThan(64 * 1024 * 1024)
      const decoded = itemsOf('traces', decodeRequest('traces', request))
      expect(decoded).toHaveLength(spans.length)
      expect(attributesOf(decoded[1])).toMatchObject({ before: 1, after: 2 })
      expect(decoded[0]).toEqual(decoded[7])
      JSON.parse(requestToJson('traces', request))

      const log = {
        ...fc.sample(record, { numRuns: 1, seed: 3 })[0]!,
        body: bad,
        attributes: { bad },
      } as ReadableLogRecord
      const logs = encodeWith(encodeLogRecord, [{ ...log, body: 'good' }, log])
      expect(itemsOf('logs', decodeRequest('logs', logs))).toHaveLength(2)
      JSON.parse(requestToJson('logs', logs))
    },
  )

  test('anything as a span is encoded or thrown away whole', () => {
    fc.assert(
      fc.property(
        fc.record({
          ...Object.fromEntries(
            Object.keys(base()).map((key) => [
              key,
              fc.anything({
                withBigInt: true,
                withDate: true,
                withMap: true,
                withTypedArray: true,
                withNullPrototype: true,
              }),
            ]),
          ),
        }),
        (parts) => {
          const writer = new ProtobufWriter(16)
          encodeSpan(writer, base())
          const before = Buffer.from(writer.written())
          try {
            encodeSpan(writer, {
              ...base(),
              ...parts,
              spanContext: () => INVALID_SPAN_CONTEXT,
            } as unknown as ReadableSpan)
          } catch {
            expect(writer.written()).toEqual(before)
          }
          encodeSpan(writer, base())
          const request = encodeRequest([{ resource: resources[0]!, scope: scopes[0]!, items: writer.written() }])
          const spans = itemsOf('traces', decodeRequest('traces', request))
          expect(spans.at(-1)).toEqual(spans[0])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('long strings are cut, never in the middle of a character', () => {
    const one = { ...base(), attributes: { long: `${'x'.repeat(STRING_LIMIT - 1)}😀` } }
    const [sent] = itemsOf('traces', decodeRequest('traces', encodeWith(encodeSpan, [one])))
    expect(attributesOf(sent)['long']).toBe('x'.repeat(STRING_LIMIT - 1))
  })

  test('a span with too much in it loses its further attributes, and says how many', () => {
    const many = Object.fromEntries(Array.from({ length: 128 }, (_, index) => [`key${index}`, 'x'.repeat(100_000)]))
    const [sent] = itemsOf(
      'traces',
      decodeRequest('traces', encodeWith(encodeSpan, [{ ...base(), attributes: many, droppedAttributesCount: 2 }])),
    )
    expect(sent.attributes.length + sent.droppedAttributesCount).toBe(130)
    expect(sent.attributes.length).toBeLessThan(50)
  })
})

describe('a request too large', () => {
  test('is cut in two that hold its items, in order', () => {
    fc.assert(
      fc.property(fc.array(span, { minLength: 2, maxLength: 9 }), (spans) => {
        const request = encodeWith(encodeSpan, spans)
        const [first, second] = splitRequest(request, 'traces')!
        const items = [first, second].map(({ bytes }) => itemsOf('traces', decodeRequest('traces', bytes)))
        expect(items.flat()).toEqual(itemsOf('traces', decodeRequest('traces', request)))
        expect([first.count, second.count]).toEqual(items.map(({ length }) => length))
        expect(Math.abs(first.count - second.count)).toBeLessThan(2)
      }),
    )
  })

  test('counts data points of metrics', () => {
    fc.assert(
      fc.property(fc.array(metric, { minLength: 2, maxLength: 5 }), (metrics) => {
        const request = encodeMetrics(metricsOf(metrics, []))
        const points = metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0)
        expect(countItems(request, 'metrics')).toBe(points)
        const [first, second] = splitRequest(request, 'metrics')!
        expect(first.count + second.count).toBe(points)
      }),
    )
  })

  test('of a single item, or unreadable, is not cut', () => {
    expect(splitRequest(encodeWith(encodeSpan, [base()]), 'traces')).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        splitRequest(Buffer.from(bytes), 'logs')
      }),
    )
  })
})
