import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  type InsightList,
  type LogList,
  type MissingTrace,
  type OperationList,
  ROUTES,
  type SpanDetail,
  type TraceDetail,
  type TraceList,
  type TraceSearch,
  type ViewerStatus,
} from '../../src/viewer/api.ts'
import { eventually, type Harness, startHarness } from './harness.ts'
import { id, LOGS, METRICS, ORDERS, type SampleSpan, STOCK, traceIdOf, tracesRequest } from './sample.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'viewer-'))
  folders.push(folder)
  return path.join(folder, 'deep', 'viewer.db')
}

const span = (
  number: number,
  parent: number | undefined,
  at = number,
  millis = 10,
  more: Partial<SampleSpan> = {},
): SampleSpan => ({
  traceId: traceIdOf(1),
  spanId: id(number),
  ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
  name: `span ${number}`,
  at,
  millis,
  ...more,
})

const detailPath = `/api/v1/traces/${traceIdOf(1)}`
const detailOf = (viewer: Harness) => viewer.get<TraceDetail>(detailPath)

async function traceOf(...requests: (readonly SampleSpan[])[]): Promise<TraceDetail> {
  await using viewer = await startHarness()
  for (const spans of requests) await viewer.send('/v1/traces', tracesRequest('shop', spans))
  return await detailOf(viewer)
}

const forest = ({ spans }: TraceDetail) =>
  spans.map(({ spanId, parentIndex, depth }) => [Number.parseInt(spanId, 16), parentIndex, depth])
const codes = ({ warnings }: TraceDetail) => warnings.map(({ code }) => code)

describe('broken trees', () => {
  test.for<[title: string, spans: SampleSpan[], forest: number[][], warnings: string[]]>([
    [
      'children before parents',
      [span(3, 2), span(2, 1), span(1, undefined)],
      [
        [1, -1, 0],
        [2, 0, 1],
        [3, 1, 2],
      ],
      [],
    ],
    [
      'a parent that is missing',
      [span(1, undefined), span(3, 99)],
      [
        [1, -1, 0],
        [3, -1, 0],
      ],
      ['missing-parents'],
    ],
    [
      'no root',
      [span(2, 1), span(3, 2)],
      [
        [2, -1, 0],
        [3, 0, 1],
      ],
      ['missing-root', 'missing-parents'],
    ],
    [
      'two roots',
      [span(1, undefined), span(2, undefined)],
      [
        [1, -1, 0],
        [2, -1, 0],
      ],
      [],
    ],
    [
      'a cycle of two',
      [span(1, 2), span(2, 1)],
      [
        [1, -1, 0],
        [2, 0, 1],
      ],
      ['missing-root', 'parent-cycle'],
    ],
    [
      'a span that is its own parent',
      [span(1, undefined), span(2, 2)],
      [
        [1, -1, 0],
        [2, -1, 0],
      ],
      ['parent-cycle'],
    ],
    [
      'a cycle with a tail',
      [span(3, 1), span(1, 2), span(2, 1)],
      [
        [1, -1, 0],
        [2, 0, 1],
        [3, 0, 1],
      ],
      ['missing-root', 'parent-cycle'],
    ],
    [
      'one id twice',
      [span(1, undefined), span(2, 1), span(2, 1, 5, 3, { name: 'other' }), span(3, 2, 6)],
      [
        [1, -1, 0],
        [2, 0, 1],
        [3, 1, 2],
        [2, 0, 1],
      ],
      ['duplicate-span-ids'],
    ],
    [
      'a span that ends before it starts',
      [span(1, undefined), span(2, 1, 5, -3)],
      [
        [1, -1, 0],
        [2, 0, 1],
      ],
      ['ends-before-start'],
    ],
  ])('%s', async ([, spans, expected, warnings]) => {
    const trace = await traceOf(spans)
    expect(forest(trace)).toEqual(expected)
    expect(codes(trace)).toEqual(warnings)
    expect(trace.spans.every(({ durationNs, selfNs }) => durationNs >= 0 && selfNs >= 0)).toBe(true)
  })

  test('spans that were sent twice are shown once', async () => {
    const trace = await traceOf([span(1, undefined), span(2, 1)], [span(2, 1)])
    expect(forest(trace)).toEqual([
      [1, -1, 0],
      [2, 0, 1],
    ])
    expect(codes(trace)).toEqual(['duplicate-span-ids'])
  })

  test('a late root takes its place', async () => {
    await using viewer = await startHarness()
    await viewer.send('/v1/traces', tracesRequest('shop', [span(2, 1), span(3, 2)]))
    const [before] = (await viewer.get<TraceList>(ROUTES.traces)).traces
    expect(before).toMatchObject({ rootSpanId: null, name: 'span 2', spans: 2 })
    await viewer.send('/v1/traces', tracesRequest('shop', [span(1, undefined, 0, 100)]))
    const [after] = (await viewer.get<TraceList>(ROUTES.traces)).traces
    expect(after).toMatchObject({ rootSpanId: id(1), name: 'span 1', spans: 3, durationNs: 100e6 })
    expect(forest(await detailOf(viewer))).toEqual([
      [1, -1, 0],
      [2, 0, 1],
      [3, 1, 2],
    ])
  })

  test('a child of another process that begins before its parent is clock skew', async () => {
    await using viewer = await startHarness()
    await viewer.send('/v1/traces', tracesRequest('shop', [span(1, undefined, 100, 50)]))
    await viewer.send('/v1/traces', tracesRequest('stock', [span(2, 1, 40, 20)]))
    const trace = await detailOf(viewer)
    expect(codes(trace)).toEqual(['clock-skew'])
    expect(trace.spans.map(({ spanId, offsetNs }) => [spanId, offsetNs])).toEqual([
      [id(1), 60e6],
      [id(2), 0],
    ])
  })

  test('nanoseconds are exact', async () => {
    const trace = await traceOf([
      span(1, undefined, 0, 0, {
        extra: { startTimeUnixNano: '1700000000123456789', endTimeUnixNano: '1700000000123456999' },
      }),
      span(2, 1, 0, 0, { extra: { startTimeUnixNano: '1700000000123456790', endTimeUnixNano: '1700000000123456791' } }),
    ])
    expect(trace).toMatchObject({ startUs: 1_700_000_000_123_456, startRemainderNs: 789, durationNs: 210 })
    expect(trace.spans[1]).toMatchObject({ offsetNs: 1, durationNs: 1 })
  })

  test('hostile texts come back as they were', async () => {
    const name = '<script>alert(1)</script>\u0000\u{1f600}"\\\n\ud83d'
    const trace = await traceOf([
      span(1, undefined, 0, 1, { name, attributes: { __proto__: 'x', 'a"b\\c': "'; DROP TABLE span; --" } }),
    ])
    expect(trace.spans[0]!.name.startsWith('<script>alert(1)</script>')).toBe(true)
    expect(trace.spans[0]!.attributes!['a"b\\c']).toBe("'; DROP TABLE span; --")
  })
})

describe('large traces', () => {
  test('a trace of 200 000 spans, one chain of 20 000 among them, is opened, searched and looked into', {
    timeout: 60_000,
  }, async () => {
    await using viewer = await startHarness({ limits: { maxSpans: 300_000 } })
    const COUNT = 200_000
    for (let from = 0; from < COUNT; from += 4000) {
      const spans = Array.from({ length: 4000 }, (_, index) => {
        const number = from + index + 1
        const parent = number === 1 ? undefined : number <= 20_000 ? number - 1 : (number % 20_000) + 1
        return span(number, parent, number / 1000, 300, { name: `work ${number % 7}`, attributes: { number } })
      })
      await viewer.send('/v1/traces', tracesRequest('shop', spans))
    }
    const started = performance.now()
    const trace = await detailOf(viewer)
    expect(performance.now() - started).toBeLessThan(30_000)
    expect(trace.spans).toHaveLength(COUNT)
    expect(trace).toMatchObject({ depth: 20_001, withAttributes: false })
    expect(trace.spans[0]!.descendants).toBe(COUNT - 1)
    const search = await viewer.get<TraceSearch>(`${detailPath}/search?q=number%3D150000`)
    expect(search.spanIds).toEqual([id(150_000)])
    expect(trace.spans[search.indexes[0]!]!.spanId).toBe(id(150_000))
    const detail = await viewer.get<SpanDetail>(`${detailPath}/spans/${id(150_000)}`)
    expect(detail.attributes).toEqual({ number: 150_000 })
    for (const route of [ROUTES.services, ROUTES.operations, ROUTES.insights, ROUTES.traceFacets, ROUTES.traces])
      await viewer.get(route)
  })
})

describe('storage on disk', () => {
  test('everything is there after a restart: traces, logs, metrics, statistics, insights, what was dismissed', async () => {
    const file = newFile()
    const before = await startHarness({ file })
    expect((await before.get<ViewerStatus>(ROUTES.status)).storage).toMatchObject({ kind: 'disk', path: file })
    await before.send('/v1/traces', tracesRequest('orders', ORDERS))
    await before.send('/v1/traces', tracesRequest('stock', STOCK))
    await before.send('/v1/logs', LOGS)
    await before.send('/v1/metrics', METRICS)
    const insights = await eventually(async () => {
      const list = await before.get<InsightList>(ROUTES.insights)
      return list.insights.length === 2 ? list.insights : undefined
    })
    await before.fetch(`/api/v1/insights/${insights[0]!.id}/dismissed`, { method: 'POST' })
    const routes = [
      ROUTES.traces,
      ROUTES.logs,
      ROUTES.metrics,
      ROUTES.operations,
      ROUTES.services,
      ROUTES.insights,
      ROUTES.runs,
      detailPath,
    ]
    const read = (viewer: Harness) => Promise.all(routes.map(async (route) => withoutTimes(await viewer.get(route))))
    const expected = await read(before)
    await before.server.close()

    await using after = await startHarness({ file })
    expect(await read(after)).toEqual(expected)
    await after.send(
      '/v1/traces',
      tracesRequest(
        'orders',
        ORDERS.slice(-1).map((one) => ({ ...one, traceId: traceIdOf(9) })),
      ),
    )
    const { operations } = await after.get<OperationList>(ROUTES.operations)
    expect(operations.find(({ name }) => name === 'GET /health')!.calls).toBe(2)
  })

  test('a file that is no database is put aside', async () => {
    const file = newFile()
    const folder = path.dirname(file)
    const { mkdirSync } = await import('node:fs')
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, 'this is not a database, but long enough to be looked at as one. '.repeat(100))
    await using viewer = await startHarness({ file })
    await viewer.send('/v1/traces', tracesRequest('orders', ORDERS))
    expect((await viewer.get<ViewerStatus>(ROUTES.status)).storage).toMatchObject({ kind: 'disk', spans: 11 })
  })

  test('a file whose damage shows when it is summed up is set aside whole, and the viewer starts', async () => {
    const file = newFile()
    const before = await startHarness({ file })
    await before.send('/v1/traces', tracesRequest('orders', ORDERS))
    await before[Symbol.asyncDispose]()
    const database = new DatabaseSync(file)
    const { rootpage } = database.prepare("SELECT rootpage FROM sqlite_master WHERE name = 'span'").get() as {
      rootpage: number
    }
    const { page_size: size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.close()
    const damaged = readFileSync(file)
    damaged.fill(0x5a, (rootpage - 1) * size, rootpage * size)
    writeFileSync(file, damaged)
    await using viewer = await startHarness({ file })
    const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
    expect(storage).toMatchObject({ kind: 'disk', spans: 0 })
    await viewer.send('/v1/traces', tracesRequest('orders', ORDERS))
    const [aside] = readdirSync(path.dirname(file)).filter((name) => name.includes('.unreadable-'))
    expect(statSync(path.join(path.dirname(file), aside!)).size).toBe(damaged.length)
  })

  test('a damaged text of one trace keeps no other from being stored', async () => {
    const file = newFile()
    const before = await startHarness({ file })
    await before.send('/v1/traces', tracesRequest('orders', ORDERS))
    before.server.store.database.exec("UPDATE trace SET services = '[[\\x'")
    await before[Symbol.asyncDispose]()
    await using viewer = await startHarness({ file })
    await viewer.send(
      '/v1/traces',
      tracesRequest('orders', [...ORDERS, span(77, undefined, 5, 5, { traceId: traceIdOf(77) })]),
    )
    const { traces } = await viewer.get<TraceList>(ROUTES.traces)
    expect(traces.map(({ traceId }) => traceId)).toContain(traceIdOf(77))
    await viewer.get(ROUTES.traceFacets)
  })

  test('a file that another viewer holds is left alone', { timeout: 20_000 }, async () => {
    const file = newFile()
    await using first = await startHarness({ file })
    await using second = await startHarness({ file })
    expect(second.server.store.kind).toBe('memory')
    await first.send('/v1/traces', tracesRequest('orders', ORDERS))
    expect((await first.get<ViewerStatus>(ROUTES.status)).storage.spans).toBe(11)
  })
})

describe('retention', () => {
  const many = (from: number, count: number, at = 0) =>
    tracesRequest(
      'shop',
      Array.from({ length: count }, (_, index) => ({
        ...span(index % 10 === 0 ? 1 : index, index % 10 === 0 ? undefined : 1, at),
        traceId: traceIdOf(from + Math.floor(index / 10)),
      })),
    )
  const settle = (viewer: Harness, spans: number) =>
    eventually(async () => {
      const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
      return storage.spans <= spans ? storage : undefined
    })

  test('by number: the oldest whole traces go, and it is told since when', async () => {
    await using viewer = await startHarness({ limits: { maxSpans: 500 } })
    for (let batch = 0; batch < 10; batch++) await viewer.send('/v1/traces', many(1 + batch * 10, 100))
    const storage = await settle(viewer, 500)
    // down to 95 %, so that not each request that follows deletes again
    expect(storage).toMatchObject({ spans: 470, traces: 47, eviction: { spans: 530 } })
    const { traces } = await viewer.get<TraceList>(`${ROUTES.traces}?limit=1000`)
    expect(traces.every(({ spans }) => spans === 10)).toBe(true)
    expect(traces.map(({ traceId }) => Number.parseInt(traceId, 16)).sort((a, b) => a - b)[0]).toBe(54)
    const response = await viewer.fetch(detailPath)
    const { error } = (await response.json()) as { error: { details: MissingTrace } }
    expect([response.status, typeof error.details.evictedSinceUs]).toEqual([404, 'number'])
  })

  test('a trace that is looked at stays', async () => {
    await using viewer = await startHarness({ limits: { maxSpans: 200 } })
    await viewer.send('/v1/traces', many(1, 100))
    await detailOf(viewer)
    for (let batch = 1; batch < 6; batch++) await viewer.send('/v1/traces', many(1 + batch * 10, 100))
    await settle(viewer, 200)
    expect((await detailOf(viewer)).spans).toHaveLength(10)
  })

  test('by size', async () => {
    await using viewer = await startHarness({ limits: { maxBytes: 2_000_000 } })
    const filler = 'x'.repeat(2000)
    for (let batch = 0; batch < 20; batch++) {
      const spans = Array.from({ length: 100 }, (_, index) => ({
        ...span(index + 1, undefined),
        traceId: traceIdOf(1 + batch * 100 + index),
        attributes: { filler },
      }))
      await viewer.send('/v1/traces', tracesRequest('shop', spans))
    }
    while (viewer.server.store.retention.step());
    const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
    expect(storage.bytes).toBeLessThanOrEqual(2_000_000)
    expect(storage.eviction).not.toBeNull()
  })

  test('what an old file holds is not old on the day that it is imported', async () => {
    await using viewer = await startHarness({ limits: { maxAgeMillis: 3_600_000 } })
    await viewer.send(ROUTES.import, { ...many(500, 100, -48 * 3_600_000), ...LOGS })
    const step = () => {
      while (viewer.server.store.retention.step());
      return viewer.get<ViewerStatus>(ROUTES.status).then(({ storage }) => storage)
    }
    expect(await step()).toMatchObject({ spans: 100, logs: 4, eviction: null })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 3_600_000 })
    try {
      expect(await step()).toMatchObject({ spans: 0, logs: 0 })
    } finally {
      vi.useRealTimers()
    }
  })

  test('by age since they came: traces, logs and points; rates forget them too', async () => {
    await using viewer = await startHarness({ limits: { maxAgeMillis: 3_600_000 } })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 2 * 3_600_000 })
    try {
      await viewer.send('/v1/traces', many(500, 100, -2 * 3_600_000))
      viewer.server.store.retention.step()
    } finally {
      vi.useRealTimers()
    }
    await viewer.send('/v1/traces', many(100, 50))
    await viewer.send('/v1/logs', LOGS)
    while (viewer.server.store.retention.step());
    const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
    expect(storage).toMatchObject({ spans: 50, traces: 5, logs: 4, eviction: { spans: 100 } })
    const { operations } = await viewer.get<OperationList>(ROUTES.operations)
    expect(operations.reduce((sum, { calls }) => sum + calls, 0)).toBe(50)
    expect((await viewer.get<LogList>(ROUTES.logs)).logs).toHaveLength(4)
  })
})

function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === 'tookMillis' ? 0 : inner)))
}
