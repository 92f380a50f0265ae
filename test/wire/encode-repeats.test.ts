/** Spans whose attributes repeat arrive as they were, whatever came before them. */
import type { Attributes, HrTime } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRequest } from '../../src/wire/encode-request.ts'
import { encodeSpan } from '../../src/wire/encode-traces.ts'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'
import { attributesOf, decodeRequest, itemsOf } from './proto/otlp.ts'

const resource = resourceFromAttributes({})

function spanOf(name: string, attributes: Attributes): ReadableSpan {
  const time: HrTime = [1_700_000_000, 1]
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  return {
    name,
    attributes,
    resource,
    kind: 0,
    spanContext: () => context,
    startTime: time,
    endTime: time,
    status: { code: 0 },
    events: [],
    links: [],
  } as unknown as ReadableSpan
}

function sendAndRead(spans: readonly ReadableSpan[]): Attributes[] {
  const writer = new ProtobufWriter(64)
  for (const span of spans) encodeSpan(writer, span)
  const request = encodeRequest([{ resource, scope: { name: 'test' }, items: writer.written() }])
  return itemsOf('traces', decodeRequest('traces', request)).map((span) => attributesOf(span) as Attributes)
}

const value = fc.oneof(
  fc.constantFrom('GET', 'http', 1, true, 'grüße', ''),
  // what looks like a name and its value may be a secret, which is masked
  fc.string({ maxLength: 200 }).map((text) => text.replace(/[:=]/g, '-')),
  fc.integer(),
  fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }),
)
const attributes = fc.dictionary(fc.constantFrom('method', 'path', 'status', 'route', 'ä'), value, {
  noNullPrototype: true,
})

test('attributes of spans of few names arrive unchanged and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('GET /', 'POST /', ''), attributes), { maxLength: 60 }), (spans) => {
      const arrived = sendAndRead(spans.map(([name, attributes]) => spanOf(name, attributes)))
      expect(arrived.map((attributes) => Object.entries(attributes))).toEqual(
        spans.map(([, attributes]) => Object.entries(attributes)),
      )
    }),
  )
})

test('names without end neither mix up attributes nor stop names that come later', () => {
  const spans = Array.from({ length: 21_000 }, (_, index) =>
    spanOf(`GET /users/${index % 3 === 0 ? 'me' : index}`, { method: 'GET', id: index }),
  )
  for (let from = 0; from < spans.length; from += 1000) {
    const part = spans.slice(from, from + 1000)
    expect(sendAndRead(part)).toEqual(part.map(({ attributes }) => attributes))
  }
})

test('an attribute that changes inside its object is read again', () => {
  const list = ['a']
  const first = sendAndRead([spanOf('list', { method: 'GET', list }), spanOf('list', { method: 'GET', list })])
  list.push('b')
  expect(first).toEqual([
    { method: 'GET', list: ['a'] },
    { method: 'GET', list: ['a'] },
  ])
  expect(sendAndRead([spanOf('list', { method: 'GET', list })])).toEqual([{ method: 'GET', list: ['a', 'b'] }])
})

test('a value that cannot be read costs only itself, before and after such spans were seen', () => {
  const bad = Object.defineProperty({ method: 'GET' }, 'path', {
    enumerable: true,
    get() {
      throw new TypeError('no')
    },
  }) as unknown as Attributes
  const good = { method: 'GET', path: '/' }
  const unreadable = { method: 'GET', path: '[unreadable: TypeError]' }
  expect(sendAndRead([bad, good, bad, good].map((attributes) => spanOf('getter', attributes)))).toEqual([
    unreadable,
    good,
    unreadable,
    good,
  ])
})
