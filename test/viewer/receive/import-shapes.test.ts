/** The same telemetry in every shape that tools export, however it is packed: the counts are equal, or the error says what is wrong. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import {
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ImportResult, ROUTES, type ViewerStatus } from '../../../src/viewer/api.ts'
import { type Harness, startHarness } from '../harness.ts'
import { LOGS, METRICS, ORDERS, tracesRequest } from '../sample.ts'
import { recordedLogs, recordedMetrics, recordedSpans } from './recorded.ts'

const FIXTURES = path.join(import.meta.dirname, '../../fixtures/imports')
/** Where other people's files are, when they are. */
const SHARED = path.join(import.meta.dirname, '../../../../shared/data/traces')

let viewer: Harness
beforeAll(async () => {
  viewer = await startHarness()
})
beforeEach(() => viewer.fetch(ROUTES.data, { method: 'DELETE' }))
afterAll(() => viewer[Symbol.asyncDispose]())

async function importFile(file: Uint8Array): Promise<{ status: number; result: ImportResult; error: string }> {
  const response = await viewer.fetch(ROUTES.import, { method: 'POST', body: new Uint8Array(file) })
  const json = (await response.json()) as ImportResult & { error?: { message: string } }
  return { status: response.status, result: json, error: json.error?.message ?? '' }
}
const stored = async (): Promise<readonly number[]> => {
  const { storage } = await viewer.get<ViewerStatus>(ROUTES.status)
  return [storage.spans, storage.logs, storage.metricPoints]
}

/** Everything that packs or writes a file of JSON anew and must change nothing. */
const PACKED: readonly (readonly [title: string, pack: (json: Buffer) => Uint8Array])[] = [
  ['as it is', (json) => json],
  ['gzip', (json) => gzipSync(json)],
  ['zstd', (json) => zstdCompressSync(json)],
  ['gzip twice', (json) => gzipSync(gzipSync(json))],
  ['a zip', (json) => zipSync({ 'traces/a.json': json, 'readme.txt': Buffer.from('no') })],
  ['gzip of a zip', (json) => gzipSync(zipSync({ 'a.json': json }))],
  ['a zip of gzip', (json) => zipSync({ 'a.json.gz': gzipSync(json) })],
  ['UTF-8 with a byte order mark', (json) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json])],
  ['UTF-16 of PowerShell', (json) => Buffer.from(`\ufeff${json}`, 'utf16le')],
  ['UTF-16 without its mark', (json) => Buffer.from(`${json}`, 'utf16le')],
  ['UTF-16 without its mark, the other way round', (json) => Buffer.from(`${json}`, 'utf16le').swap16()],
  ['a zip of macOS', (json) => zipSync({ 'a.json': json, '__MACOSX/._a.json': Buffer.from([0, 5, 22, 7]) })],
  ['UTF-16 the other way round', (json) => Buffer.from(`\ufeff${json}`, 'utf16le').swap16()],
  [
    'ends of lines of Windows',
    (json) => Buffer.from(JSON.stringify(JSON.parse(String(json)), null, 2).replaceAll('\n', '\r\n')),
  ],
  ['one big line', (json) => Buffer.from(JSON.stringify(JSON.parse(String(json))))],
  ['ends of lines of old Macs', (json) => Buffer.from(String(json).replaceAll('\n', '\r'))],
  ['blank lines around it', (json) => Buffer.concat([Buffer.from('\n\r\n '), json, Buffer.from('\n\n')])],
]

const files = [FIXTURES, SHARED].flatMap((folder) => {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => path.join(folder, name))
  } catch {
    return []
  }
})

describe.for(files)('%s', (file) => {
  const json = readFileSync(file)
  const counts = countsOf(JSON.parse(String(json)))

  test.for(PACKED)('%s', async ([, pack]) => {
    const { status, result } = await importFile(pack(json))
    expect([status, result.spans, result.logs, result.metricPoints, result.rejected]).toEqual([200, ...counts, 0])
    expect(await stored()).toEqual(counts)
  })

  test('lines, the last without an end', async () => {
    const line = JSON.stringify(JSON.parse(String(json)))
    const { status, result } = await importFile(Buffer.from(`${line}\r\n\r\n${line}`))
    expect([status, result.spans, result.logs, result.metricPoints]).toEqual([200, ...counts.map((n) => n * 2)])
  })
})

/** Spans, log records and metric points by names of keys alone. */
function countsOf(json: unknown): [spans: number, logs: number, points: number] {
  let [spans, logs, points] = [0, 0, 0]
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const keys = Object.keys(value)
    if (keys.includes('spanID') && keys.includes('operationName')) spans++
    else if (keys.includes('spanId') && keys.includes('name')) spans++
    else if (keys.includes('id') && keys.includes('traceId')) spans++
    else if (keys.includes('dataPoints')) points += (value as { dataPoints: unknown[] }).dataPoints.length
    if (keys.includes('logRecords')) logs += (value as { logRecords: unknown[] }).logRecords.length
    for (const inner of Object.values(value)) walk(inner)
  }
  walk(json)
  return [spans, logs, points]
}

const request = tracesRequest('shop', ORDERS)
const spansOf = (signal: 'traces' | 'logs' | 'metrics'): Buffer => {
  const serialize = {
    traces: () => ProtobufTraceSerializer.serializeRequest(recordedSpans(7)),
    logs: () => ProtobufLogsSerializer.serializeRequest(recordedLogs(5)),
    metrics: () => ProtobufMetricsSerializer.serializeRequest(recordedMetrics(3)),
  }[signal]
  return Buffer.from(serialize()!)
}
const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(message.length)
  return Buffer.concat([length, message])
}

test.for<[title: string, file: () => Uint8Array, counts: [spans: number, logs: number, points: number]]>([
  ['protobuf: traces', () => spansOf('traces'), [7, 0, 0]],
  ['protobuf: logs', () => spansOf('logs'), [0, 5, 0]],
  ['protobuf: metrics', () => spansOf('metrics'), [0, 0, 3]],
  ['protobuf with gzip', () => gzipSync(spansOf('traces')), [7, 0, 0]],
  [
    "the Collector's file of protobuf",
    () => Buffer.concat([framed(spansOf('traces')), framed(spansOf('logs')), framed(spansOf('metrics'))]),
    [7, 5, 3],
  ],
  [
    'requests of three signals, a line each',
    () => Buffer.from([request, LOGS, METRICS].map((one) => JSON.stringify(one)).join('\n')),
    [11, 4, 11],
  ],
  ['a request of three signals', () => Buffer.from(JSON.stringify({ ...request, ...LOGS, ...METRICS })), [11, 4, 11]],
  ['a trace of Tempo by its second API', () => Buffer.from(JSON.stringify({ trace: request })), [11, 0, 0]],
  ['batches of Tempo', () => Buffer.from(JSON.stringify({ batches: request['resourceSpans'] })), [11, 0, 0]],
  [
    'requests one behind the other, as jq writes them',
    () => Buffer.from([request, LOGS, METRICS].map((one) => JSON.stringify(one, null, 2)).join('\n')),
    [11, 4, 11],
  ],
  ['requests on one line', () => Buffer.from(JSON.stringify(request) + JSON.stringify(LOGS)), [11, 4, 0]],
  [
    'a zip of Aspire: a trace stands in the file of each of its services, and resources are described',
    () =>
      zipSync({
        'resources/shop.json': Buffer.from('{"name":"shop","state":"Running"}'),
        'traces/shop.json': Buffer.from(JSON.stringify(request)),
        'traces/orders.json': Buffer.from(JSON.stringify(request)),
        'structuredlogs/shop.json': Buffer.from(JSON.stringify(LOGS)),
        'consolelogs/shop.txt': Buffer.from('hello'),
      }),
    [11, 4, 0],
  ],
  ["Jaeger's third API", () => Buffer.from(JSON.stringify({ result: request })), [11, 0, 0]],
])('%s', async ([, file, counts]) => {
  const { status, result, error } = await importFile(file())
  expect([status, error]).toEqual([200, ''])
  expect([result.spans, result.logs, result.metricPoints]).toEqual(counts)
})

const text = JSON.stringify(request)
test.for<[title: string, file: () => Uint8Array, message: RegExp]>([
  ['empty', () => Buffer.alloc(0), /is empty/],
  ['blanks', () => Buffer.from(' \n'), /not JSON/],
  ['cut', () => Buffer.from(text.slice(0, -20)), /not JSON/],
  ['a line that is cut', () => Buffer.from(`${text}\n${text}\n${text.slice(0, 100)}`), /line 3 is not JSON/],
  ['gzip that is cut', () => gzipSync(text).subarray(0, 200), /can't be unpacked/],
  ['zstd that is cut', () => zstdCompressSync(text).subarray(0, 100), /can't be unpacked/],
  ['a zip that is cut', () => zipSync({ 'a.json': Buffer.from(text) }).subarray(0, 200), /can't be unpacked/],
  ['a zip of pictures', () => zipSync({ 'a.png': Buffer.from('x') }), /no file of JSON or protobuf/],
  ['an empty zip', () => zipSync({}), /no file of JSON or protobuf/],
  ['protobuf that is cut', () => spansOf('traces').subarray(0, -3), /not JSON/],
  ['a value behind another that is cut', () => Buffer.from(`${text} ${text.slice(0, -9)}`), /value 2 is not JSON/],
  ['a zip of descriptions only', () => zipSync({ 'resources/a.json': Buffer.from('{"name":"a"}') }), /neither OTLP/],
  [
    'an envelope in an envelope, and so on',
    () => Buffer.from(`${'{"result":'.repeat(50_000)}1${'}'.repeat(50_000)}`),
    /neither OTLP|deep/,
  ],
  ['a span without an id', () => Buffer.from(text.replaceAll(/"spanId":"\w+"/g, '"spanId":""')), /no valid/],
  ['a HAR', () => Buffer.from('{"log":{"version":"1.2","creator":{},"entries":[]}}'), /neither OTLP/],
  ['a package.json', () => Buffer.from('{"name":"x","version":"1.0.0","dependencies":{}}'), /neither OTLP/],
  ['a page', () => Buffer.from('<!doctype html><html></html>'), /not JSON/],
  ['CSV', () => Buffer.from('Trace ID,Name\n1,GET\n'), /not JSON/],
  ['other JSON', () => Buffer.from('{"traces":[{"traceID":"1","rootServiceName":"a"}]}'), /neither OTLP/],
  ['Zipkin v1', () => Buffer.from('[{"traceId":"1","id":"2","name":"x","binaryAnnotations":[]}]'), /Zipkin v1/],
  ['a picture', () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /not JSON/],
])('%s is refused, and nothing is stored', async ([, file, message]) => {
  const { status, error } = await importFile(file())
  expect(status).toBe(400)
  expect(error).toMatch(message)
  expect(await stored()).toEqual([0, 0, 0])
})
