/** The cases of the W3C trace context test suite, under its names, over servers and clients of node:http and fetch with the package on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sink, startSink } from '../faults/sink.ts'
import { type Relay, startRelay } from './relay.ts'

const ID = '12345678901234567890123456789012'
const SPAN = '1234567890123456'
const OK = `00-${ID}-${SPAN}-01`
const UNSAMPLED: [string, string] = ['traceparent', `00-${ID}-${SPAN}-00`]
const members = (from: number, to: number): string =>
  Array.from(
    { length: to - from + 1 },
    (_, index) => `bar${String(from + index).padStart(2, '0')}=${String(from + index).padStart(2, '0')}`,
  ).join(',')
const FOUR = [members(1, 10), members(11, 20), members(21, 30)]
const range = (from: number, to: number): string =>
  String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index))
const KEY = `${range(0x61, 0x7a)}0123456789_-*/`
const VALUE = range(0x20, 0x2b) + range(0x2d, 0x3c) + range(0x3e, 0x7e)

type Headers = ReadonlyArray<readonly [string, string]>
const parents = (...values: string[]): Headers[] => values.map((value) => [['traceparent', value]])
const states = (...values: string[]): Headers => [UNSAMPLED, ...values.map((value) => ['tracestate', value] as const)]

/** Name in the suite, then requests whose trace goes on. */
const KEPT: Array<[string, Headers[]]> = [
  ['test_traceparent_included_tracestate_missing', parents(OK)],
  [
    'test_traceparent_header_name_valid_casing',
    ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => [[name, OK]] as Headers),
  ],
  ['test_traceparent_version_0xcc', parents(`cc${OK.slice(2)}`, `cc${OK.slice(2)}-what-the-future-will-be-like`)],
  ['test_traceparent_ows_handling', parents(` ${OK}`, `\t${OK}`, `${OK} `, `${OK}\t`, `\t ${OK} \t`)],
]
/** Requests for which a new trace starts. */
const RENEWED: Array<[string, Headers[]]> = [
  ['test_both_traceparent_and_tracestate_missing', [[]]],
  [
    'test_traceparent_duplicated',
    [
      [
        ['traceparent', `00-${ID.slice(0, 31)}1-${SPAN}-01`],
        ['traceparent', OK],
      ],
      [
        ['traceparent', OK],
        ['traceparent', OK],
      ],
    ],
  ],
  ['test_traceparent_header_name', [[['trace-parent', OK]], [['trace.parent', OK]]]],
  ['test_traceparent_version_0x00', parents(`${OK}.`, `${OK}-what-the-future-will-be-like`)],
  ['test_traceparent_version_0xcc_illegal', parents(`cc${OK.slice(2)}.what-the-future-will-be-like`)],
  ['test_traceparent_version_0xff', parents(`ff${OK.slice(2)}`)],
  ['test_traceparent_version_illegal_characters', parents(`.0${OK.slice(2)}`, `0.${OK.slice(2)}`)],
  ['test_traceparent_version_too_long', parents(`0${OK}`, `00${OK}`)],
  ['test_traceparent_version_too_short', parents(OK.slice(1))],
  ['test_traceparent_trace_id_all_zero', parents(`00-${'0'.repeat(32)}-${SPAN}-01`)],
  [
    'test_traceparent_trace_id_illegal_characters',
    parents(`00-.${ID.slice(1)}-${SPAN}-01`, `00-${ID.slice(1)}.-${SPAN}-01`),
  ],
  ['test_traceparent_trace_id_too_long', parents(`00-${ID}3-${SPAN}-01`)],
  ['test_traceparent_trace_id_too_short', parents(`00-${ID.slice(1)}-${SPAN}-01`)],
  ['test_traceparent_parent_id_all_zero', parents(`00-${ID}-${'0'.repeat(16)}-01`)],
  [
    'test_traceparent_parent_id_illegal_characters',
    parents(`00-${ID}-.${SPAN.slice(1)}-01`, `00-${ID}-${SPAN.slice(1)}.-01`),
  ],
  ['test_traceparent_parent_id_too_long', parents(`00-${ID}-${SPAN}7-01`)],
  ['test_traceparent_parent_id_too_short', parents(`00-${ID}-${SPAN.slice(1)}-01`)],
  ['test_traceparent_trace_flags_illegal_characters', parents(`00-${ID}-${SPAN}-.0`, `00-${ID}-${SPAN}-0.`)],
  ['test_traceparent_trace_flags_too_long', parents(`00-${ID}-${SPAN}-001`)],
  ['test_traceparent_trace_flags_too_short', parents(`00-${ID}-${SPAN}-1`)],
]
/** A request, and the state that goes on. */
const STATES: Array<[string, Array<[Headers, string | undefined]>]> = [
  ['test_tracestate_included_traceparent_missing', [[[['tracestate', 'foo=1']], undefined], [[['tracestate', 'foo=1,bar=2']], undefined]]],
  ['test_tracestate_included_traceparent_included', [[states('foo=1,bar=2'), 'foo=1,bar=2']]],
  ['test_tracestate_header_name', [[[UNSAMPLED, ['trace-state', 'foo=1']], undefined], [[UNSAMPLED, ['trace.state', 'foo=1']], undefined]]],
  ['test_tracestate_header_name_valid_casing', ['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name) => [[UNSAMPLED, [name, 'foo=1']], 'foo=1'])],
  ['test_tracestate_empty_header', [[states(''), undefined], [states('foo=1', ''), 'foo=1'], [states('', 'foo=1'), 'foo=1']]],
  ['test_tracestate_multiple_headers_different_keys', [[states('foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'), 'foo=1,bar=2,rojo=1,congo=2,baz=3']]],
  ['test_tracestate_duplicated_keys', [[states('foo=1,foo=1'), 'foo=1'], [states('foo=1,foo=2'), 'foo=1'], [states('foo=1', 'foo=1'), 'foo=1'], [states('foo=1', 'foo=2'), 'foo=1']]],
  ['test_tracestate_all_allowed_characters', [[states(`${KEY}=${VALUE}`), `${KEY}=${VALUE}`], [states(`${KEY}@a-z0-9_-*/=${VALUE}`), `${KEY}@a-z0-9_-*/=${VALUE}`]]],
  ['test_tracestate_ows_handling', [[states('foo=1 \t , \t bar=2, \t baz=3'), 'foo=1,bar=2,baz=3'], [states('foo=1\t \t,\t \tbar=2,\t \tbaz=3'), 'foo=1,bar=2,baz=3'], ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((text): [Headers, string] => [states(text), 'foo=1'])]],
  ['test_tracestate_key_illegal_characters', ['foo =1', 'FOO=1', 'foo.bar=1'].map((text) => [states(text), undefined])],
  ['test_tracestate_key_illegal_vendor_format', [[states('@foo=1,bar=2'), undefined]]],
  ['test_tracestate_key_vendor_format_of_level_2', ['foo@=1,bar=2', 'foo@@bar=1,bar=2', 'foo@bar@baz=1,bar=2', '0foo=1'].map((text) => [states(text), text])],
  ['test_tracestate_member_count_limit', [[states(...FOUR, members(31, 32)), members(1, 32)], [states(...FOUR, members(31, 33)), undefined]]],
  ['test_tracestate_key_length_limit', [[states('foo=1', `${'z'.repeat(256)}=1`), `foo=1,${'z'.repeat(256)}=1`], [states('foo=1', `${'z'.repeat(257)}=1`), undefined], [states('foo=1', `${'t'.repeat(241)}@${'v'.repeat(14)}=1`), `foo=1,${'t'.repeat(241)}@${'v'.repeat(14)}=1`]]],
  ['test_tracestate_value_illegal_characters', [[states('foo=bar=baz'), undefined], [states('foo=,bar=3'), undefined]]],
  ['test_tracestate_long', [[states(`a=${'x'.repeat(250)},b=${'y'.repeat(250)},c=${'z'.repeat(90)}`), `a=${'x'.repeat(250)},b=${'y'.repeat(250)},c=${'z'.repeat(90)}`]]],
] // biome-ignore format: a table

let sink: Sink
let relay: Relay
beforeAll(async () => {
  sink = await startSink()
  relay = await startRelay({
    flags: ['--import', 'uptrace-node/register'],
    env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}` },
  })
})
afterAll(async () => {
  expect(await relay?.stop()).toMatchObject({ code: 0, stderr: '' })
  await sink?.close()
})

describe.for(['http', 'fetch'] as const)('%s', (client) => {
  const ask = async (headers: Headers, count?: number) => {
    const callbacks = await relay.ask(client, headers, count)
    return callbacks.map(({ traceparent, tracestate }) => {
      const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[0-3])$/.exec(String(traceparent))!
      expect(match, String(traceparent)).not.toBeNull()
      return { traceId: match[1]!, spanId: match[2]!, flags: Number(match[3]), state: tracestate }
    })
  }

  test.for(KEPT)('%s', async ([, requests]) => {
    for (const headers of requests) {
      const [sent] = await ask(headers)
      expect(sent).toMatchObject({ traceId: ID, state: undefined })
      expect(sent!.spanId).not.toBe(SPAN)
    }
  })

  test.for(RENEWED)('%s', async ([, requests]) => {
    for (const headers of requests) {
      const [sent] = await ask(headers)
      expect(sent!.traceId).not.toContain(ID.slice(1, 31))
      expect(sent!.traceId).not.toBe('0'.repeat(32))
    }
  })

  test.for(STATES)('%s', async ([, requests]) => {
    for (const [headers, state] of requests) {
      const [sent] = await ask(headers)
      expect(sent!.state).toBe(state)
      if (headers[0] === UNSAMPLED) expect(sent).toMatchObject({ traceId: ID })
    }
  })

  test.for<[string, Headers, string | undefined]>([
    ['test_multiple_requests_with_valid_traceparent', [['traceparent', OK]], ID],
    ['test_multiple_requests_without_traceparent', [], undefined],
    [
      'test_multiple_requests_with_illegal_traceparent',
      [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]],
      undefined,
    ],
  ])('%s', async ([, headers, traceId]) => {
    const sent = await ask(headers, 3)
    expect(new Set(sent.map(({ spanId }) => spanId)).size).toBe(3)
    expect([...new Set(sent.map((callback) => callback.traceId))]).toEqual([
      traceId ?? expect.not.stringMatching(/^0+$/),
    ])
  })

  test('test_propagates_random_flag, where the span is recorded', async () => {
    expect((await ask([['traceparent', `00-${ID}-${SPAN}-03`]]))[0]).toMatchObject({ traceId: ID, flags: 3 })
  })
})

describe.for(['http', 'fetch'] as const)('%s, without an exporter', (client) => {
  let quiet: Relay
  beforeAll(async () => {
    quiet = await startRelay({
      flags: ['--import', 'uptrace-node/register'],
      env: { UPTRACE_DSN: `http://t@127.0.0.1:${sink.port}`, OTEL_TRACES_EXPORTER: 'none' },
    })
  })
  afterAll(async () => void (await quiet?.stop()))

  test.for([
    ['00', '00'],
    ['01', '01'],
    ['02', '02'],
    ['03', '03'],
    ['10', '00'],
    ['ff', '03'],
  ])('incoming flags %s go out as %s', async ([flags, expected]) => {
    const [sent] = await quiet.ask(client, [
      ['traceparent', `00-${ID}-${SPAN}-${flags}`],
      ['tracestate', 'foo@=1'],
    ])
    expect(sent).toMatchObject({
      traceparent: expect.stringMatching(new RegExp(`^00-${ID}-[0-9a-f]{16}-${expected}$`)),
      tracestate: 'foo@=1',
    })
  })
})
