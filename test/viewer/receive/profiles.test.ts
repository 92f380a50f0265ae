/** Samples that programs send: what is refused, what of them is stored, what is found in them, and that they stay within their limits. */
import { expect, test } from 'vitest'
import {
  type ApiError,
  type Insight,
  type ProfileReport,
  ROUTES,
  type SpanDetail,
  type SpanProfile,
  type TraceDetail,
  type ViewerStatus,
} from '../../../src/viewer/api.ts'
import { spanProfile } from '../../../src/viewer/query/span-profile.ts'
import { createLiveSpans } from '../../../src/viewer/receive/live-spans.ts'
import { createStore } from '../../../src/viewer/store/store.ts'
import type { TraceRow } from '../../../src/viewer/store/traces.ts'
import { decodeJson } from '../../../src/wire/decode.ts'
import { eventually, type Harness, startHarness } from '../harness.ts'
import { id, type SampleSpan, T0, traceIdOf, tracesRequest } from '../sample.ts'

const AT_US = T0 * 1000
/** Of the service shop, whose instance is shop-1, as in tests of traces. */
const REPORT: ProfileReport = {
  resource: { 'service.name': 'shop', 'service.instance.id': 'shop-1' },
  startUs: AT_US,
  endUs: AT_US + 1_000_000,
  intervalUs: 1000,
  frames: [
    { name: 'handle', file: '/app/server.js', line: 10, column: 1 },
    { name: 'report', file: '/app/report.js', line: 40, column: 1 },
    { name: '(garbage collector)', file: '', line: 0, column: 0 },
  ],
  stacks: [
    [-1, 0, 12],
    [0, 1, 41],
    [1, 2, 0],
  ],
  spans: [
    { traceId: traceIdOf(1), spanId: id(2), name: 'handler' },
    { traceId: traceIdOf(2), spanId: id(20), name: 'GET /victim' },
    { traceId: traceIdOf(1), spanId: id(1), name: 'GET /report' },
  ],
  samples: [
    [0, 10_000, 0, 1],
    [100_000, 20_000, 0, 2],
    [120_000, 150_000, 1, 0],
    [270_000, 30_000, 2, 0],
    [300_000, 10_000, 0, 1],
    [310_000, 5_000, 0, -1],
  ],
  blocks: [
    {
      startUs: AT_US + 120_000,
      endUs: AT_US + 300_000,
      callee: 'JSON.parse',
      file: '/app/report.js',
      line: 41,
      span: 0,
      waiting: [1],
    },
  ],
}
const span = (
  trace: number,
  number: number,
  name: string,
  at: number,
  millis: number,
  parent?: number,
): SampleSpan => ({
  traceId: traceIdOf(trace),
  spanId: id(number),
  ...(parent !== undefined && { parentSpanId: id(parent) }),
  name,
  kind: parent === undefined ? 2 : 1,
  at,
  millis,
})
const TRACES = tracesRequest('shop', [
  span(1, 1, 'GET /report', 100, 210),
  span(1, 2, 'handler', 110, 195, 1),
  span(2, 20, 'GET /victim', 0, 320),
  // open at the same time, but it went on only later: it waited for something else
  span(3, 30, 'GET /poll', 0, 900),
])
const profileOf = (viewer: Harness, trace: number, number: number): Promise<SpanProfile> =>
  viewer.get(ROUTES.spanProfile.replace(':traceId', traceIdOf(trace)).replace(':spanId', id(number)))
const insightsOf = async (viewer: Harness, trace: number): Promise<readonly Insight[]> =>
  (await viewer.get<TraceDetail>(ROUTES.trace.replace(':traceId', traceIdOf(trace)))).insights
const blockedOf = async (viewer: Harness, trace: number): Promise<string[]> =>
  (await insightsOf(viewer, trace)).filter(({ kind }) => kind === 'blocked').map(({ title }) => title)

test.for([
  ['spans first', ['/v1/traces', ROUTES.profile]],
  ['samples first', [ROUTES.profile, '/v1/traces']],
] as const)('%s: who ran it and who waited have the finding, who only was open has not', async ([, order]) => {
  await using viewer = await startHarness()
  for (const path of order) {
    await viewer.send(path, path === ROUTES.profile ? REPORT : TRACES)
    // long enough for traces to be looked at without the samples
    if (path === '/v1/traces' && path === order[0]) await new Promise((resolve) => setTimeout(resolve, 1600))
  }
  const place = 'JSON.parse in report.js:41, of GET /report'
  await eventually(async () => ((await blockedOf(viewer, 2)).length > 0 ? true : undefined))
  expect(await blockedOf(viewer, 2)).toEqual([`Waited up to 180 ms behind ${place}`])
  expect(await blockedOf(viewer, 1)).toEqual([`The event loop was blocked for 180 ms by ${place}`])
  expect(await blockedOf(viewer, 3)).toEqual([])
  expect((await insightsOf(viewer, 2))[0]).toMatchObject({
    savingNs: 180e6,
    query: expect.stringContaining('badge:blocked'),
  })
})

test('a span has its own code apart from that of its trace and of others', async () => {
  await using viewer = await startHarness()
  await viewer.send('/v1/traces', TRACES)
  await viewer.send(ROUTES.profile, REPORT)
  const handler = await profileOf(viewer, 1, 2)
  expect(handler).toMatchObject({ intervalUs: 1000, durationNs: 195e6, sampledNs: 195e6, lost: 0 })
  expect(handler.groups.map(({ kind, ns, name }) => [kind, ns / 1e6, name])).toEqual([
    ['own', 180, null],
    ['trace', 10, null],
    ['other', 5, 'GET /victim'],
  ])
  const [own] = handler.groups
  expect(own!.roots).toMatchObject([
    {
      name: 'handle',
      ns: 180e6,
      selfNs: 0,
      children: [
        {
          name: 'report',
          line: 40,
          hotLine: 41,
          ns: 180e6,
          selfNs: 150e6,
          children: [{ name: '(garbage collector)', ns: 30e6, selfNs: 30e6, children: [] }],
        },
      ],
    },
  ])
  // the request has what its handler ran
  expect((await profileOf(viewer, 1, 1)).groups[0]).toMatchObject({ kind: 'own', ns: 200e6 })
  expect((await profileOf(viewer, 2, 20)).groups.map(({ kind, ns }) => [kind, ns / 1e6])).toEqual([
    ['own', 20],
    ['other', 200],
    ['none', 5],
  ])
})

test('requests of one trace that wait for the same block count it once', async () => {
  await using viewer = await startHarness()
  await viewer.send(ROUTES.profile, REPORT)
  const again = tracesRequest('shop', [span(2, 20, 'GET /victim', 0, 320), span(2, 21, 'GET /again', 10, 300)])
  await viewer.send('/v1/traces', again)
  await eventually(async () => ((await blockedOf(viewer, 2)).length > 0 ? true : undefined))
  const [found] = await insightsOf(viewer, 2)
  expect(found).toMatchObject({ kind: 'blocked', savingNs: 180e6, detail: expect.not.stringContaining('times') })
})

test('the trace that ran a block is looked at again when no other was open, however long it ran', () => {
  const store = createStore()
  try {
    store.add(decodeJson(tracesRequest('shop', [span(1, 1, 'job', -120_000, 121_000)])))
    const again: string[] = []
    store.onChange(({ traces, isNews }) => isNews && again.push(...traces.map((trace) => trace.id)))
    store.addProfile('run', { ...REPORT, blocks: REPORT.blocks.map((block) => ({ ...block, waiting: [] })) })
    expect(again).toEqual([traceIdOf(1)])
  } finally {
    store.close()
  }
})

test('reading samples ends after a time, and that is told', () => {
  const store = createStore()
  try {
    store.add(decodeJson(tracesRequest('shop', [span(1, 1, 'job', 0, 3000)])))
    const { run } = store.resources.all()[0]!
    for (const second of [0, 1, 2]) {
      const [startUs, endUs] = [AT_US + second * 1e6, AT_US + (second + 1) * 1e6]
      store.addProfile(run, { ...REPORT, startUs, endUs, blocks: [] })
    }
    const row = store.database.prepare('SELECT * FROM trace').get() as unknown as TraceRow
    const engine = { store, live: createLiveSpans(store) }
    expect(spanProfile(engine, row, id(1))).toMatchObject({ sampledNs: 3e9, truncated: false })
    expect(spanProfile(engine, row, id(1), -1)).toMatchObject({ sampledNs: 1e9, truncated: true })
  } finally {
    store.close()
  }
})

test('whether there are samples is told with the span; without any the profile is empty', async () => {
  await using viewer = await startHarness()
  await viewer.send('/v1/traces', TRACES)
  const path = ROUTES.span.replace(':traceId', traceIdOf(1)).replace(':spanId', id(1))
  expect((await viewer.get<SpanDetail>(path)).profiled).toBe(false)
  expect(await profileOf(viewer, 1, 1)).toMatchObject({ sampledNs: 0, groups: [], blocks: [] })
  // another process, and another time
  await viewer.send(ROUTES.profile, { ...REPORT, resource: { ...REPORT.resource, 'service.instance.id': 'shop-2' } })
  await viewer.send(ROUTES.profile, { ...REPORT, startUs: AT_US + 9e6, endUs: AT_US + 10e6 })
  expect((await viewer.get<SpanDetail>(path)).profiled).toBe(false)
  await viewer.send(ROUTES.profile, REPORT)
  expect((await viewer.get<SpanDetail>(path)).profiled).toBe(true)
})

test.for<[what: string, body: unknown]>([
  ['no JSON', 'samples'],
  ['null', null],
  ['no resource', { ...REPORT, resource: undefined }],
  ['an end before the start', { ...REPORT, endUs: 1 }],
  ['a stack of an unknown frame', { ...REPORT, stacks: [[-1, 3, 0]] }],
  ['a stack that is its own parent', { ...REPORT, stacks: [[0, 0, 0]] }],
  ['a sample of an unknown stack', { ...REPORT, samples: [[0, 1, 9, -1]] }],
  ['a sample of an unknown span', { ...REPORT, samples: [[0, 1, 0, 3]] }],
  ['null as a sample', { ...REPORT, samples: [null] }],
  ['an object as a sample', { ...REPORT, samples: [{}] }],
  ['an object as a stack', { ...REPORT, stacks: [{}] }],
  ['a list as a trace id', { ...REPORT, spans: [{ ...REPORT.spans[0], traceId: [traceIdOf(1)] }] }],
  [
    'a block that spans without end wait for',
    { ...REPORT, blocks: [{ ...REPORT.blocks[0], waiting: Array.from({ length: 1001 }, () => 1) }] },
  ],
  ['a trace id that is none', { ...REPORT, spans: [{ traceId: 'x', spanId: id(1), name: '' }] }],
  ['a block without a place', { ...REPORT, blocks: [{ startUs: 0, endUs: 1, span: -1, waiting: [] }] }],
  ['a block that unknown spans wait for', { ...REPORT, blocks: [{ ...REPORT.blocks[0], waiting: [7] }] }],
  ['frames without end', { ...REPORT, frames: Array.from({ length: 50_001 }, () => REPORT.frames[0]) }],
])('%s is refused', async ([, body]) => {
  await using viewer = await startHarness()
  const answer = await viewer.fetch(ROUTES.profile, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  expect([answer.status, ((await answer.json()) as ApiError).error.code]).toEqual([400, 'bad_request'])
  expect((await viewer.get<ViewerStatus>(ROUTES.status)).storage.profileBytes).toBe(0)
})

test('the oldest samples go when there are too many, all when they are cleared', async () => {
  await using viewer = await startHarness({ limits: { maxProfileBytes: 4000 } })
  const bytes = async (): Promise<number> => (await viewer.get<ViewerStatus>(ROUTES.status)).storage.profileBytes
  for (let second = 0; second < 40; second++) {
    const [startUs, endUs] = [AT_US + second * 1e6, AT_US + (second + 1) * 1e6]
    const blocks = REPORT.blocks.map((block) => ({ ...block, startUs, endUs: startUs + 100_000 }))
    await viewer.send(ROUTES.profile, { ...REPORT, startUs, endUs, blocks })
  }
  await eventually(async () => ((await bytes()) <= 4000 ? true : undefined))
  expect(await bytes()).toBeGreaterThan(2000)
  const rows = viewer.server.store.database.prepare('SELECT min(start_us) AS first, count(*) AS n FROM profile').get()
  expect(rows!['first']).toBeGreaterThan(AT_US + 20e6)
  const kept = viewer.server.store.database.prepare('SELECT min(start_us) AS first FROM block').get()
  expect(kept!['first']).toBe(rows!['first'])
  await viewer.fetch(ROUTES.data, { method: 'DELETE' })
  expect(await bytes()).toBe(0)
  expect(viewer.server.store.database.prepare('SELECT count(*) AS n FROM block').get()).toEqual({ n: 0 })
})
