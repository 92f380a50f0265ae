/** Random and mutated headers: nothing throws, no invalid header leaves, and what was written is read back unchanged. */
import {
  baggageEntryMetadataFromString,
  createTraceState,
  propagation,
  ROOT_CONTEXT,
  type TraceState,
  trace,
} from '@opentelemetry/api'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PropagatorName } from '../../src/config/options.ts'
import { createPropagator } from '../../src/context/propagators.ts'
import { parseTraceState } from '../../src/context/trace-state.ts'
import { configureLog } from '../../src/log.ts'
import { extract, inject, SPAN_ID, TRACE_ID } from './support.ts'

const NAMES: PropagatorName[] = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace']
const all = createPropagator(NAMES)!
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e]*$/
const BAGGAGE_MEMBER = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*(;[!#$%&'*+.^_\x60|~0-9A-Za-z-]+(=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*)?)*`
const BAGGAGE = new RegExp(`^${BAGGAGE_MEMBER}(,${BAGGAGE_MEMBER})*$`)

const SEEDS: Array<[string, string]> = [
  ['traceparent', `00-${TRACE_ID}-${SPAN_ID}-01`],
  ['tracestate', 'foo=1,bar@x=2 , 0a= b'],
  ['baggage', 'a=1;p=2;q,b=%E2%82%AC,c='],
  ['b3', `${TRACE_ID}-${SPAN_ID}-1-${SPAN_ID}`],
  ['x-b3-traceid', TRACE_ID],
  ['x-b3-spanid', SPAN_ID],
  ['x-b3-sampled', '1'],
  ['uber-trace-id', `${TRACE_ID}:${SPAN_ID}:0:1`],
  ['uberctx-user', 'a%20b'],
  ['x-amzn-trace-id', `Root=1-${TRACE_ID.slice(0, 8)}-${TRACE_ID.slice(8)};Parent=${SPAN_ID};Sampled=1;Lineage=a:1`],
  ['ot-tracer-traceid', TRACE_ID.slice(16)],
  ['ot-tracer-spanid', SPAN_ID],
  ['ot-baggage-user', 'x'],
]
const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }))
/** A legal header with a few characters replaced, taken out, put in or repeated. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(
      fc.tuple(
        fc.nat(120),
        fc.nat(3),
        fc.oneof(anyText, fc.constantFrom(',', ';', '=', '%', '-', ' ', '\t', '\uD83D', '\n', '"')),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([[name, text], edits]): [string, string] => [
    name,
    edits.reduce((value, [at, length, insert]) => value.slice(0, at) + insert + value.slice(at + length), text),
  ])
const headers = fc
  .array(fc.oneof(mutated, fc.tuple(fc.constantFrom(...SEEDS.map(([name]) => name)), anyText)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pairs) => Object.fromEntries(pairs))

beforeAll(() => configureLog({ level: 'none' }))
afterAll(() => configureLog())

test('whatever comes in, what goes out is legal', { timeout: 300_000 }, () => {
  fc.assert(
    fc.property(headers, (incoming) => {
      const out = inject(all, extract(all, incoming))
      for (const [name, value] of Object.entries(out)) if (!NAME.test(name) || !VALUE.test(value)) return false
      return (
        (out['traceparent'] === undefined || /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/.test(out['traceparent'])) &&
        (out['tracestate'] === undefined || parseTraceState(out['tracestate'])?.serialize() === out['tracestate']) &&
        (out['baggage'] === undefined || BAGGAGE.test(out['baggage']))
      )
    }),
    { numRuns: 100_000 },
  )
})

const key = fc.string({ unit: fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ"), minLength: 1, maxLength: 12 })
const wellFormed = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.toWellFormed())
const property = fc
  .tuple(key, fc.option(fc.string({ unit: fc.constantFrom(...'!#$%&+-.azAZ019=:/?@[]{}'), maxLength: 8 })))
  .map(([name, value]) => (value === null ? name : `${name}=${value}`))
const baggageOf = fc.dictionary(key, fc.tuple(wellFormed, fc.array(property, { maxLength: 3 })), { maxKeys: 8 })
const stateKey = fc
  .tuple(fc.constantFrom(...'az09'), fc.string({ unit: fc.constantFrom(...'az09_-*/@'), maxLength: 10 }))
  .map((parts) => parts.join(''))
const stateValue = fc
  .tuple(
    fc.string({ unit: fc.constantFrom(..." !#$%&'()*+-./:;<>?@[]^_`{|}~az09"), maxLength: 10 }),
    fc.constantFrom(...'az09!~'),
  )
  .map((parts) => parts.join(''))

test('what is written is read back: ids, flags, state, baggage and its properties', { timeout: 120_000 }, () => {
  const w3c = createPropagator(['tracecontext', 'baggage'])!
  const states = fc.dictionary(stateKey, stateValue, { maxKeys: 32, minKeys: 1 })
  fc.assert(
    fc.property(
      fc.bigInt(1n, 2n ** 128n - 1n),
      fc.bigInt(1n, 2n ** 64n - 1n),
      fc.nat(3),
      states,
      baggageOf,
      (traceBits, spanBits, traceFlags, state, baggage) => {
        const text = Object.entries(state)
          .map((pair) => pair.join('='))
          .join()
        const span = {
          traceId: traceBits.toString(16).padStart(32, '0'),
          spanId: spanBits.toString(16).padStart(16, '0'),
          traceFlags,
          traceState: parseTraceState(text) as TraceState,
        }
        const entries = Object.entries(baggage).map(
          ([name, [value, properties]]) =>
            [
              name,
              {
                value,
                ...(properties.length > 0 && { metadata: baggageEntryMetadataFromString(properties.join(';')) }),
              },
            ] as const,
        )
        const sent = propagation.setBaggage(
          trace.setSpanContext(ROOT_CONTEXT, span),
          propagation.createBaggage(Object.fromEntries(entries)),
        )
        const read = extract(w3c, inject(w3c, sent))
        const { traceState, ...ids } = trace.getSpanContext(read)!
        expect({ ...ids, state: traceState?.serialize() }).toEqual({
          traceId: span.traceId,
          spanId: span.spanId,
          traceFlags,
          isRemote: true,
          state: text,
        })
        const plain = (list: ReadonlyArray<readonly [string, { value: string; metadata?: unknown }]>) =>
          list.map(([name, { value, metadata }]) => [name, value, metadata?.toString()])
        expect(plain(propagation.getBaggage(read)?.getAllEntries() ?? [])).toEqual(plain(entries))
      },
    ),
    { numRuns: 5_000 },
  )
})

test('baggage of any text, and states of any kind, go out as legal headers', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, fc.tuple(anyText, anyText), { maxKeys: 5 }), anyText, (baggage, state) => {
      const entries = Object.fromEntries(
        Object.entries(baggage).map(([name, [value, metadata]]) => [
          name,
          { value, metadata: baggageEntryMetadataFromString(metadata) },
        ]),
      )
      const span = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, traceState: createTraceState(state) }
      const out = inject(
        all,
        propagation.setBaggage(trace.setSpanContext(ROOT_CONTEXT, span), propagation.createBaggage(entries)),
      )
      const isLegal = Object.entries(out).every(([name, value]) => NAME.test(name) && VALUE.test(value))
      return isLegal && (out['baggage'] === undefined || BAGGAGE.test(out['baggage']))
    }),
    { numRuns: 5_000 },
  )
})
