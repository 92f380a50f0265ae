/** Clocks of machines that differ: spans are moved into their parents, told, and given as recorded when asked. */
import { expect, test } from 'vitest'
import { ROUTES, type TraceDetail, type TraceList, type TraceSearch } from '../../../src/viewer/api.ts'
import { eventually, type Harness, startHarness } from '../harness.ts'
import { id, nanos, resource, toSpan, traceIdOf } from '../sample.ts'

const [INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER] = [1, 2, 3, 4, 5]
type Row = [number: number, parent: number, kind: number, at: number, millis: number]
/** Service, host (empty: none is named), spans. */
type Sender = [service: string, host: string, rows: Row[]]

async function send(viewer: Harness, senders: readonly Sender[]): Promise<void> {
  const resourceSpans = senders.map(([service, host, rows]) => {
    const described = resource(service, `${service}-1`, host === '' ? {} : { 'host.name': host })
    const attributes = (described['attributes'] as { key: string }[]).filter(
      ({ key }, index, all) =>
        (host !== '' || key !== 'host.name') && all.findLastIndex((one) => one.key === key) === index,
    )
    const spans = rows.map(([number, parent, kind, at, millis]) => ({
      ...toSpan({ traceId: traceIdOf(1), spanId: id(number), name: `span ${number}`, kind, at, millis }),
      ...(parent > 0 && { parentSpanId: id(parent) }),
      ...(number === 3 && { events: [{ timeUnixNano: nanos(at + 1), name: 'event' }] }),
    }))
    return { resource: { attributes }, scopeSpans: [{ scope: { name: 'test' }, spans }] }
  })
  await viewer.send('/v1/traces', { resourceSpans })
}
const detailOf = (viewer: Harness, query = ''): Promise<TraceDetail> =>
  viewer.get(ROUTES.trace.replace(':traceId', traceIdOf(1)) + query)
/** Millisecond at which each span begins, and by how much it was moved. */
const placesOf = ({ spans }: TraceDetail): Record<string, [number, number]> =>
  Object.fromEntries(
    spans.map(({ spanId, offsetNs, movedNs = 0 }) => [Number(`0x${spanId}`), [offsetNs / 1e6, movedNs / 1e6]]),
  )

const FIVE_MINUTES = 300_000
const CALLER: Sender = [
  'shop',
  'a',
  [
    [1, 0, SERVER, 0, 100],
    [2, 1, CLIENT, 10, 80],
  ],
]

test.for<[title: string, senders: Sender[], places: Record<string, [number, number]>]>([
  [
    'five minutes late: to the middle of the call, with what is below',
    [
      CALLER,
      [
        'stock',
        'b',
        [
          [3, 2, SERVER, FIVE_MINUTES, 60],
          [4, 3, INTERNAL, FIVE_MINUTES + 5, 10],
        ],
      ],
    ],
    { 1: [0, 0], 2: [10, 0], 3: [20, 20 - FIVE_MINUTES], 4: [25, 20 - FIVE_MINUTES] },
  ],
  [
    'five minutes early: the trace begins with its root again',
    [CALLER, ['stock', 'b', [[3, 2, SERVER, -FIVE_MINUTES, 60]]]],
    { 1: [0, 0], 2: [10, 0], 3: [20, 20 + FIVE_MINUTES] },
  ],
  [
    'longer than its call: with the beginning of it',
    [CALLER, ['stock', 'b', [[3, 2, SERVER, -FIVE_MINUTES, 90]]]],
    { 1: [0, 0], 2: [10, 0], 3: [10, 10 + FIVE_MINUTES] },
  ],
  [
    'a call back to the first machine stays where its clock says',
    [
      [
        'shop',
        'a',
        [
          [1, 0, SERVER, 0, 100],
          [2, 1, CLIENT, 10, 80],
        ],
      ],
      [
        'stock',
        'b',
        [
          [3, 2, SERVER, FIVE_MINUTES, 60],
          [4, 3, CLIENT, FIVE_MINUTES + 10, 40],
        ],
      ],
      ['prices', 'a', [[5, 4, SERVER, 35, 20]]],
    ],
    { 1: [0, 0], 2: [10, 0], 3: [20, 20 - FIVE_MINUTES], 4: [30, 20 - FIVE_MINUTES], 5: [35, 0] },
  ],
  [
    'another service that names no host may be elsewhere',
    [
      ['shop', '', [[2, 0, CLIENT, 0, 100]]],
      ['stock', '', [[3, 2, SERVER, -50, 20]]],
    ],
    { 2: [0, 0], 3: [40, 90] },
  ],
  [
    'one host has one clock',
    [
      ['shop', 'a', [[2, 0, CLIENT, 60, 100]]],
      ['stock', 'a', [[3, 2, SERVER, 0, 20]]],
    ],
    { 2: [60, 0], 3: [0, 0] },
  ],
  [
    'one process has one clock',
    [
      [
        'shop',
        '',
        [
          [1, 0, SERVER, 60, 10],
          [2, 1, INTERNAL, 0, 5],
        ],
      ],
    ],
    { 1: [60, 0], 2: [0, 0] },
  ],
  [
    'a message that is taken later is no other clock',
    [
      ['shop', 'a', [[2, 0, PRODUCER, 0, 5]]],
      ['stock', 'b', [[3, 2, CONSUMER, 5000, 20]]],
    ],
    { 2: [0, 0], 3: [5000, 0] },
  ],
  [
    'an answer that lasts longer than its caller waited is no other clock',
    [
      ['shop', 'a', [[2, 0, CLIENT, 0, 50]]],
      ['stock', 'b', [[3, 2, SERVER, 10, 500]]],
    ],
    { 2: [0, 0], 3: [10, 0] },
  ],
])('%s', async ([, senders, places]) => {
  await using viewer = await startHarness()
  await send(viewer, senders)
  const trace = await detailOf(viewer)
  expect(placesOf(trace)).toEqual(places)
  const moved = Object.values(places).filter(([, by]) => by !== 0)
  expect(trace.clocks?.spans ?? 0).toBe(moved.length)
  expect(trace.durationNs).toBe(Math.max(...trace.spans.map(({ offsetNs, durationNs }) => offsetNs + durationNs)))
})

test('a span that ends before it starts is told of where other spans are moved', async () => {
  await using viewer = await startHarness()
  const moved: Row[] = [
    [3, 2, SERVER, -FIVE_MINUTES, 60],
    [4, 3, INTERNAL, 5 - FIVE_MINUTES, -3],
  ]
  await send(viewer, [CALLER, ['stock', 'b', moved]])
  const { warnings } = await detailOf(viewer)
  expect(warnings.map(({ code, spanIds }) => [code, spanIds])).toEqual([
    ['clock-skew', [id(3), id(4)]],
    ['ends-before-start', [id(4)]],
  ])
})

test('it is told once, events move along, and the times as recorded can be had', async () => {
  await using viewer = await startHarness()
  await send(viewer, [CALLER, ['stock', 'b', [[3, 2, SERVER, -FIVE_MINUTES, 60]]]])
  const aligned = await detailOf(viewer)
  expect(aligned.clocks).toEqual({ applied: true, spans: 1, mostNs: (FIVE_MINUTES + 20) * 1e6, services: ['stock'] })
  expect(aligned.warnings.map(({ code }) => code)).toEqual(['clock-skew'])
  expect(aligned.durationNs).toBe(100e6)
  expect(aligned.spans.find(({ spanId }) => spanId === id(3))!.events).toEqual([{ name: 'event', offsetNs: 21e6 }])

  const recorded = await detailOf(viewer, '?clocks=recorded')
  expect(recorded.clocks).toMatchObject({ applied: false, spans: 1 })
  expect(recorded.durationNs).toBe((FIVE_MINUTES + 100) * 1e6)
  expect(recorded.spans.find(({ spanId }) => spanId === id(3))).toMatchObject({ offsetNs: 0 })
  expect(recorded.spans.every(({ movedNs }) => movedNs === undefined)).toBe(true)

  for (const query of ['', '&clocks=recorded']) {
    const found = await viewer.get<TraceSearch>(
      `${ROUTES.traceSearch.replace(':traceId', traceIdOf(1))}?q=service:stock${query}`,
    )
    const { spans } = await detailOf(viewer, query.replace('&', '?'))
    expect(found.indexes.map((index) => spans[index]!.spanId)).toEqual([id(3)])
  }
})

test('lists, filters and the page of the trace tell one duration, whatever arrives later', async () => {
  await using viewer = await startHarness()
  await send(viewer, [CALLER, ['stock', 'b', [[3, 2, SERVER, FIVE_MINUTES, 60]]]])
  const listed = async (query = '') => (await viewer.get<TraceList>(ROUTES.traces + query)).traces[0]?.durationNs
  const isListedAs = (ns: number) => eventually(async () => ((await listed()) === ns ? true : undefined))
  await isListedAs(100e6)
  expect((await detailOf(viewer)).durationNs).toBe(100e6)
  expect([await listed('?q=duration<1s'), await listed('?q=duration>1s')]).toEqual([100e6, undefined])
  await send(viewer, [['stock', 'b', [[4, 3, INTERNAL, FIVE_MINUTES + 5, 500]]]])
  await isListedAs((await detailOf(viewer)).durationNs)
  expect(await listed()).toBeLessThan(1e9)
})
