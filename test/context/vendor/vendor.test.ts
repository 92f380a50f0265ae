/** The headers of Zipkin, Jaeger, AWS X-Ray and OpenTracing: read, written, and refused. */
import { propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { B3Propagator } from '@opentelemetry/propagator-b3'
import { describe, expect, test } from 'vitest'
import type { PropagatorName } from '../../../src/config/options.ts'
import { createPropagator } from '../../../src/context/propagators.ts'
import { extract, type Headers, inject, relay, SPAN_ID, TRACE_ID } from '../support.ts'

const of = (name: PropagatorName) => createPropagator([name])!
const parentOf = (name: PropagatorName, headers: Headers) => trace.getSpanContext(extract(of(name), headers))
const baggageOf = (name: PropagatorName, headers: Headers) =>
  Object.fromEntries(
    propagation
      .getBaggage(extract(of(name), headers))
      ?.getAllEntries()
      .map(([key, { value }]) => [key, value]) ?? [],
  )
const SHORT = TRACE_ID.slice(16)
const PADDED = SHORT.padStart(32, '0')
const B3 = { 'x-b3-traceid': TRACE_ID, 'x-b3-spanid': SPAN_ID }
const ROOT = `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)}`
const OT = { 'ot-tracer-traceid': SHORT, 'ot-tracer-spanid': SPAN_ID }

test.for<[PropagatorName, Headers, string, number]>([
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, TRACE_ID, 1],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-0` }, TRACE_ID, 0],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-d` }, TRACE_ID, 1],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}` }, TRACE_ID, 0],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1-05e3ac9a4f6e3b90` }, TRACE_ID, 1],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-2` }, TRACE_ID, 0],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1-xyz` }, TRACE_ID, 1],
  ['b3', { b3: `${SHORT}-${SPAN_ID}-1` }, PADDED, 1],
  ['b3', { b3: ` ${TRACE_ID.toUpperCase()}-${SPAN_ID.toUpperCase()}-1 ` }, TRACE_ID, 1],
  ['b3', { ...B3, 'x-b3-sampled': '1' }, TRACE_ID, 1],
  ['b3', { ...B3, 'x-b3-sampled': 'true' }, TRACE_ID, 1],
  ['b3', { ...B3, 'x-b3-sampled': '0' }, TRACE_ID, 0],
  ['b3', { ...B3, 'x-b3-flags': '1' }, TRACE_ID, 1],
  ['b3', { ...B3, 'x-b3-traceid': SHORT, 'x-b3-sampled': '1' }, PADDED, 1],
  ['b3', { 'X-B3-TraceId': TRACE_ID, 'X-B3-SpanId': SPAN_ID, 'X-B3-Sampled': '1' }, TRACE_ID, 1],
  ['b3', { ...B3, b3: 'nonsense', 'x-b3-sampled': '1' }, TRACE_ID, 1],
  ['b3multi', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, TRACE_ID, 1],
  ['b3multi', { ...B3, 'x-b3-sampled': '1', 'x-b3-parentspanid': '05e3ac9a4f6e3b90' }, TRACE_ID, 1],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:1` }, TRACE_ID, 1],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:0` }, TRACE_ID, 0],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:${SPAN_ID}:03` }, TRACE_ID, 1],
  ['jaeger', { 'uber-trace-id': `${SHORT}:${SPAN_ID}:0:1` }, PADDED, 1],
  ['jaeger', { 'uber-trace-id': encodeURIComponent(`${TRACE_ID}:${SPAN_ID}:0:1`) }, TRACE_ID, 1],
  ['xray', { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN_ID};Sampled=1` }, TRACE_ID, 1],
  ['xray', { 'X-Amzn-Trace-Id': `${ROOT};Parent=${SPAN_ID};Sampled=0` }, TRACE_ID, 0],
  ['xray', { 'x-amzn-trace-id': `Self=1-67891234-12456789abcdef012345678; Sampled=1 ;Parent=${SPAN_ID}; ${ROOT};Lineage=a87bd80c:1` }, TRACE_ID, 1],
  ['ottrace', { ...OT, 'ot-tracer-sampled': 'true' }, PADDED, 1],
  ['ottrace', { ...OT, 'ot-tracer-sampled': '1' }, PADDED, 1],
  ['ottrace', { ...OT, 'ot-tracer-sampled': 'false' }, PADDED, 0],
  ['ottrace', { ...OT, 'ot-tracer-traceid': TRACE_ID, 'ot-tracer-sampled': 'true' }, TRACE_ID, 1],
])('%s reads %j', ([name, headers, traceId, traceFlags]) => {
  expect(parentOf(name, headers)).toEqual({ traceId, spanId: SPAN_ID, traceFlags, isRemote: true })
}) // biome-ignore format: a table

test.for<[PropagatorName, Headers]>([
  ['b3', {}], ['b3', { b3: '' }], ['b3', { b3: '1' }], ['b3', { b3: 'd' }], ['b3', { b3: `${TRACE_ID}` }], ['b3', { b3: `${'0'.repeat(32)}-${SPAN_ID}-1` }],
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID.slice(1)}-1` }], ['b3', { 'x-b3-traceid': TRACE_ID }], ['b3', { 'x-b3-spanid': SPAN_ID, 'x-b3-sampled': '1' }],
  ['b3', { ...B3, 'x-b3-traceid': 'g'.repeat(32) }], ['b3multi', { 'x-b3-sampled': '1' }],
  ['jaeger', { 'uber-trace-id': '' }], ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0` }], ['jaeger', { 'uber-trace-id': `${TRACE_ID}:0:0:1` }], ['jaeger', { 'uber-trace-id': `0${TRACE_ID}:${SPAN_ID}:0:1` }], ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:xyz` }],
  ['xray', { 'x-amzn-trace-id': ROOT }], ['xray', { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN_ID}` }], ['xray', { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN_ID};Sampled=?` }], ['xray', { 'x-amzn-trace-id': `Root=2${ROOT.slice(6)};Parent=${SPAN_ID};Sampled=1` }], ['xray', { 'x-amzn-trace-id': `Root=1-00000000-${'0'.repeat(24)};Parent=${SPAN_ID};Sampled=1` }],
  ['ottrace', { 'ot-tracer-traceid': SHORT }], ['ottrace', { ...OT, 'ot-tracer-spanid': 'x' }], ['ottrace', { ...OT, 'ot-tracer-traceid': '0' }],
])('%s finds no parent in %j', ([name, headers]) => {
  expect(parentOf(name, headers)).toBeUndefined()
}) // biome-ignore format: a table

test.for<[PropagatorName, Headers]>([
  ['b3', { b3: '0' }],
  ['b3', { 'x-b3-sampled': '0' }],
  ['b3multi', { 'x-b3-sampled': 'false' }],
])('%s: a "no" without ids, %j, is a parent that is not sampled', ([name, headers]) => {
  expect(parentOf(name, headers)).toMatchObject({
    traceFlags: 0,
    isRemote: true,
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
})

/** As the SDK continues a trace: with the random flag, which other systems do not know. */
const SENT = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 3 })
const UNSAMPLED = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 2 })

test.for<[PropagatorName, Headers, Headers]>([
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-1` }, { b3: `${TRACE_ID}-${SPAN_ID}-0` }],
  ['b3multi', { ...B3, 'x-b3-sampled': '1' }, { ...B3, 'x-b3-sampled': '0' }],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:01` }, { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:00` }],
  [
    'xray',
    { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN_ID};Sampled=1` },
    { 'x-amzn-trace-id': `${ROOT};Parent=${SPAN_ID};Sampled=0` },
  ],
  ['ottrace', { ...OT, 'ot-tracer-sampled': 'true' }, { ...OT, 'ot-tracer-sampled': 'false' }],
])('%s writes a sampled and an unsampled span', ([name, sampled, unsampled]) => {
  expect(inject(of(name), SENT)).toEqual(sampled)
  expect(inject(of(name), UNSAMPLED)).toEqual(unsampled)
  for (const context of [ROOT_CONTEXT, suppressTracing(SENT)]) expect(inject(of(name), context)).toEqual({})
})

test.for<[PropagatorName, Headers, Headers]>([
  ['b3', { b3: `${TRACE_ID}-${SPAN_ID}-d` }, { b3: `${TRACE_ID}-${SPAN_ID}-d` }],
  ['b3', { ...B3, 'x-b3-flags': '1' }, { b3: `${TRACE_ID}-${SPAN_ID}-d` }],
  ['b3multi', { ...B3, 'x-b3-flags': '1', 'x-b3-sampled': '0' }, { ...B3, 'x-b3-flags': '1' }],
  ['jaeger', { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:3` }, { 'uber-trace-id': `${TRACE_ID}:${SPAN_ID}:0:03` }],
])('%s passes the wish to debug on: %j', ([name, headers, sent]) => {
  expect(relay(of(name), headers)).toEqual(sent)
})

test('xray passes the lineage on, and nothing that only looks like one', () => {
  const header = `${ROOT};Parent=${SPAN_ID};Sampled=1;Lineage=a87bd80c:1|68fd508a:5`
  expect(relay(of('xray'), { 'x-amzn-trace-id': header })).toEqual({ 'x-amzn-trace-id': header })
  expect(relay(of('xray'), { 'x-amzn-trace-id': `${header} é` })['x-amzn-trace-id']).not.toContain('Lineage')
})

describe('baggage', () => {
  const entries = { user: { value: 'é, 100%\n' }, 'no token': { value: '1' }, empty: { value: '' } }
  const context = propagation.setBaggage(SENT, propagation.createBaggage(entries))
  test.for<[PropagatorName, string, Headers]>([
    ['jaeger', 'uberctx-', {}],
    ['ottrace', 'ot-baggage-', OT],
  ])('of %s is a header an entry', ([name, prefix, ids]) => {
    const sent = inject(of(name), context)
    expect(sent).toMatchObject({ [`${prefix}user`]: '%C3%A9%2C%20100%25%0A', [`${prefix}empty`]: '' })
    expect(Object.keys(sent).join()).not.toContain('no token')
    expect(baggageOf(name, sent)).toEqual({ user: 'é, 100%\n', empty: '' })
    expect(
      baggageOf(name, { ...ids, [`${prefix}a`]: '%FF', [`${prefix}__proto__`]: 'x', [prefix]: 'y', other: 'z' }),
    ).toEqual({
      a: '\uFFFD',
      ['__proto__']: 'x',
    })
  })

  test.for<PropagatorName>(['jaeger', 'ottrace'])('of %s makes no more headers than servers take', (name) => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, { value: 'v' }]))
    const sent = inject(of(name), propagation.setBaggage(SENT, propagation.createBaggage(many)))
    expect(Object.keys(sent).filter((header) => /-k\d+$/.test(header))).toHaveLength(32)
  })
})

test('b3 reads single headers as the propagator of OpenTelemetry does', () => {
  const theirs = new B3Propagator()
  for (const b3 of [
    `${TRACE_ID}-${SPAN_ID}-1`,
    `${SHORT}-${SPAN_ID}-d-${SPAN_ID}`,
    `${TRACE_ID}-${SPAN_ID}`,
    `${TRACE_ID}-${SPAN_ID}-x`,
    'x',
  ])
    expect(parentOf('b3', { b3 })).toEqual(trace.getSpanContext(extract(theirs, { b3 })))
})
