/** A large trace is asked for in pages, and read without attributes: what is given is the same. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROUTES, type SpanDetail, type TraceDetail } from '../../../src/viewer/api.ts'
import { LARGE_TRACE } from '../../../src/viewer/query/place-trace.ts'
import { readSpans, readSpansLazily } from '../../../src/viewer/store/read-spans.ts'
import { eventually, type Harness, startHarness } from '../harness.ts'
import { id, type SampleSpan, traceIdOf, tracesRequest } from '../sample.ts'

const COUNT = LARGE_TRACE + 300
const PATH = ROUTES.trace.replace(':traceId', traceIdOf(1))
let viewer: Harness

const span = (number: number, more: Partial<SampleSpan> = {}): SampleSpan => ({
  traceId: traceIdOf(1),
  spanId: id(number),
  name: `work ${number % 7}`,
  at: number,
  millis: number === 1 ? COUNT : 1 + (number % 3),
  ...(number > 1 && { parentSpanId: id(number % 50 === 1 ? 1 : number - (number % 50) + 1) }),
  ...(number % 10 === 0 && {
    kind: 3,
    attributes: { 'http.request.method': 'GET', 'http.response.status_code': number % 100 === 0 ? 503 : 200 },
  }),
  ...more,
})
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
const page = (query: string) => viewer.get<TraceDetail>(PATH + query)

beforeAll(async () => {
  viewer = await startHarness()
  await viewer.send(
    '/v1/traces',
    tracesRequest(
      'shop',
      numbers(1, COUNT + 1).map((number) => span(number)),
    ),
  )
})
afterAll(() => viewer[Symbol.asyncDispose]())

test('rows of its pages, their critical path and their handlers are those of the whole', async () => {
  const whole = await page('')
  const pages = await Promise.all(
    numbers(0, 3).map((at) => page(at === 0 ? '?limit=200' : `?from=${at === 1 ? 200 : 3200}&limit=3000`)),
  )
  expect(whole.spans).toHaveLength(COUNT)
  expect(pages.flatMap(({ spans }) => spans)).toEqual(whole.spans)
  const byIndex = (detail: Pick<TraceDetail, 'criticalPath'>) =>
    detail.criticalPath.toSorted((a, b) => a.index - b.index || a.fromNs - b.fromNs)
  expect(byIndex({ criticalPath: pages.flatMap(({ criticalPath }) => criticalPath) })).toEqual(byIndex(whole))
  expect(whole.criticalPath.length).toBeGreaterThan(100)
  expect(pages.flatMap(({ handlers }) => handlers)).toEqual(whole.handlers)
  const same = ['spanCount', 'services', 'depth', 'errors', 'httpStatuses', 'warnings', 'durationNs'] as const
  for (const part of pages) for (const key of same) expect(part[key]).toEqual(whole[key])
  expect(whole.httpStatuses).toEqual([
    { status: 200, count: 477 },
    { status: 503, count: 53 },
  ])
})

test.for([1, 10, 200, 3000])(
  'a preview of %d rows has those of the whole, and nothing that needs all of them',
  async (limit) => {
    const [whole, preview] = [await page(''), await page(`?preview=1&limit=${limit}`)]
    // the time of a span's own is known where all of its children are
    const isShown = (row: TraceDetail['spans'][number]) => row.index + row.descendants < limit
    const asPreview = (row: TraceDetail['spans'][number]) => ({
      ...row,
      descendants: isShown(row) ? row.descendants : limit - 1 - row.index,
      selfNs: isShown(row) ? row.selfNs : expect.any(Number),
    })
    expect(preview.spans).toEqual(whole.spans.slice(0, limit).map(asPreview))
    expect(preview).toMatchObject({
      isPreview: true,
      isPartial: true,
      spanCount: COUNT,
      criticalPath: [],
      warnings: [],
    })
    const same = ['traceId', 'rootSpanId', 'startUs', 'durationNs', 'errors', 'logs', 'previousTraceId'] as const
    for (const key of same) expect(preview[key]).toEqual(whole[key])
  },
)

test.for([
  ['a root that another span has the id of', [{}, { spanId: id(1) }]],
  ['two roots', [{}, { parentSpanId: undefined, spanId: id(COUNT * 2), at: 7 }]],
  ['a cycle beside the root', [{}, { spanId: id(COUNT * 2), parentSpanId: id(COUNT * 2) }]],
  ['no root', [{ parentSpanId: id(COUNT * 3) }]],
] as const)('a preview of %s has rows and no row twice', async ([, roots]) => {
  await using other = await startHarness()
  const spans = numbers(1, COUNT).map((number) => span(number, roots[number - 1] as Partial<SampleSpan>))
  await other.send('/v1/traces', tracesRequest('shop', spans))
  const { spans: rows } = await other.get<TraceDetail>(`${PATH}?preview=1&limit=200`)
  expect(rows.map(({ index }) => index)).toEqual(numbers(0, 200))
  expect(rows.every(({ index, parentIndex }) => parentIndex < index)).toBe(true)
})

test('what is read when one looks is what was stored', () => {
  const { store } = viewer.server
  const [full, lazy] = [readSpans(store, 'ORDER BY s.id'), readSpansLazily(store, 'ORDER BY s.id')]
  const keys = Object.keys(
    Object.getOwnPropertyDescriptors(Object.getPrototypeOf(full[0])),
  ) as (keyof (typeof full)[0])[]
  expect(keys).toEqual(expect.arrayContaining(['attributes', 'extra', 'httpStatus', 'scope', 'spanId']))
  for (const [at, span] of [...lazy.entries()].filter(([at]) => at % 47 === 0))
    for (const key of keys.filter((key) => (key as string) !== 'constructor')) expect(span[key]).toEqual(full[at]![key])
  expect(lazy[99]!.attributes).toEqual({ 'http.request.method': 'GET', 'http.response.status_code': 503 })
})

test('spans that arrive between two pages are seen in the next', async () => {
  const before = await page('?limit=10')
  await viewer.send('/v1/traces', tracesRequest('shop', [span(COUNT + 1, { error: 'late' })]))
  const after = await page('?from=10&limit=10')
  expect([before.spanCount, after.spanCount]).toEqual([COUNT, COUNT + 1])
  expect(after.errors).toBe(before.errors + 1)
  const detail = await viewer.get<SpanDetail>(`${PATH}/spans/${id(COUNT + 1)}`)
  expect(detail.status).toBe('error')
})

test('the first rows do not wait for findings, which are there once it was looked at', async () => {
  await eventually(async () => ((await page('?limit=10')).insights.length > 0 ? true : undefined))
  const [whole, part] = [await page(''), await page('?limit=10')]
  expect(part.insights).toEqual(whole.insights)
  expect(part.insights[0]!.evidence[0]).toMatchObject({ traceId: traceIdOf(1), service: 'shop' })
})
