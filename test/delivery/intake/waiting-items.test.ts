/** Spans that wait to be encoded together: each is in exactly one batch, at the latest when its batch closes, whoever looks at the batch before. */
import type { Attributes } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, type ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createBatcher } from '../../../src/delivery/intake/batcher.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'
import { encodeSpan } from '../../../src/wire/encode-traces.ts'
import { DEFAULT_REDACTOR } from '../../../src/wire/redaction/redactor.ts'
import { attributesOf, type Decoded, decodeRequest, itemsOf } from '../../wire/proto/otlp.ts'

const resource = resourceFromAttributes({ 'service.name': 'waiting' })

function setUp({ maxCount = 1_000, delayMillis = 1e6 } = {}) {
  const batches: Decoded[][] = []
  const encoded: string[] = []
  let lost = 0
  const batcher = createBatcher<ReadableSpan>({
    encode(writer, span, redactor) {
      if (span.name === 'unreadable') throw new Error('unreadable')
      encodeSpan(writer, span, redactor)
      encoded.push(span.name)
    },
    redactor: DEFAULT_REDACTOR,
    maxCount: () => maxCount,
    maxBytes: 1e6,
    delayMillis,
    resource,
    runUntraced: (run) => run(),
    onBatch: (request, count) => {
      const spans = itemsOf('traces', decodeRequest('traces', request))
      expect(spans).toHaveLength(count)
      batches.push(spans)
    },
    onLost: (count) => {
      lost += count
    },
  })
  const onEnd = (span: ReadableSpan): void => batcher.add(span)
  const processor = { onStart() {}, onEnd, forceFlush: async () => {}, shutdown: async () => {} }
  const tracer = createOwnTracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    spanProcessors: [processor],
  }).getTracer('test')
  const make = (name: string, attributes: Attributes = {}): void => tracer.startSpan(name, { attributes }).end()
  return { batcher, batches, encoded, make, tracer, lost: () => lost }
}

const namesOf = (batches: readonly Decoded[][]): string[] => batches.flat().map((span) => span.name as string)

test('spans wait, and are encoded together once there are many', () => {
  const { batcher, encoded, make } = setUp()
  for (let number = 0; number < 127; number++) make(`work ${number}`)
  expect([encoded.length, batcher.count]).toEqual([0, 127])
  make('last')
  expect([encoded.length, batcher.count]).toEqual([128, 128])
})

test.each<[string, (batcher: ReturnType<typeof setUp>['batcher']) => unknown]>([
  ['flush', (batcher) => batcher.flush()],
  ['copy', (batcher) => batcher.copy()],
  ['bytes', (batcher) => batcher.bytes],
])('%s sees those that wait', (_, look) => {
  const { batcher, encoded, make } = setUp()
  make('a')
  make('b')
  look(batcher)
  expect(encoded).toEqual(['a', 'b'])
})

test('a copy holds those that waited, which stay in the batch', () => {
  const { batcher, batches, make } = setUp()
  make('a', { 'a.number': 1 })
  const [copied] = itemsOf('traces', decodeRequest('traces', batcher.copy()!))
  expect([copied.name, attributesOf(copied)]).toEqual(['a', { 'a.number': 1 }])
  batcher.flush()
  expect(namesOf(batches)).toEqual(['a'])
})

test('a batch closes as soon as it is full, and in time', async () => {
  const { batches, make } = setUp({ maxCount: 2, delayMillis: 20 })
  make('a')
  expect(batches).toHaveLength(0)
  make('b')
  expect(namesOf(batches)).toEqual(['a', 'b'])
  make('c')
  expect(batches).toHaveLength(1)
  // unless something else holds it, the timer lets the process end
  await vi.waitFor(() => expect(namesOf(batches)).toEqual(['a', 'b', 'c']))
})

test('one that cannot be read is lost alone', () => {
  const { batcher, batches, make, lost } = setUp()
  for (const name of ['a', 'unreadable', 'b']) make(name)
  batcher.flush()
  expect([namesOf(batches), lost(), batcher.count]).toEqual([['a', 'b'], 1, 0])
})

test('what is large, or may still change, does not wait, nor what came before it', () => {
  const { encoded, make, tracer } = setUp()
  make('small')
  make('large', { text: 'x'.repeat(5_000) })
  expect(encoded).toEqual(['small', 'large'])
  make('list', { list: ['a'] })
  const failing = tracer.startSpan('failing')
  failing.recordException(new Error('failed'))
  failing.end()
  const read = tracer.startSpan('read', { attributes: { a: 1 } })
  void (read as unknown as ReadableSpan).attributes
  read.end()
  expect(encoded).toEqual(['small', 'large', 'list', 'failing', 'read'])
})

test('every span is in exactly one batch, whatever its size and whoever looks', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(0, 10, 5_000) },
    { weight: 1, arbitrary: fc.constantFrom('flush', 'copy', 'bytes') },
  )
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400, size: 'max' }),
      fc.integer({ min: 1, max: 200 }),
      (steps, maxCount) => {
        const { batcher, batches, make } = setUp({ maxCount })
        const made: string[] = []
        for (const [number, todo] of steps.entries())
          if (typeof todo === 'number') {
            made.push(`span ${number}`)
            make(`span ${number}`, { text: 'x'.repeat(todo) })
            expect(namesOf(batches).length + batcher.count).toBe(made.length)
          } else if (todo === 'flush') batcher.flush()
          else if (todo === 'copy') batcher.copy()
          else void batcher.bytes
        batcher.flush()
        expect(namesOf(batches)).toEqual(made)
        expect(batches.every((batch) => batch.length <= maxCount)).toBe(true)
      },
    ),
    { numRuns: 60 },
  )
})
