import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Comparison,
  type FacetList,
  type FieldList,
  type FieldValueList,
  type Health,
  type ImportResult,
  type InsightList,
  type InstrumentList,
  type LogHistogram,
  type LogList,
  type LogPatternList,
  type MetricData,
  type MetricSpans,
  type OperationDetail,
  type OperationList,
  type QueryStatList,
  ROUTES,
  type RouteName,
  type RunComparison,
  type RunList,
  type Scatter,
  type ServiceGraph,
  type SpanDetail,
  type SpanProfile,
  type TestTrace,
  type TraceDetail,
  type TraceList,
  type TraceMetrics,
  type TraceSearch,
  type ViewerStatus,
} from '../../../src/viewer/api.ts'
import { prove } from '../../../src/viewer/serve/security.ts'
import { eventually, type Harness, startHarness } from '../harness.ts'
import {
  attributes,
  id,
  LOGS,
  METRICS,
  nanos,
  ORDERS,
  resource,
  STOCK,
  T0,
  traceIdOf,
  tracesRequest,
} from '../sample.ts'

const called = new Set<RouteName>()
let viewer: Harness

beforeAll(async () => {
  viewer = await startHarness()
  await viewer.send('/v1/traces', tracesRequest('orders', ORDERS))
  await viewer.send('/v1/traces', tracesRequest('stock', STOCK))
  await viewer.send('/v1/logs', LOGS)
  await viewer.send('/v1/metrics', METRICS)
  await eventually(async () => {
    const { insights } = await viewer.get<InsightList>(ROUTES.insights)
    return insights.length > 1 ? insights : undefined
  })
})

afterAll(() => viewer[Symbol.asyncDispose]())

function path(
  name: RouteName,
  query: Record<string, string | number> = {},
  params: Record<string, string> = {},
): string {
  called.add(name)
  const filled = ROUTES[name].replace(
    /:(\w+)/g,
    (_, key: string) => params[key] ?? { traceId: traceIdOf(1), spanId: id(1) }[key]!,
  )
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))
  return search.size === 0 ? filled : `${filled}?${search}`
}
const get = <T>(name: RouteName, query = {}, params = {}): Promise<T> => viewer.get<T>(path(name, query, params))

describe('status', () => {
  test('health names the viewer and proves that it knows the token', async () => {
    const response = await fetch(`${viewer.server.url}${path('health', { challenge: 'abc' })}`)
    const health = (await response.json()) as Health
    expect(health).toMatchObject({ name: 'uptrace-node-viewer', proof: prove(viewer.server.token, 'abc') })
  })

  test('status counts what is stored and what was received', async () => {
    const status = await get<ViewerStatus>('status')
    expect(status.storage).toMatchObject({
      kind: 'memory',
      spans: 12,
      traces: 3,
      logs: 4,
      metricPoints: 11,
      oldestUs: T0 * 1000,
      eviction: null,
    })
    expect(status.ingest).toMatchObject({
      requests: 4,
      spans: 12,
      logs: 4,
      metricPoints: 11,
      rejected: 0,
      lastError: null,
    })
    expect(status).toMatchObject({ url: viewer.server.url, dsn: viewer.server.dsn, otlpUrl: null })
  })

  test('runs are processes, newest first', async () => {
    const { runs } = await get<RunList>('runs')
    expect(runs.map(({ id, spans, logs, pid, command }) => ({ id, spans, logs, pid, command }))).toEqual([
      { id: 'stock-1', spans: 1, logs: 0, pid: 4242, command: 'server.js' },
      { id: 'orders-1', spans: 11, logs: 4, pid: 4242, command: 'server.js' },
    ])
  })

  test('starts of programs are runs too, and two of them are compared', async () => {
    const { programs } = await get<RunList>('runs')
    expect(programs.map(({ id, services, processes }) => ({ id, services, processes }))).toEqual([
      { id: 'stock-1', services: ['stock'], processes: 1 },
      { id: 'orders-1', services: ['orders'], processes: 1 },
    ])
    const alone = await get<RunComparison>('compareRuns', { b: 'orders' })
    expect(alone).toMatchObject({ a: null, b: { id: 'orders-1', traces: 3 }, operations: [], queries: [] })
    expect((await viewer.fetch(path('compareRuns', { b: 'none' }))).status).toBe(404)
  })

  test('events stream ticks', async () => {
    const response = await viewer.fetch(path('events'))
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body!.getReader()
    let text = ''
    while (!text.includes('data:')) text += Buffer.from((await reader.read()).value!).toString()
    expect(JSON.parse(/data: (.*)/.exec(text)![1]!)).toMatchObject({ traces: 3, spans: 12, logs: 4, metricPoints: 11 })
    await reader.cancel()
  })
})

describe('traces', () => {
  test('the list shows each trace once, newest first, with its badges', async () => {
    const { traces, next } = await get<TraceList>('traces')
    expect(next).toBeNull()
    expect(
      traces.map(({ name, spans, errors, logs, durationNs, httpStatus, badges }) => ({
        name,
        spans,
        errors,
        logs,
        durationNs,
        httpStatus,
        badges,
      })),
    ).toEqual([
      { name: 'GET /health', spans: 1, errors: 0, logs: 0, durationNs: 1e6, httpStatus: 200, badges: [] },
      { name: 'GET /orders/:id', spans: 1, errors: 1, logs: 1, durationNs: 40e6, httpStatus: 500, badges: ['error'] },
      { name: 'GET /orders/:id', spans: 10, errors: 0, logs: 2, durationNs: 100e6, httpStatus: 200, badges: ['n+1'] },
    ])
  })

  test.for<[q: string, found: number[]]>([
    ['service:stock', [1]],
    ['service:orders', [3, 2, 1]],
    ['status:error', [2]],
    ['-status:error', [3, 1]],
    ['duration>50ms', [1]],
    ['duration>=1ms duration<2ms', [3]],
    ['http.route=/orders/*', [2, 1]],
    ['http.response.status_code>=500', [2]],
    ['http.response.status_code:200|500', [3, 2, 1]],
    ['name:"get /HEALTH"', [3]],
    ['name="get /HEALTH"', []],
    ['db.query.text~ITEMS', [1]],
    ['has:db.namespace', [1]],
    // a negated term is about all spans of the trace, the others about one of them
    ['-service:stock', [3, 2]],
    ['-service:orders', []],
    ['service:orders -service:stock', [3, 2]],
    ['kind:server -has:db.system.name', [3, 2]],
    ['-name:redis-GET', [3, 2]],
    ['-service:stock|nobody', [3, 2]],
    ['-customer', [3, 1]],
    ['-has:parent -name:"GET /health"', [2]],
    ['service!=orders', [1]],
    ['parent!=*', [3, 2, 1]],
    ['parent!=* -name:"GET /health"', [2, 1]],
    ['parent:*', [1]],
    ['db.system.name!=*', [3, 2, 1]],
    ['duration:1ms..2ms', [3]],
    ['-duration:1ms..2ms', [2, 1]],
    ['trace.duration:40ms..100ms', [2]],
    ['trace.duration:..40ms', [3]],
    ['trace.spans>5', [1]],
    ['trace.logs>=1', [2, 1]],
    ['badge:n+1', [1]],
    ['root.name:"GET /health"', [3]],
    ['event:exception', [2]],
    ['customer', [2]],
    ['"GET user:17"', [1]],
    ['process.pid=4242 kind:server', [3, 2, 1]],
    ['scope:sample parent:0000000000000014', [1]],
    [`trace:${'0'.repeat(31)}2`, [2]],
  ])('the query %s finds traces %j', async ([q, found]) => {
    const { traces } = await get<TraceList>('traces', { q })
    expect(traces.map(({ traceId }) => traceId)).toEqual(found.map(traceIdOf))
  })

  test.for<[q: string, position: number]>([
    ['status:wrong', 0],
    ['service:orders duration>fast', 15],
    ['service:orders duration>1ms..2ms', 15],
    ['name:"open', 5],
    ['a:b service:', 12],
    ['badge:none', 0],
  ])('the bad query %s answers 400 and says where', async ([q, position]) => {
    const response = await viewer.fetch(path('traces', { q }))
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { code: string; position: number } }
    expect(error.code).toBe('bad_query')
    expect(error.position).toBeLessThanOrEqual(position + 5)
    expect(error.position).toBeGreaterThanOrEqual(position)
  })

  test('pages follow each other without gap or overlap', async () => {
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: TraceList = await get('traces', { limit: 1, sort: 'slowest', cursor })
      seen.push(...page.traces.map(({ traceId }) => traceId))
      cursor = page.next
    }
    expect(seen).toEqual([1, 2, 3].map(traceIdOf))
  })

  test('a matched span that is not the root is named', async () => {
    const { traces } = await get<TraceList>('traces', { q: 'name:redis-GET' })
    expect(traces[0]).toMatchObject({ matchedSpanId: id(21), matchedSpans: 1 })
  })

  test('facets count traces', async () => {
    const { facets, total } = await get<FacetList>('traceFacets')
    const values = Object.fromEntries(
      facets.map(({ field, values }) => [field, values.map(({ value, count }) => [value, count])]),
    )
    expect(total).toBe(3)
    expect(values).toMatchObject({
      service: [
        ['orders', 3],
        ['stock', 1],
      ],
      status: [
        ['ok', 2],
        ['error', 1],
      ],
      'http.response.status_code': [
        ['200', 2],
        ['500', 1],
      ],
      'db.system.name': [
        ['postgresql', 1],
        ['redis', 1],
      ],
    })
  })

  test('each facet term finds as many traces as it counts', async () => {
    const { facets } = await get<FacetList>('traceFacets')
    for (const { term, count } of facets.flatMap(({ values }) => values)) {
      const { traces } = await get<TraceList>('traces', { q: term })
      expect(`${term} ${traces.length}`).toBe(`${term} ${count}`)
    }
  })

  test('each facet term, negated, leaves the traces that it does not count', async () => {
    const { facets, total } = await get<FacetList>('traceFacets')
    for (const { term, count } of facets.flatMap(({ values }) => values)) {
      const { traces } = await get<TraceList>('traces', { q: `-${term}` })
      expect(`-${term} ${traces.length}`).toBe(`-${term} ${total - count}`)
    }
  })

  test('a query of negated terms alone names no matching span', async () => {
    const { traces } = await get<TraceList>('traces', { q: '-service:stock' })
    expect(traces[0]).toMatchObject({ matchedSpanId: null, matchedSpans: traces[0]!.spans })
  })

  test('within a trace, negated terms choose spans', async () => {
    const { spanIds } = await get<TraceSearch>('traceSearch', { q: '-service:orders' })
    const { spans } = await get<TraceDetail>('trace')
    expect(spanIds).toEqual(spans.filter(({ service }) => service === 'stock').map(({ spanId }) => spanId))
  })

  test('the scatter plot has a point a trace', async () => {
    const scatter = await get<Scatter>('traceScatter')
    expect(scatter.durationNs).toEqual([1e6, 40e6, 100e6])
    expect(scatter.errors).toEqual([0, 1, 0])
  })
})

describe('one trace', () => {
  test('rows are depth-first with self times, logs and a critical path that covers the root', async () => {
    const trace = await get<TraceDetail>('trace')
    expect(trace.spans.map(({ spanId }) => spanId)).toEqual([1, 10, 11, 12, 13, 14, 15, 20, 50, 21].map((n) => id(n)))
    expect(trace).toMatchObject({
      durationNs: 100e6,
      rootSpanId: id(1),
      depth: 3,
      errors: 0,
      logs: 2,
      warnings: [],
      running: 0,
    })
    const [root] = trace.spans
    expect(root).toMatchObject({
      selfNs: 30e6,
      children: 8,
      descendants: 9,
      system: 'http',
      summary: 'GET /orders/:id 200',
    })
    expect(root!.logs).toMatchObject([{ offsetNs: 3e6, severity: 'info' }])
    expect(trace.httpStatuses).toEqual([{ status: 200, count: 3 }])
    const covered = trace.criticalPath.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0)
    expect(covered).toBe(100e6)
    expect(trace.insights.map(({ kind }) => kind)).toEqual(['n+1'])
    expect([trace.previousTraceId, trace.nextTraceId]).toEqual([null, traceIdOf(2)])
  })

  test('the beginning of an id is enough, six digits at least', async () => {
    const { traceId } = await get<TraceDetail>('trace', {}, { traceId: traceIdOf(2).slice(0, -1) })
    expect([2, 3].map(traceIdOf)).toContain(traceId)
    expect((await viewer.fetch(path('trace', {}, { traceId: '00000' }))).status).toBe(404)
    const answer = await fetch(viewer.server.url + path('short', {}, { prefix: traceIdOf(1).slice(0, 31) }), {
      redirect: 'manual',
    })
    expect([answer.status, answer.headers.get('location')?.startsWith('/traces/000')]).toEqual([303, true])
  })

  test('a trace that is not there answers 404 and what may be the cause', async () => {
    const response = await viewer.fetch(path('trace', {}, { traceId: traceIdOf(999) }))
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: { code: 'trace_not_found', details: { lastError: null, evictedSinceUs: null } },
    })
  })

  test('search gives the indexes of the detail', async () => {
    expect(await get<TraceSearch>('traceSearch', { q: 'stock -kind:server' })).toEqual({
      spanIds: [id(20)],
      indexes: [7],
    })
  })

  test('a span shows its links both ways, its exception and its source', async () => {
    const failed = await get<SpanDetail>('span', {}, { traceId: traceIdOf(2), spanId: id(30) })
    expect(failed.exceptions[0]).toMatchObject({ type: 'TypeError', message: 'order 17 has no customer' })
    expect(failed.exceptions[0]!.frames.map(({ inProject, line }) => [inProject, line])).toEqual([
      [false, 1],
      [true, 12],
    ])
    expect(failed.links).toMatchObject([
      { traceId: traceIdOf(1), target: { service: 'orders', name: 'GET /orders/:id' } },
    ])
    const linked = await get<SpanDetail>('span')
    expect(linked.backlinks).toMatchObject([{ traceId: traceIdOf(2), spanId: id(30) }])
    expect(linked.operation).toMatchObject({ calls: 2, errors: 1 })
    expect(linked.raw).toMatchObject({ name: 'GET /orders/:id', startTimeUnixNano: `${T0}000000` })
  })

  test('its logs come oldest first', async () => {
    const { logs } = await get<LogList>('traceLogs')
    expect(logs.map(({ body, severity }) => [body, severity])).toEqual([
      ['order 1 asked for', 'info'],
      ['stock of 17 is low', 'warn'],
    ])
  })

  test('metrics of its process lie around it', async () => {
    const { charts } = await get<TraceMetrics>('traceMetrics')
    expect(charts.map(({ label, values }) => [label, values.length])).toEqual([
      ['Event-loop utilization', 2],
      ['http.server.request.duration (mean)', 1],
    ])
  })

  test.for(['otlp', 'chrome', 'markdown'])('it is exported as %s', async (format) => {
    const response = await viewer.fetch(path('traceExport', { format }))
    const text = await response.text()
    expect(response.headers.get('content-disposition')).toContain('attachment')
    if (format === 'otlp') expect(JSON.parse(text).resourceSpans).toHaveLength(2)
    if (format === 'chrome')
      expect(JSON.parse(text).traceEvents.filter(({ ph }: { ph: string }) => ph === 'X')).toHaveLength(10)
    if (format === 'markdown') expect(text).toContain('10 spans, 100 ms')
  })

  test('two traces are compared place by place', async () => {
    const { rows, attributes } = await get<Comparison>('compare', { a: traceIdOf(1), b: traceIdOf(2) })
    expect(rows[0]).toMatchObject({
      name: 'GET /orders/:id',
      a: { durationNs: 100e6 },
      b: { durationNs: 40e6, errors: 1 },
    })
    expect(rows[1]).toMatchObject({ a: { count: 6 }, b: null })
    expect(attributes).toContainEqual({ key: 'http.response.status_code', a: 200, b: 500 })
  })
})

describe('logs', () => {
  test.for<[query: Record<string, string | number>, bodies: string[]]>([
    [{}, ['order 3 asked for', 'order 2 failed', 'stock of 17 is low', 'order 1 asked for']],
    [{ q: 'severity>=warn', order: 'oldest' }, ['stock of 17 is low', 'order 2 failed']],
    [{ q: 'item=17' }, ['stock of 17 is low']],
    [{ q: 'body:order* -failed', limit: 1 }, ['order 3 asked for']],
    [{ trace: traceIdOf(2) }, ['order 2 failed']],
    [{ after: 3 }, ['order 3 asked for']],
    [{ service: 'stock' }, []],
    [{ from: T0 * 1000, to: T0 * 1000 + 10_000 }, ['order 1 asked for']],
  ])('%j finds %j', async ([query, bodies]) => {
    const { logs, lastId } = await get<LogList>('logs', query)
    expect(logs.map(({ body }) => body)).toEqual(bodies)
    expect(lastId).toBe(4)
  })

  test('the histogram counts by severity', async () => {
    const { buckets, total } = await get<LogHistogram>('logHistogram')
    expect(total).toBe(4)
    expect(buckets.reduce((sum, { counts }) => sum + (counts.info ?? 0), 0)).toBe(2)
  })

  test('patterns leave numbers out', async () => {
    const { patterns } = await get<LogPatternList>('logPatterns')
    expect(patterns[0]).toMatchObject({ pattern: 'order <*> asked for', count: 2, severity: 'info' })
  })
})

describe('metrics', () => {
  const instrument = async (name: string) => {
    const { instruments } = await get<InstrumentList>('metrics')
    return instruments.find((entry) => entry.name === name)!
  }

  test('the list has every type, and the process charts', async () => {
    const { instruments, process } = await get<InstrumentList>('metrics')
    expect(Object.fromEntries(instruments.map(({ name, type, temporality }) => [name, [type, temporality]]))).toEqual({
      'http.server.request.duration': ['histogram', 'cumulative'],
      'nodejs.eventloop.utilization': ['gauge', null],
      'orders.created': ['sum', 'cumulative'],
      'payload.size': ['exponentialHistogram', 'delta'],
      'pool.size': ['gauge', null],
      'queue.length': ['sum', 'delta'],
      'rpc.latency': ['summary', null],
    })
    expect(process.map(({ label }) => label)).toEqual(['Event-loop utilization'])
    expect((await instrument('queue.length')).warnings).toEqual(['no-unit'])
  })

  test.for<[name: string, query: Record<string, string | number>, lines: Record<string, number[]>]>([
    ['pool.size', { step: 10_000_000 }, { all: [3, 5] }],
    // 10 in the second since the start, 20 more, then a reset to 5
    ['orders.created', { step: 10_000_000 }, { all: [10, 2, 0.5] }],
    // the width of a bucket changes nothing
    ['orders.created', { step: 1_000_000 }, { all: [10, 2, 0.5] }],
    ['orders.created', {}, { all: [10, 2, 0.5] }],
    ['orders.created', { step: 10_000_000, mode: 'value' }, { all: [10, 30, 5] }],
    ['queue.length', {}, { all: [2.5] }],
    ['rpc.latency', {}, { 'all p50': [8], 'all p99': [30] }],
    [
      'http.server.request.duration',
      { split: 'http.request.method' },
      { 'GET p50': [0.0275], 'GET p95': [0.1], 'GET p99': [0.1] },
    ],
  ])('data of %s with %j', async ([name, query, lines]) => {
    const data = await get<MetricData>('metricData', { ...query, id: (await instrument(name)).id })
    const rounded = data.lines.map(({ label, values }) => [
      label,
      values.filter((value) => value !== null).map((value) => Math.round(value * 1e6) / 1e6),
    ])
    expect(Object.fromEntries(rounded)).toEqual(lines)
  })

  test('a histogram has a heat map and exemplars', async () => {
    const data = await get<MetricData>('metricData', { id: (await instrument('http.server.request.duration')).id })
    expect(data.heatmap!.bounds).toEqual([0.005, 0.05, 0.5])
    expect(data.heatmap!.counts.filter((row) => row.some((count) => count > 0))).toEqual([[1, 1, 1, 0]])
    expect(data.exemplars).toMatchObject([{ traceId: traceIdOf(1), value: 0.1 }])
    const sizes = await get<MetricData>('metricData', { id: (await instrument('payload.size')).id })
    expect(sizes.heatmap!.bounds).toEqual([2, 4, 8])
  })

  test.for<[name: string, intervalSeconds: number]>([
    ['pool.size', 10],
    ['orders.created', 10],
    // a single point: the time since its start
    ['queue.length', 1],
    ['http.server.request.duration', 6],
  ])('around the points of %s lies the time between two exports, %s s', async ([name, seconds]) => {
    const data = await get<MetricData>('metricData', { id: (await instrument(name)).id })
    expect(data.intervalUs).toBe(seconds * 1e6)
    const filled = data.timesUs.filter((_, index) => data.lines.some(({ values }) => values[index] !== null))
    const room = seconds * 1e6 - data.stepUs
    expect(filled[0]! - data.timesUs[0]!).toBeGreaterThanOrEqual(room)
    expect(data.timesUs.at(-1)! - filled.at(-1)!).toBeGreaterThanOrEqual(room)
  })

  test('a point leads to its spans: by exemplar, and by what matches', async () => {
    const { id: instrumentId } = await instrument('http.server.request.duration')
    const from = T0 * 1000
    const exemplar = await get<MetricSpans>('metricSpans', { id: instrumentId, from, to: from + 10e6 })
    expect(exemplar).toMatchObject({ source: 'exemplar', spans: [{ spanId: id(1) }] })
    const matched = await get<MetricSpans>('metricSpans', { id: instrumentId, from, to: from + 10e6, max: 0.05 })
    expect(matched.source).toBe('match')
    expect(matched.spans.map(({ spanId }) => spanId)).toEqual([id(30), id(40)])
  })
})

describe('metrics of several runs', () => {
  let runs: Harness
  const pointsOf = (run: string, name: string, from: number, values: readonly number[]) => ({
    resourceMetrics: [
      {
        resource: resource('jobs', run),
        scopeMetrics: [
          {
            scope: { name: 'meter' },
            metrics: [
              {
                name,
                gauge: {
                  dataPoints: values.map((asDouble, index) => ({
                    timeUnixNano: nanos(from + index * 10_000),
                    asDouble,
                    attributes: attributes({ queue: 'mail' }),
                  })),
                },
              },
            ],
          },
        ],
      },
    ],
  })
  beforeAll(async () => {
    runs = await startHarness()
    await runs.send('/v1/metrics', pointsOf('older', 'jobs.waiting', 0, [1, 2, 3]))
    await runs.send('/v1/metrics', pointsOf('newer', 'jobs.waiting', 15_000, [7, 8]))
    await runs.send('/v1/metrics', pointsOf('newer', 'jobs.done', 15_000, [1]))
  })
  afterAll(() => runs[Symbol.asyncDispose]())
  const dataOf = async (name: string, query: Record<string, string> = {}): Promise<MetricData> => {
    const { instruments } = await runs.get<InstrumentList>(ROUTES.metrics)
    const { id: found } = instruments.find((entry) => entry.name === name)!
    return runs.get(`${ROUTES.metricData}?${new URLSearchParams({ id: found, ...query })}`)
  }
  const linesOf = ({ lines }: MetricData) =>
    lines.map(({ label, run, values }) => [label, run, values.filter((value) => value !== null)])

  test.for<Record<string, string>>([{}, { split: 'queue' }])(
    'each run has its line, newest first, with %j',
    async (query) => {
      const label = query['split'] === undefined ? 'queue=mail' : 'mail'
      expect(linesOf(await dataOf('jobs.waiting', query))).toEqual([
        [`${label} · run 2`, 'newer', [7, 8]],
        [`${label} · run 1`, 'older', [1, 2, 3]],
      ])
    },
  )

  test('one run needs no name', async () => {
    expect(linesOf(await dataOf('jobs.waiting', { run: 'older' }))).toEqual([['queue=mail', null, [1, 2, 3]]])
    expect(linesOf(await dataOf('jobs.done'))).toEqual([['queue=mail', null, [1]]])
  })

  test('points of which nothing tells how often they come have room around them too', async () => {
    const { intervalUs, timesUs, lines } = await dataOf('jobs.done')
    expect(intervalUs).toBeNull()
    const at = lines[0]!.values.findIndex((value) => value !== null)
    expect(at / timesUs.length).toBeGreaterThan(0.4)
    expect(at / timesUs.length).toBeLessThan(0.6)
  })
})

describe('services and operations', () => {
  test('the graph has services, the calls between them and what they call outside', async () => {
    const { services, edges } = await get<ServiceGraph>('services')
    expect(
      services.map(({ service, calls, errors, logs, errorLogs, version }) => ({
        service,
        calls,
        errors,
        logs,
        errorLogs,
        version,
      })),
    ).toEqual([
      { service: 'orders', calls: 11, errors: 1, logs: 4, errorLogs: 1, version: '1.2.3' },
      { service: 'stock', calls: 1, errors: 0, logs: 0, errorLogs: 0, version: '1.2.3' },
    ])
    expect(edges.map(({ from, to, calls, external }) => [from, to, calls, external]).sort()).toEqual([
      ['orders', 'cache:redis', 1, true],
      ['orders', 'db:postgresql shop', 6, true],
      ['orders', 'stock', 1, false],
    ])
  })

  test('operations sort by what is asked', async () => {
    const { operations } = await get<OperationList>('operations', { service: 'orders' })
    expect(operations.map(({ name }) => name)).toEqual([
      'GET /orders/:id',
      'pg.query:SELECT shop',
      'GET',
      'redis-GET',
      'GET /health',
    ])
    const { operations: byCalls } = await get<OperationList>('operations', { sort: 'calls' })
    expect(byCalls[0]).toMatchObject({ name: 'pg.query:SELECT shop', calls: 6, maxNs: 8e6, totalNs: 48e6 })
  })

  test('an operation has its histogram, its slowest and failed calls, and where time goes', async () => {
    const detail = await get<OperationDetail>('operation', {
      service: 'orders',
      name: 'GET /orders/:id',
      kind: 'server',
    })
    expect(detail.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(detail.slowest.map(({ traceId }) => traceId)).toEqual([1, 2].map(traceIdOf))
    expect(detail.failed.map(({ traceId }) => traceId)).toEqual([traceIdOf(2)])
    expect(detail.breakdown.map(({ label, meanNs }) => [label, meanNs])).toEqual([
      ['self', 35e6],
      ['db', 24e6],
      ['http', 10e6],
      ['cache', 1e6],
    ])
  })

  test('statements are normalised', async () => {
    const { queries } = await get<QueryStatList>('queries')
    expect(queries.map(({ statement, calls, callers }) => [statement, calls, callers])).toEqual([
      ['SELECT * FROM items WHERE id = ?', 6, [{ name: 'GET /orders/:id', calls: 6 }]],
      ['GET user:?', 1, [{ name: 'GET /orders/:id', calls: 1 }]],
    ])
  })
})

describe('insights and fields', () => {
  test('an insight is dismissed and brought back', async () => {
    const before = await get<InsightList>('insights')
    expect(before.counts).toEqual({ errors: 1, 'n+1': 1 })
    const nPlusOne = before.insights.find(({ kind }) => kind === 'n+1')!
    expect(nPlusOne.evidence[0]).toMatchObject({ traceId: traceIdOf(1), spanId: id(1) })
    const url = path('dismissInsight', {}, { insightId: nPlusOne.id })
    expect((await viewer.fetch(url, { method: 'POST' })).status).toBe(204)
    const after = await get<InsightList>('insights')
    expect(after.insights.map(({ kind }) => kind)).toEqual(['errors'])
    const all = await get<InsightList>('insights', { dismissed: 1 })
    expect(all.insights).toHaveLength(2)
    expect((await viewer.fetch(url, { method: 'DELETE' })).status).toBe(204)
    expect((await get<InsightList>('insights')).insights).toHaveLength(2)
  })

  test('the query of each insight finds its evidence', async () => {
    const { insights } = await get<InsightList>('insights')
    for (const { query, evidence } of insights) {
      const { traces } = await get<TraceList>('traces', { q: query! })
      expect(traces.map(({ traceId }) => traceId)).toContain(evidence[0]!.traceId)
    }
  })

  test('fields and their values are completed', async () => {
    const { fields } = await get<FieldList>('fields', { of: 'spans', prefix: 'http.' })
    expect(fields).toContainEqual({ field: 'http.response.status_code', type: 'number', count: 5 })
    const { values } = await get<FieldValueList>('fieldValues', { field: 'http.route', prefix: '/o' })
    expect(values).toEqual([{ value: '/orders/:id', count: 2 }])
    expect((await get<FieldValueList>('fieldValues', { of: 'logs', field: 'item' })).values).toHaveLength(2)
  })
})

test('Jaeger clients read traces, services and operations', async () => {
  expect(await viewer.get('/api/services')).toMatchObject({ data: ['orders', 'stock'], errors: null })
  expect(await viewer.get('/api/services/stock/operations')).toMatchObject({ data: ['GET /stock/:id'] })
  const query = 'service=orders&lookback=1h&limit=20&minDuration=50ms&tags=%7B%22db.namespace%22%3A%22shop%22%7D'
  expect((await viewer.get<{ data: unknown[] }>(`/api/traces?${query}`)).data).toEqual([])
  const { data } = await viewer.get<{ data: { traceID: string }[] }>('/api/traces?service=orders&minDuration=50ms')
  expect(data.map(({ traceID }) => traceID)).toEqual([traceIdOf(1)])
  const one = await viewer.get<{ data: { spans: { references: unknown[]; duration: number }[]; processes: object }[] }>(
    `/api/traces/${traceIdOf(1)}`,
  )
  expect(one.data[0]!.spans).toHaveLength(10)
  expect(one.data[0]!.spans[1]).toMatchObject({ duration: 8000, references: [{ refType: 'CHILD_OF', spanID: id(1) }] })
  expect(Object.values(one.data[0]!.processes)).toMatchObject([{ serviceName: 'orders' }, { serviceName: 'stock' }])
})

describe('changes', () => {
  test('what is exported and imported elsewhere is the same', async () => {
    const file = await (await viewer.fetch(path('export', { signals: 'traces,logs,metrics' }))).text()
    await using other = await startHarness()
    const response = await other.fetch(path('import'), { method: 'POST', body: file })
    expect((await response.json()) as ImportResult).toMatchObject({
      spans: 12,
      logs: 4,
      metricPoints: 11,
      rejected: 0,
      traceId: traceIdOf(3),
    })
    const again = await (await other.fetch(path('export', { signals: 'traces,logs,metrics' }))).text()
    expect(again.split('\n').sort()).toEqual(file.split('\n').sort())
    const broken = await other.fetch(path('import'), { method: 'POST', body: `${file.split('\n')[0]}\n{"broken` })
    expect(broken.status).toBe(400)
  })

  test('the test trace can be opened', async () => {
    await using other = await startHarness()
    const { traceId, spanId } = (await (await other.fetch(path('testTrace'), { method: 'POST' })).json()) as TestTrace
    const trace = await other.get<TraceDetail>(path('trace', {}, { traceId }))
    expect(trace).toMatchObject({ rootSpanId: spanId, logs: 2, warnings: [] })
    expect(trace.spans).toHaveLength(3)
  })

  test('a started span is shown as running, and leaves when it ends or its process does', async () => {
    await using other = await startHarness()
    const [span] = STOCK
    const started = {
      traceId: span!.traceId,
      spanId: span!.spanId,
      name: span!.name,
      kind: 'server',
      startUs: Date.now() * 1000 - 5000,
    }
    const report = (body: object) => other.fetch(path('live'), { method: 'POST', body: JSON.stringify(body) })
    expect((await report({ resource: { 'service.name': 'stock' }, started: [started] })).status).toBe(204)
    const running = await other.get<TraceDetail>(path('trace'))
    expect(running).toMatchObject({
      running: 1,
      badges: ['running'],
      warnings: [{ code: 'missing-root' }, { code: 'still-running' }],
    })
    expect(running.spans).toMatchObject([{ running: true, service: 'stock', name: 'GET /stock/:id' }])
    await other.send('/v1/traces', tracesRequest('stock', STOCK))
    expect(await other.get<TraceDetail>(path('trace'))).toMatchObject({ running: 0 })

    await report({ resource: { 'service.name': 'stock' }, started: [{ ...started, spanId: id(77) }] })
    await report({ resource: { 'service.name': 'stock' }, exited: true, started: [] })
    const { insights } = await other.get<InsightList>(ROUTES.insights)
    expect(insights).toContainEqual(expect.objectContaining({ kind: 'unclosed', operation: 'GET /stock/:id' }))
    expect((await report({ resource: {}, started: [{ name: 'x' }] })).status).toBe(400)
  })

  test('all is forgotten when asked', async () => {
    await using other = await startHarness()
    await other.send('/v1/traces', tracesRequest('orders', ORDERS))
    expect((await other.fetch(path('data'), { method: 'DELETE' })).status).toBe(204)
    expect((await other.get<TraceList>(ROUTES.traces)).traces).toEqual([])
    expect((await other.get<OperationList>(ROUTES.operations)).operations).toEqual([])
    await other.send('/v1/traces', tracesRequest('orders', ORDERS.slice(0, 3)))
    expect((await other.get<TraceList>(ROUTES.traces)).traces).toHaveLength(1)
  })

  test('the holder of the token ends the server, the cookie does not', async () => {
    let ended = false
    await using other = await startHarness({ onShutdown: () => (ended = true) })
    const page = await fetch(`${other.server.url}/`)
    const cookie = page.headers.get('set-cookie')!.split(';')[0]!
    const byCookie = await fetch(other.server.url + path('shutdown'), { method: 'POST', headers: { cookie } })
    expect([byCookie.status, ended]).toEqual([401, false])
    expect((await other.fetch(path('shutdown'), { method: 'POST' })).status).toBe(202)
    await eventually(() => ended || undefined)
  })
})

test('a key opens the pages', async () => {
  const response = await viewer.fetch(path('key'), { method: 'POST' })
  expect(await response.json()).toEqual({ key: expect.stringMatching(/^[\w-]{22}$/) })
})

test('samples are taken, and given with the span', async () => {
  const taken = await viewer.send(path('profile'), {
    resource: { 'service.name': 'orders', 'service.instance.id': 'orders-1' },
    startUs: T0 * 1000,
    endUs: T0 * 1000 + 1_000_000,
    intervalUs: 1000,
    frames: [{ name: 'listOrders', file: '/app/orders.js', line: 3, column: 1 }],
    stacks: [[-1, 0, 5]],
    spans: [{ traceId: traceIdOf(1), spanId: id(1), name: 'GET /orders/:id' }],
    samples: [[0, 1_000_000, 0, 0]],
    blocks: [],
  })
  expect(taken.status).toBe(204)
  const { groups } = await get<SpanProfile>('spanProfile')
  expect(groups).toMatchObject([{ kind: 'own', roots: [{ name: 'listOrders', hotLine: 5, children: [] }] }])
})

test('every route was called', () => {
  expect(Object.keys(ROUTES).filter((name) => !called.has(name as RouteName))).toEqual([])
})
