/** W3C trace context: what is read, what is written, and that a state passes through as it came. */
import { createTraceState, ROOT_CONTEXT, type TraceState, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { describe, expect, test } from 'vitest'
import { traceContextPropagator } from '../../src/context/trace-context.ts'
import { parseTraceState } from '../../src/context/trace-state.ts'
import { extract, inject, relay, SPAN_ID, TRACE_ID } from './support.ts'

const PARENT = `00-${TRACE_ID}-${SPAN_ID}-01`
const parentOf = (traceparent: unknown) => trace.getSpanContext(extract(traceContextPropagator, { traceparent }))
const stateAfter = (tracestate: unknown): string | undefined =>
  relay(traceContextPropagator, { traceparent: PARENT, tracestate })['tracestate']

test.for<[unknown, number]>([
  [PARENT, 1],
  [`00-${TRACE_ID}-${SPAN_ID}-00`, 0],
  [`00-${TRACE_ID}-${SPAN_ID}-02`, 2],
  [`00-${TRACE_ID}-${SPAN_ID}-03`, 3],
  [`00-${TRACE_ID}-${SPAN_ID}-10`, 0],
  [`00-${TRACE_ID}-${SPAN_ID}-ff`, 3],
  [`cc-${TRACE_ID}-${SPAN_ID}-01`, 1],
  [`cc-${TRACE_ID}-${SPAN_ID}-01-what-the-future-will-be-like`, 1],
  [`01-${TRACE_ID}-${SPAN_ID}-03-`, 3],
  [` \t${PARENT}\t `, 1],
  [[PARENT], 1],
])('%j is read', ([header, traceFlags]) => {
  expect(parentOf(header)).toMatchObject({ traceId: TRACE_ID, spanId: SPAN_ID, traceFlags, isRemote: true })
})

test.for<[unknown]>([
  [undefined], [null], [7], [{}], [[]], [[PARENT, PARENT]], [Buffer.from(PARENT)], [''], [PARENT.toUpperCase()],
  [`${PARENT}.`], [`${PARENT}-`], [`${PARENT}-what-the-future-will-be-like`], [`${PARENT},${PARENT}`], [`${PARENT}\n`],
  [`cc-${TRACE_ID}-${SPAN_ID}-01.what`], [`cc-${TRACE_ID}-${SPAN_ID}-011`],
  [`ff-${TRACE_ID}-${SPAN_ID}-01`], [`.0-${TRACE_ID}-${SPAN_ID}-01`], [`000-${TRACE_ID}-${SPAN_ID}-01`], [`0-${TRACE_ID}-${SPAN_ID}-01`],
  [`00-${'0'.repeat(32)}-${SPAN_ID}-01`], [`00-${TRACE_ID}-${'0'.repeat(16)}-01`], [`00-${TRACE_ID}0-${SPAN_ID}-01`], [`00-${TRACE_ID.slice(1)}-${SPAN_ID}-01`],
  [`00-${TRACE_ID}-${SPAN_ID}-1`], [`00-${TRACE_ID}-${SPAN_ID}-001`], [`00-${TRACE_ID}-${SPAN_ID}-.0`], [`00-${TRACE_ID}-${SPAN_ID}`],
])('%j is not', ([header]) => {
  expect(parentOf(header)).toBeUndefined()
}) // biome-ignore format: a table

test.for([
  [0, '00'],
  [1, '01'],
  [2, '02'],
  [3, '03'],
  [0x10, '00'],
  [0xff, '03'],
] as const)('flags %s are written as %s', ([traceFlags, text]) => {
  const context = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags })
  expect(inject(traceContextPropagator, context)).toEqual({ traceparent: `00-${TRACE_ID}-${SPAN_ID}-${text}` })
})

test('nothing is written without a valid span, or where tracing is suppressed', () => {
  const parent = extract(traceContextPropagator, { traceparent: PARENT })
  const invalid = trace.setSpanContext(ROOT_CONTEXT, { traceId: 'x\n', spanId: SPAN_ID, traceFlags: 1 })
  for (const context of [ROOT_CONTEXT, suppressTracing(parent), invalid])
    expect(inject(traceContextPropagator, context)).toEqual({})
})

test('ids in capitals, as an application may give them, are written small', () => {
  const context = trace.setSpanContext(ROOT_CONTEXT, {
    traceId: TRACE_ID.toUpperCase(),
    spanId: SPAN_ID,
    traceFlags: 1,
  })
  expect(inject(traceContextPropagator, context)['traceparent']).toBe(PARENT)
})

const members = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}=${index}`).join(',')
const EVERY_CHARACTER = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => index + 32)).replace(
  /[,=]/g,
  '',
)

describe('tracestate', () => {
  test.for([
    'foo=1', 'foo=1,bar=2', 'foo@=1,bar=2', '1foo=2', '0@1=x', 'fw529a3039@dt=FfAmK,a/b*c-d_e=1', `${'z'.repeat(256)}=1`, `${'t'.repeat(242)}@v=1`, `t@${'v'.repeat(15)}=1`,
    `foo=${'v'.repeat(256)}`, `a=${EVERY_CHARACTER}`, 'a= b', `long=${'v'.repeat(250)},longer=${'w'.repeat(250)},last=${'x'.repeat(100)}`, members(32),
  ])('%s passes through as it is', (state) => {
    expect(stateAfter(state)).toBe(state)
  }) // biome-ignore format: a table

  test.for<[unknown, string]>([
    ['foo=1 \t , \t bar=2, \t baz=3', 'foo=1,bar=2,baz=3'],
    ['\t foo=1 \t', 'foo=1'],
    [',foo=1,,bar=2,', 'foo=1,bar=2'],
    [['foo=1', '', 'bar=2,baz=3'], 'foo=1,bar=2,baz=3'],
    ['foo=1,foo=1', 'foo=1'],
    ['foo=1,bar=2,foo=3', 'foo=1,bar=2'],
    [`${members(32)}, ,`, members(32)],
  ])('%j is joined and tidied', ([state, expected]) => {
    expect(stateAfter(state)).toBe(expected)
  })

  test.for<[unknown]>([
    [''], [' ,\t,'], [members(33)], [`${'k=1,'.repeat(33)}`], [`foo=1,${'z'.repeat(257)}=1`], ['foo=,bar=3'], ['foo=bar=baz'], ['foo'], ['=1'], ['foo =1'], ['FOO=1'], ['foo.bar=1'],
    ['@foo=1,bar=2'], ['_foo=1'], ['foo=é'], ['foo=a\nb'], ['foo=\u0000'], [`foo=${'v'.repeat(257)}`], ['foo=1;bar= ,'.repeat(20_000)], [{}], [7],
  ])('%j is discarded as a whole', ([state]) => {
    expect(stateAfter(state)).toBeUndefined()
  }) // biome-ignore format: a table

  test('a hostile header is looked at in linear time', () => {
    const started = performance.now()
    for (const text of [`a=${' '.repeat(2_000_000)}b`, `${' '.repeat(30_000)}x`, ',a '.repeat(700_000)])
      stateAfter(text)
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('it can be changed, within the grammar, and the member that changed comes first', () => {
    const state = parseTraceState('a=1,b=2')!
    expect(state.set('c', '3').serialize()).toBe('c=3,a=1,b=2')
    expect(state.set('b', '3').serialize()).toBe('b=3,a=1')
    expect(state.unset('a').serialize()).toBe('b=2')
    expect(state.unset('x').serialize()).toBe('a=1,b=2')
    expect(state.get('b')).toBe('2')
    for (const [key, value] of [
      ['A', '1'],
      ['a', 'ü'],
      ['a', ''],
      ['a', '1,2'],
      [undefined, '1'],
      ['a', undefined],
    ])
      expect(state.set(key as string, value as string)).toBe(state)
    expect(parseTraceState(members(32))!.set('new', '1').serialize()).toBe(`new=1,${members(31)}`)
  })

  test.for<[string, TraceState | undefined]>([
    ['foo=1', createTraceState('foo=1')],
    ['a=1,b=2', { serialize: () => 'a=1, b=2' } as TraceState],
    ['', { serialize: () => 'A=1\r\nx: y' } as TraceState],
    ['', { serialize: () => undefined as unknown as string } as TraceState],
    ['', undefined],
  ])('a state of another origin is written as %j', ([text, traceState]) => {
    const span = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1, ...(traceState && { traceState }) }
    expect(inject(traceContextPropagator, trace.setSpanContext(ROOT_CONTEXT, span))['tracestate'] ?? '').toBe(text)
  })
})
