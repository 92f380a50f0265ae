/** Batches of spans of several scopes: nothing is lost or doubled by their blocks, and a span costs few bytes on the wire. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { resourceFromAttributes } from '@opentelemetry/resources'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Batcher, createBatcher } from '../../../src/delivery/intake/batcher.ts'
import { encodeSpan } from '../../../src/wire/encode-traces.ts'
import { createRedactor, DEFAULT_REDACTOR } from '../../../src/wire/redaction/redactor.ts'
import { type Decoded, decodeRequest } from '../../wire/proto/otlp.ts'

const resource = resourceFromAttributes({ 'service.name': 'bench' })
const SCOPES = ['http', 'express', 'pg', 'app'].map((name) => ({
  name: `@opentelemetry/instrumentation-${name}`,
  version: '1.0.0',
}))

function collect(
  maxCount: number,
  redactor = DEFAULT_REDACTOR,
): {
  batcher: Batcher<ReadableSpan>
  batches: Array<{ bytes: Buffer; count: number }>
} {
  const batches: Array<{ bytes: Buffer; count: number }> = []
  const batcher = createBatcher<ReadableSpan>({
    encode: encodeSpan,
    redactor,
    maxCount: () => maxCount,
    maxBytes: 1e6,
    delayMillis: 1e6,
    resource,
    runUntraced: (run) => run(),
    onBatch: (request, count) => batches.push({ bytes: Buffer.from(request), count }),
    onLost: () => expect.unreachable(),
  })
  return { batcher, batches }
}

/** Ids as random as real ones, and the same in each run. */
const idOf = (seed: string, bytes: number): string =>
  createHash('sha256')
    .update(seed)
    .digest('hex')
    .slice(0, bytes * 2)

function spanOf(number: number, scope: number, more: Partial<ReadableSpan> = {}): ReadableSpan {
  const context = { traceId: idOf(`t${number}`, 16), spanId: idOf(`s${number}-${scope}`, 8), traceFlags: 3 }
  const nanos = Number.parseInt(idOf(`n${number}-${scope}`, 4), 16) % 1e6
  return {
    resource,
    instrumentationScope: SCOPES[scope]!,
    name: `work ${scope}`,
    kind: 0,
    spanContext: () => context,
    startTime: [1_795_000_000, number * 500_000 + nanos],
    endTime: [1_795_000_000, number * 500_000 + nanos * 2 + 100_000],
    attributes: {},
    events: [],
    links: [],
    status: { code: 0 },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...more,
  } as unknown as ReadableSpan
}

test('every span is in exactly one batch, under its own scope, whatever the order of scopes and sizes', () => {
  const item = fc.record({ scope: fc.nat(3), size: fc.constantFrom(0, 10, 3_000, 20_000) })
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 120, size: 'max' }),
      fc.integer({ min: 1, max: 60 }),
      (items, maxCount) => {
        const { batcher, batches } = collect(maxCount)
        for (const [number, { scope, size }] of items.entries())
          batcher.add(spanOf(number, scope, { attributes: { text: 'x'.repeat(size) } }))
        batcher.flush()
        const seen = batches.flatMap(({ bytes, count }) => {
          const spans = decodeRequest('traces', bytes).resourceSpans.flatMap(({ scopeSpans }: Decoded) =>
            scopeSpans.flatMap(({ scope, spans: own }: Decoded) =>
              own.map((span: Decoded) => `${scope.name} ${span.spanId}`),
            ),
          )
          expect(spans).toHaveLength(count)
          return spans
        })
        const expected = items.map(({ scope }, number) => `${SCOPES[scope]!.name} ${idOf(`s${number}-${scope}`, 8)}`)
        expect(seen.sort()).toEqual(expected.sort())
      },
    ),
    { numRuns: 60 },
  )
})

test('512 spans of express requests take at most 40 bytes each, compressed', () => {
  const { batcher, batches } = collect(512)
  for (let number = 0; number < 256; number++) {
    const server = spanOf(number, 0, {
      name: 'GET /users/:id',
      kind: 1,
      attributes: {
        'http.request.method': 'GET',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'network.peer.address': '127.0.0.1',
        'network.peer.port': 40_000 + (number % 32),
        'network.protocol.version': '1.1',
        'user_agent.original': 'bench/1.0',
        'url.path': `/users/${number}`,
        'client.address': '127.0.0.1',
        'server.port': 3000,
        'http.response.status_code': 200,
        'http.route': '/users/:id',
      },
    })
    const attributes = { 'http.route': '/users/:id', 'express.name': '/users/:id', 'express.type': 'request_handler' }
    batcher.add(spanOf(number, 1, { name: 'request handler', parentSpanContext: server.spanContext(), attributes }))
    batcher.add(server)
  }
  batcher.flush()
  expect(batches).toHaveLength(1)
  expect(gzipSync(batches[0]!.bytes, { level: 1 }).length / 512).toBeLessThanOrEqual(40)
})

test('the copy of an open batch is masked by the rules of the application, as the batch itself', () => {
  const { batcher, batches } = collect(10, createRedactor({ keys: ['iban'] }))
  const scope = { name: 'app', attributes: { iban: 'DE02-scope' } }
  const own = resourceFromAttributes({ 'service.name': 'bench', iban: 'DE02-resource' })
  batcher.add(spanOf(1, 0, { resource: own, instrumentationScope: scope, attributes: { iban: 'DE02-span' } }))
  const copy = batcher.copy()!
  batcher.flush()
  expect(copy.includes('DE02')).toBe(false)
  expect(copy.equals(batches[0]!.bytes)).toBe(true)
})
