/** Spans of our tracer are encoded past their objects, and yet as anybody sees them. */
import type { Attributes } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOwnTracerProvider } from '../../src/signals/traces/tracer-provider.ts'
import { encodeRequest } from '../../src/wire/encode-request.ts'
import { encodeSpan } from '../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'
import { programs, runProgram } from '../signals/traces/programs.ts'
import { attributesOf, decodeRequest, itemsOf } from './proto/otlp.ts'

const resource = emptyResource()
const none = async (): Promise<void> => {}
const ending = (onEnd: (span: ReadableSpan) => void): SpanProcessor => ({
  onStart() {},
  onEnd,
  forceFlush: none,
  shutdown: none,
})

function sendAndRead(spans: readonly ReadableSpan[]): ReturnType<typeof itemsOf> {
  const writer = new ProtobufWriter(64)
  for (const span of spans) encodeSpan(writer, span)
  return itemsOf(
    'traces',
    decodeRequest('traces', encodeRequest([{ resource, scope: { name: 't' }, items: writer.written() }])),
  )
}

/** Objects put keys that are whole numbers first. */
const inOrder = (spans: ReturnType<typeof itemsOf>): unknown =>
  spans.map((span) => ({
    ...span,
    attributes: span.attributes?.toSorted((a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)),
  }))

/** With the properties of its own that an object of the SDK has. */
function plainCopy(span: ReadableSpan): ReadableSpan {
  const { name, kind, parentSpanContext, startTime, endTime, duration, ended, status, attributes, events, links } = span
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount, instrumentationScope } = span
  return {
    ...{ name, kind, parentSpanContext, startTime, endTime, duration, ended, status, attributes, events, links },
    ...{ droppedAttributesCount, droppedEventsCount, droppedLinksCount, instrumentationScope, resource },
    spanContext: () => span.spanContext(),
  } as ReadableSpan
}

test('random spans are encoded as plain objects of the same content are', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(programs, (program) => {
      const writer = new ProtobufWriter(64)
      const copies: ReadableSpan[] = []
      const encode = ending((span) => {
        encodeSpan(writer, span)
        copies.push(plainCopy(span))
      })
      // the first of the processors, so that nobody has asked for the objects before it
      runProgram(program, ({ spanProcessors: _, ...setup }) =>
        createOwnTracerProvider({ ...setup, resource, spanProcessors: [encode] }),
      )
      const request = encodeRequest([{ resource, scope: { name: 't' }, items: writer.written() }])
      const sent = writer.pos === 0 ? [] : itemsOf('traces', decodeRequest('traces', request))
      expect(inOrder(sent)).toEqual(inOrder(copies.length === 0 ? [] : sendAndRead(copies)))
    }),
    { numRuns: 1000 },
  )
})

const SECRET = 'hunter2'

test.for<[string, (span: ReadableSpan) => ReadableSpan]>([
  [
    'a Proxy around it',
    (span) => new Proxy(span, { get: (own, key) => (key === 'attributes' ? {} : Reflect.get(own, key)) }),
  ],
  ['an object that inherits from it', (span) => Object.create(span, { attributes: { value: {} } })],
  [
    'an object with its properties',
    (span) => Object.assign(Object.create(Object.getPrototypeOf(span)), span, { attributes: {} }),
  ],
  ['it with a property defined over ours', (span) => Object.defineProperty(span, 'attributes', { value: {} })],
  ['it with another object as its attributes', (span) => Object.assign(span, { attributes: {} })],
  [
    'it with an attribute deleted',
    (span) => {
      delete span.attributes.password
      return span
    },
  ],
])('%s hides what it hides', ([, hide]) => {
  let sent: unknown
  const processor = ending((span) => {
    sent = sendAndRead([hide(span)])
  })
  const sampler = { shouldSample: () => ({ decision: 2 }) }
  const provider = createOwnTracerProvider({ resource, sampler, spanProcessors: [processor] })
  provider
    .getTracer('t')
    .startSpan('s', { attributes: { password: SECRET } })
    .end()
  expect(sent).toHaveLength(1)
  expect(JSON.stringify(sent, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(SECRET)
})

test('numbers keep one type whatever their size, and what is no attribute by itself can be read', () => {
  const attributes = {
    small: 1n,
    large: 2n ** 62n,
    most: 2n ** 63n - 1n,
    least: -(2n ** 63n),
    above: 2n ** 63n,
    map: new Map([['a', 1]]),
    set: new Set(['b']),
    url: new URL('http://h/'),
  }
  const foreign = { ...plainCopy({ spanContext: () => ({ traceId: 'a', spanId: 'b', traceFlags: 1 }) } as never) }
  const [span] = sendAndRead([
    { ...foreign, name: 's', events: [], links: [], attributes: attributes as unknown as Attributes },
  ])
  const integers = span!.attributes.slice(0, 4).map(({ value }: { value: unknown }) => value)
  expect(integers).toEqual(
    ['1', '4611686018427387904', '9223372036854775807', '-9223372036854775808'].map((intValue) => ({ intValue })),
  )
  expect(attributesOf(span!)).toMatchObject({
    above: '9223372036854775808',
    map: { a: 1 },
    set: ['b'],
    url: 'http://h/',
  })
})
