/** Exemplars on data points, encoded as protobuf and as JSON and read back. */
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { describe, expect, test } from 'vitest'
import type { Exemplar } from '../../src/signals/metrics/exemplars/filter.ts'
import { decodeProtobuf } from '../../src/wire/decode.ts'
import { requestToJson } from '../../src/wire/encode-json.ts'
import { encodeMetric } from '../../src/wire/encode-metrics.ts'
import { encodeRequest } from '../../src/wire/encode-request.ts'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'
import { resource } from '../signals/support.ts'

const TRACE_ID = '0123456789abcdef0123456789abcdef'
const SPAN_ID = 'fedcba9876543210'
const exemplar: Exemplar = {
  filteredAttributes: { user: 'me', password: 'swordfish' },
  value: 3,
  timestamp: [1_700_000_000, 5_000_000],
  traceId: TRACE_ID,
  spanId: SPAN_ID,
}
const times = { startTime: [1_700_000_000, 0], endTime: [1_700_000_001, 0], attributes: {} }
const metricOf = (dataPointType: number, valueType: number, value: unknown, exemplars: unknown): MetricData =>
  ({
    descriptor: { name: 'm', description: '', unit: '', valueType },
    dataPointType,
    aggregationTemporality: 1,
    dataPoints: [{ ...times, value, exemplars }],
  }) as unknown as MetricData
const buckets = { offset: 0, bucketCounts: [1] }
const KINDS = [
  ['sum', 3, 0, 3, { asInt: '3' }],
  ['gauge', 2, 1, 3, { asDouble: 3 }],
  ['histogram', 0, 1, { count: 1, sum: 3, buckets: { boundaries: [5], counts: [1, 0] } }, { asDouble: 3 }],
  [
    'exponentialHistogram',
    1,
    1,
    { count: 1, sum: 3, scale: 0, zeroCount: 0, positive: buckets, negative: { offset: 0, bucketCounts: [] } },
    { asDouble: 3 },
  ],
] as const

function encode(metric: MetricData): Buffer {
  const writer = new ProtobufWriter(256)
  encodeMetric(writer, metric)
  return encodeRequest([{ resource, scope: { name: 's' }, items: writer.written() }])
}

describe.for(KINDS)('of a %s', ([name, type, valueType, value, number]) => {
  const bytes = encode(metricOf(type, valueType, value, [exemplar]))

  test('are read back from protobuf, with secrets masked', () => {
    const [point] = decodeProtobuf('metrics', bytes).metrics[0]!.items[0]!.points
    expect(point!.exemplars).toEqual([
      {
        timeUs: 1_700_000_000_005_000,
        value: 3,
        traceId: TRACE_ID,
        spanId: SPAN_ID,
        attributes: { user: 'me', password: 'REDACTED' },
      },
    ])
  })

  test('are JSON as the specification has it', () => {
    const json = JSON.parse(requestToJson('metrics', bytes))
    const [point] = json.resourceMetrics[0].scopeMetrics[0].metrics[0][name].dataPoints
    expect(point.exemplars).toEqual([
      {
        timeUnixNano: '1700000000005000000',
        ...number,
        traceId: TRACE_ID,
        spanId: SPAN_ID,
        filteredAttributes: [
          { key: 'user', value: { stringValue: 'me' } },
          { key: 'password', value: { stringValue: 'REDACTED' } },
        ],
      },
    ])
  })
})

test('one without a span has no ids, and what is no list is left out', () => {
  const { traceId: _traceId, spanId: _spanId, ...outside } = exemplar
  const exemplarsIn = (given: unknown) =>
    decodeProtobuf('metrics', encode(metricOf(2, 1, 1, given))).metrics[0]!.items[0]!.points[0]!.exemplars
  expect(exemplarsIn([outside])).toMatchObject([{ value: 3, traceId: '', spanId: '' }])
  expect(exemplarsIn('nonsense')).toBeUndefined()
})
