/** What other senders put on the wire, recorded (see test/fixtures/otlp), and what the viewer shows of it. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type InstrumentList,
  type LogList,
  type MetricData,
  ROUTES,
  type RunList,
  type SpanDetail,
  type TraceDetail,
  type TraceList,
} from '../../src/viewer/api.ts'
import { type Harness, startHarness } from './harness.ts'

interface Sender {
  readonly name: string
  readonly prefix: string
  readonly ending: string
  readonly encoding?: string
  readonly service: string
  readonly language: string
  readonly statementParameter: string
  readonly groupKey: string
  readonly exceptionType: string
  readonly checkStatus: string
  readonly logsOfCheck: boolean
  readonly startedBody: string
  readonly bounds: readonly number[]
}

const GO: Omit<Sender, 'name' | 'prefix' | 'ending'> = {
  service: 'go-shop',
  language: 'go',
  statementParameter: '$1',
  groupKey: 'SELECT n FROM stock WHERE id = ?',
  exceptionType: '*errors.errorString',
  checkStatus: 'out of ink',
  logsOfCheck: false,
  startedBody: '{"event":"started","warm":false}',
  bounds: [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000],
}
const SENDERS: readonly Sender[] = [
  { ...GO, name: 'the Go SDK', prefix: 'go', ending: 'pb' },
  {
    name: 'the Python SDK',
    prefix: 'python',
    ending: 'pb',
    service: 'python-shop',
    language: 'python',
    statementParameter: '%s',
    groupKey: 'SELECT n FROM stock WHERE id = %s',
    exceptionType: 'ValueError',
    checkStatus: 'ValueError: out of ink',
    logsOfCheck: true,
    startedBody: 'started',
    bounds: [0.01, 0.1, 1],
  },
  { ...GO, name: 'the Collector, gzip', prefix: 'collector', ending: 'pb.gz', encoding: 'gzip' },
  { ...GO, name: 'the Collector, zstd', prefix: 'collector-zstd', ending: 'pb.zst', encoding: 'zstd' },
  { ...GO, name: 'the Collector, JSON', prefix: 'collector-json', ending: 'json' },
]

describe.each(SENDERS)('$name', (sender) => {
  let harness: Harness
  let trace: TraceDetail
  const spanNamed = (name: string) => trace.spans.find((span) => span.name === name)!
  const detailOf = (name: string) =>
    harness.get<SpanDetail>(`/api/v1/traces/${trace.traceId}/spans/${spanNamed(name).spanId}`)

  beforeAll(async () => {
    // the recordings grow old
    harness = await startHarness({ limits: { maxAgeMillis: 1e13 } })
    for (const signal of ['traces', 'logs', 'metrics']) {
      const answer = await harness.fetch(`/v1/${signal}`, {
        method: 'POST',
        headers: {
          'content-type': sender.ending === 'json' ? 'application/json' : 'application/x-protobuf',
          ...(sender.encoding === undefined ? {} : { 'content-encoding': sender.encoding }),
        },
        body: readFileSync(
          path.join(import.meta.dirname, `../fixtures/otlp/${sender.prefix}-${signal}.${sender.ending}`),
        ),
      })
      expect([answer.status, await answer.text()]).toEqual([200, sender.ending === 'json' ? '{}' : ''])
    }
    const { traces } = await harness.get<TraceList>(
      `${ROUTES.traces}?q=${encodeURIComponent('root.name:"POST /orders"')}`,
    )
    trace = await harness.get<TraceDetail>(`/api/v1/traces/${traces[0]!.traceId}`)
  })
  afterAll(() => harness[Symbol.asyncDispose]())

  test('the run', async () => {
    const { runs } = await harness.get<RunList>(ROUTES.runs)
    expect(runs).toMatchObject([
      { id: `${sender.language}-1`, service: sender.service, sdkLanguage: sender.language, spans: 5, logs: 2 },
    ])
  })

  test('two traces, their spans by start, with kinds and parents', async () => {
    const { traces } = await harness.get<TraceList>(`${ROUTES.traces}?sort=oldest`)
    expect(traces).toMatchObject([
      { service: sender.service, name: 'POST /orders', httpStatus: 500, spans: 4, logs: 1 },
      { service: sender.service, name: 'process order', kind: 'consumer', spans: 1 },
    ])
    expect(trace.warnings).toEqual([])
    expect(trace.spans.map(({ name, kind, depth, status }) => [name, kind, depth, status])).toEqual([
      ['POST /orders', 'server', 0, sender.language === 'go' ? 'error' : 'unset'],
      ['SELECT stock', 'client', 1, 'unset'],
      ['publish order', 'producer', 1, 'unset'],
      ['check', 'internal', 1, 'error'],
    ])
    const root = spanNamed('POST /orders').spanId
    expect(trace.spans.slice(1).map(({ parentSpanId }) => parentSpanId)).toEqual([root, root, root])
    expect(spanNamed('SELECT stock').durationNs).toBeGreaterThan(3e6)
    expect(spanNamed('SELECT stock').durationNs).toBeLessThan(1e9)
  })

  test('attributes of every type, with their types', async () => {
    const root = await detailOf('POST /orders')
    expect(root.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/orders',
      'http.response.status_code': 500,
      'order.gift': true,
      'order.total': 12.5,
      'order.items': ['pen', 'ink'],
    })
    expect(root.scope).toMatchObject({ name: 'shop', version: '0.1.0' })
    expect(root.resource).toMatchObject({ 'service.name': sender.service })
    const query = await detailOf('SELECT stock')
    expect(query.attributes['db.query.text']).toBe(`SELECT n FROM stock WHERE id = ${sender.statementParameter}`)
    expect(spanNamed('SELECT stock')).toMatchObject({ system: 'db', groupKey: sender.groupKey })
  })

  test('the exception of a span, and its status', async () => {
    const check = await detailOf('check')
    expect(check).toMatchObject({ status: 'error', statusMessage: sender.checkStatus })
    expect(check.exceptions).toMatchObject([{ type: sender.exceptionType, message: 'out of ink' }])
    expect(check.exceptions[0]!.stack).toMatch(/main/)
  })

  test('the link of a consumer to its producer, seen from both ends', async () => {
    const publish = await detailOf('publish order')
    expect(publish.backlinks).toMatchObject([
      { attributes: { queue: 'orders' }, target: { service: sender.service, name: 'process order' } },
    ])
    const { traceId, spanId } = publish.backlinks[0]!
    const consumer = await harness.get<SpanDetail>(`/api/v1/traces/${traceId}/spans/${spanId}`)
    expect(consumer).toMatchObject({ kind: 'consumer', links: [{ traceId: trace.traceId, spanId: publish.spanId }] })
  })

  test('log records: body, severity, attributes, and the span they belong to', async () => {
    const { logs } = await harness.get<LogList>(`${ROUTES.logs}?order=oldest`)
    expect(logs).toMatchObject([
      {
        body: 'order failed',
        severity: 'error',
        severityNumber: 17,
        severityText: 'ERROR',
        service: sender.service,
        scope: 'shop',
        traceId: trace.traceId,
        spanId: spanNamed(sender.logsOfCheck ? 'check' : 'POST /orders').spanId,
        attributes: { 'order.id': 42 },
      },
      { body: sender.startedBody, severity: 'info', severityNumber: 9, traceId: null, spanId: null },
    ])
    if (sender.language === 'go') expect(logs[0]!.attributes['who']).toEqual({ name: 'Ada' })
    expect((await harness.get<LogList>(`${ROUTES.logs}?trace=${trace.traceId}`)).logs).toHaveLength(1)
  })

  test('metrics of each type, with units and temporality', async () => {
    const { instruments } = await harness.get<InstrumentList>(ROUTES.metrics)
    const found = instruments
      .map(({ name, type, unit, temporality, monotonic, service }) => [
        name,
        type,
        unit,
        temporality,
        monotonic,
        service,
      ])
      .sort()
    const { service } = sender
    expect(found).toEqual([
      ['order.size', 'exponentialHistogram', 'By', 'cumulative', false, service],
      ['orders', 'sum', '{order}', 'cumulative', true, service],
      ['queue.length', 'sum', '', 'cumulative', false, service],
      ['request.duration', 'histogram', 's', 'cumulative', false, service],
      ['temperature', 'gauge', 'Cel', null, false, service],
    ])
  })

  const dataOf = async (name: string, query = '') => {
    const { instruments } = await harness.get<InstrumentList>(ROUTES.metrics)
    const { id } = instruments.find((instrument) => instrument.name === name)!
    return harness.get<MetricData>(`${ROUTES.metricData}?id=${encodeURIComponent(id)}${query}`)
  }
  const valuesOf = ({ lines }: MetricData) => lines.map(({ values }) => values.filter((value) => value !== null))

  test.for([
    ['orders', '&mode=value', 3],
    ['queue.length', '', -2],
    ['temperature', '', 21.5],
  ] as const)('the value of %s', async ([name, query, value]) => {
    expect(valuesOf(await dataOf(name, query))).toEqual([[value]])
  })

  test.for([
    ['request.duration', 1],
    ['order.size', 1000],
  ] as const)('the distribution of %s: four values, percentiles, exemplars of the trace', async ([name, factor]) => {
    const { heatmap, lines, exemplars } = await dataOf(name)
    const counts = heatmap!.counts.flat().filter((count) => count > 0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4)
    if (name === 'order.size' || sender.language === 'python') expect(counts).toEqual([1, 1, 1, 1])
    if (name === 'request.duration') expect(heatmap!.bounds).toEqual(sender.bounds)
    const p99 = lines.find(({ quantile }) => quantile === 'p99')!.values.find((value) => value !== null)!
    expect(p99).toBeGreaterThan(2.5 * factor)
    expect(p99).toBeLessThan(5.1 * factor)
    expect(exemplars.length).toBeGreaterThan(0)
    for (const exemplar of exemplars) expect(exemplar).toMatchObject({ traceId: trace.traceId })
  })
})
