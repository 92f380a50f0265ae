/** Files of other tools, imported by a real viewer: nothing is lost, and what means the same stands in the same place. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { type ImportResult, ROUTES, type SpanDetail, type TraceDetail } from '../../../src/viewer/api.ts'
import { unpackFiles } from '../../../src/viewer/receive/unpack-files.ts'
import { startHarness } from '../harness.ts'

const read = (name: string): Buffer => readFileSync(path.join(import.meta.dirname, '../../fixtures/imports', name))

async function importInto(file: Uint8Array) {
  const viewer = await startHarness()
  const response = await viewer.fetch(ROUTES.import, { method: 'POST', body: new Uint8Array(file) })
  return { viewer, status: response.status, result: (await response.json()) as ImportResult }
}

describe('a file is imported whole', () => {
  test.for<[name: string, spans: number, logs: number, points: number]>([
    ['jaeger-normal.json', JSON.parse(read('jaeger-normal.json').toString()).spans.length, 0, 0],
    ['jaeger-otlp-in.json', 2, 0, 0],
    ['jaeger-otlp-out.json', 2, 0, 0],
    ['proto-trace.json', 1, 0, 0],
    ['proto-logs.json', 0, 1, 0],
    ['proto-events.json', 0, 1, 0],
    ['proto-metrics.json', 0, 0, 4],
    ['tempo-batches.json', 2, 0, 0],
    ['zipkin-messaging.json', JSON.parse(read('zipkin-messaging.json').toString()).length, 0, 0],
    ['zipkin-simple-db-p6.json', JSON.parse(read('zipkin-simple-db-p6.json').toString()).length, 0, 0],
    ['zipkin-skew.json', JSON.parse(read('zipkin-skew.json').toString()).length, 0, 0],
    ['zipkin-yelp.json', JSON.parse(read('zipkin-yelp.json').toString()).length, 0, 0],
  ])('%s', async ([name, spans, logs, metricPoints]) => {
    const { viewer, status, result } = await importInto(read(name))
    await using _ = viewer
    expect([status, result]).toEqual([200, expect.objectContaining({ spans, logs, metricPoints, rejected: 0 })])
    const exported = await viewer.fetch(`${ROUTES.export}`)
    expect(exported.status).toBe(200)
  })

  test.for<[title: string, file: () => Uint8Array, spans: number]>([
    [
      'gzip',
      () => gzipSync(read('jaeger-normal.json')),
      JSON.parse(read('jaeger-normal.json').toString()).spans.length,
    ],
    [
      'a list of traces of Jaeger',
      () => Buffer.from(`[${read('jaeger-normal.json')}]`),
      JSON.parse(read('jaeger-normal.json').toString()).spans.length,
    ],
    [
      'lists of lists of Zipkin',
      () => Buffer.from(`[${read('zipkin-skew.json')},${read('zipkin-messaging.json')}]`),
      [...JSON.parse(read('zipkin-skew.json').toString()), ...JSON.parse(read('zipkin-messaging.json').toString())]
        .length,
    ],
    ['a trace of Tempo in an envelope', () => Buffer.from(`{"trace":${read('tempo-batches.json')}}`), 2],
    [
      'requests of OTLP in a list',
      () => Buffer.from(`[${read('proto-trace.json')},${read('jaeger-otlp-in.json')}]`),
      3,
    ],
    [
      'a zip, as Aspire exports',
      () =>
        zipSync({
          'traces/a.json': read('proto-trace.json'),
          'structuredlogs/b.json': read('proto-logs.json'),
          'readme.txt': Buffer.from('no'),
        }),
      1,
    ],
    [
      'a zip with an empty file beside it',
      () => zipSync({ 'traces/a.json': read('proto-trace.json'), 'logs.json': new Uint8Array() }),
      1,
    ],
    [
      'scopes under their older name',
      () =>
        Buffer.from(
          read('proto-trace.json')
            .toString()
            .replace('scopeSpans', 'instrumentationLibrarySpans')
            .replace('"scope"', '"instrumentationLibrary"'),
        ),
      1,
    ],
  ])('%s', async ([, file, spans]) => {
    const { viewer, status, result } = await importInto(file())
    await using _ = viewer
    expect([status, result.spans]).toEqual([200, spans])
  })
})

describe('what is no telemetry is refused', () => {
  test.for([
    ['hello', /not JSON/],
    ['{}', /neither OTLP/],
    ['[]', /neither OTLP/],
    ['{"data":[]}', /neither OTLP/],
    ['[{"a":1}]', /neither OTLP/],
    ['{"resourceSpans":[]}', /no span/],
    ['{"spans":[{"spanID":"a","startTime":-5}],"traceID":"b"}', /not a time/],
    ['PK\u0003\u0004broken', /unpacked/],
  ] as const)('%s', async ([text, message]) => {
    const { viewer, status, result } = await importInto(Buffer.from(text, 'latin1'))
    await using _ = viewer
    const { error } = result as unknown as { error: { message: string } }
    expect(status).toBe(400)
    expect(error.message).toMatch(message)
  })
})

test.for<[title: string, file: Uint8Array]>([
  ['a zip with an empty file', zipSync({ 'logs.json': new Uint8Array() })],
  ['gzip of nothing', gzipSync('')],
  ['a zip with gzip of nothing', zipSync({ 'logs.json.gz': gzipSync('') })],
])('%s is refused as empty', async ([, file]) => {
  const { viewer, status, result } = await importInto(file)
  await using _ = viewer
  expect([status, result]).toEqual([
    400,
    { error: expect.objectContaining({ message: expect.stringContaining('empty') }) },
  ])
})

test('the limit of what is unpacked holds while it is unpacked, over all files', () => {
  const packed = gzipSync(Buffer.alloc(1000))
  const zip = (...files: Uint8Array[]) =>
    Buffer.from(zipSync(Object.fromEntries(files.map((file, index) => [`${index}.json.gz`, file]))))
  expect(unpackFiles(zip(packed, packed, packed), 3000).map(({ length }) => length)).toEqual([1000, 1000, 1000])
  expect(() => unpackFiles(zip(packed, packed, packed), 2999)).toThrow(/unfolds to more/)
  const broken = packed.subarray(0, 12)
  expect(() => unpackFiles(zip(packed, broken), 3000)).toThrow(/can't be unpacked/)
  // it is not reached
  expect(() => unpackFiles(zip(packed, packed, broken), 1500)).toThrow(/unfolds to more/)
})

test("what the viewer itself gives as Jaeger's API is the same trace again", async () => {
  const { viewer, result } = await importInto(read('jaeger-otlp-in.json'))
  await using _ = viewer
  const jaeger = await viewer.fetch(`/api/traces/${result.traceId}`)
  const again = await importInto(Buffer.from(await jaeger.arrayBuffer()))
  await using __ = again.viewer
  const detailPath = ROUTES.trace.replace(':traceId', result.traceId!)
  const [before, after] = await Promise.all([
    viewer.get<TraceDetail>(detailPath),
    again.viewer.get<TraceDetail>(detailPath),
  ])
  const shape = ({ spans }: TraceDetail) =>
    spans.map(({ spanId, parentSpanId, name, kind, service, durationNs }) => [
      spanId,
      parentSpanId,
      name,
      kind,
      service,
      durationNs,
    ])
  expect(shape(after)).toEqual(shape(before))
})

test('a server span that shares the id of its client becomes its child, and what ran in it is below it', async () => {
  const span = (extra: object) => ({
    traceId: '5aab74dbb904746b',
    name: 'x',
    timestamp: 1521186011929043,
    duration: 14,
    ...extra,
  })
  const file = JSON.stringify([
    span({ id: 'a1', kind: 'CLIENT', localEndpoint: { serviceName: 'web' } }),
    span({
      id: 'a1',
      kind: 'SERVER',
      shared: true,
      localEndpoint: { serviceName: 'api' },
      tags: { error: 'out of stock', 'http.method': 'GET' },
    }),
    span({
      id: 'b2',
      parentId: 'a1',
      localEndpoint: { serviceName: 'api' },
      annotations: [{ timestamp: 1521186011929050, value: 'cache miss' }],
    }),
    span({
      id: 'c3',
      parentId: 'a1',
      localEndpoint: { serviceName: 'web' },
      remoteEndpoint: { serviceName: 'db', ipv4: '10.0.0.1', port: 5432 },
    }),
  ])
  const { viewer, result } = await importInto(Buffer.from(file))
  await using _ = viewer
  expect(result.spans).toBe(4)
  const traceId = '5aab74dbb904746b'.padStart(32, '0')
  const { spans } = await viewer.get<TraceDetail>(ROUTES.trace.replace(':traceId', traceId))
  const server = spans.find(({ kind }) => kind === 'server')!
  const padded = (id: string) => id.padStart(16, '0')
  expect(server).toMatchObject({ parentSpanId: padded('a1'), status: 'error' })
  expect(spans.find(({ spanId }) => spanId === padded('b2'))!.parentSpanId).toBe(server.spanId)
  expect(spans.find(({ spanId }) => spanId === padded('c3'))!.parentSpanId).toBe(padded('a1'))
  const detail = await viewer.get<SpanDetail>(ROUTES.span.replace(':traceId', traceId).replace(':spanId', padded('b2')))
  expect(JSON.stringify(detail)).toContain('cache miss')
})
