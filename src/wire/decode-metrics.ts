/** Decodes ExportMetricsServiceRequest: gauge, sum, histogram, exponential histogram, summary, exemplars. */
import { readAttribute, readRequest } from './decode-common.ts'
import type { Buckets, DecodedExemplar, DecodedMetric, DecodedPoint, Group, MetricType } from './decode-types.ts'
import { BYTES, type ProtobufReader } from './protobuf-reader.ts'

type ReadPoint = (reader: ProtobufReader, end: number) => DecodedPoint

/** @throws {WireError} when the bytes are malformed */
export function decodeMetrics(bytes: Uint8Array): Group<DecodedMetric>[] {
  return readRequest(bytes, readMetric)
}

/** By tag of the field of `Metric` that holds the data. */
const DATA: Record<number, readonly [MetricType, ReadPoint]> = {
  42: ['gauge', readNumberPoint],
  58: ['sum', readNumberPoint],
  74: ['histogram', readHistogramPoint],
  82: ['exponentialHistogram', readExponentialPoint],
  90: ['summary', readSummaryPoint],
}

function readMetric(reader: ProtobufReader, end: number): DecodedMetric {
  const metric: DecodedMetric = {
    name: '',
    description: '',
    unit: '',
    type: 'none',
    temporality: 0,
    monotonic: false,
    points: [],
  }
  while (reader.position < end) {
    const tag = reader.tag(end)
    const data = DATA[tag]
    if (tag === 10) metric.name = reader.string(end)
    else if (tag === 18) metric.description = reader.string(end)
    else if (tag === 26) metric.unit = reader.string(end)
    else if (data) readData(reader, reader.enter(end), metric, data)
    else reader.skip(tag, end)
  }
  return metric
}

function readData(
  reader: ProtobufReader,
  end: number,
  metric: DecodedMetric,
  [type, readPoint]: readonly [MetricType, ReadPoint],
): void {
  // the kind of data is a oneof: another kind replaces what came before, the same kind adds to it
  if (metric.type !== type) Object.assign(metric, { type, points: [], temporality: 0, monotonic: false })
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) metric.points.push(readPoint(reader, reader.enter(end)))
    else if (tag === 16 && type !== 'gauge' && type !== 'summary') metric.temporality = reader.uint32(end)
    else if (tag === 24 && type === 'sum') metric.monotonic = reader.bool(end)
    else reader.skip(tag, end)
  }
}

const emptyPoint = (): DecodedPoint => ({ attributes: {}, startUs: 0, timeUs: 0, flags: 0 })

function readNumberPoint(reader: ProtobufReader, end: number): DecodedPoint {
  const point = emptyPoint()
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 58) readAttribute(reader, reader.enter(end), point.attributes)
    else if (tag === 17) point.startUs = reader.timeUs(end)
    else if (tag === 25) point.timeUs = reader.timeUs(end)
    else if (tag === 33) point.value = reader.double(end)
    else if (tag === 49) point.value = Number(reader.sfixed64(end))
    else if (tag === 42) addExemplar(point, readExemplar(reader, reader.enter(end)))
    else if (tag === 64) point.flags = reader.uint32(end)
    else reader.skip(tag, end)
  }
  return point
}

function readHistogramPoint(reader: ProtobufReader, end: number): DecodedPoint {
  const point: DecodedPoint = { ...emptyPoint(), count: 0, bounds: [], counts: [] }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 74) readAttribute(reader, reader.enter(end), point.attributes)
    else if (tag === 17) point.startUs = reader.timeUs(end)
    else if (tag === 25) point.timeUs = reader.timeUs(end)
    else if (tag === 33) point.count = reader.fixed64(end)
    else if (tag === 41) point.sum = reader.double(end)
    else if (tag >>> 3 === 6) readRepeated(reader, tag, 1, end, point.counts!, 'fixed64')
    else if (tag >>> 3 === 7) readRepeated(reader, tag, 1, end, point.bounds!, 'double')
    else if (tag === 66) addExemplar(point, readExemplar(reader, reader.enter(end)))
    else if (tag === 80) point.flags = reader.uint32(end)
    else if (tag === 89) point.min = reader.double(end)
    else if (tag === 97) point.max = reader.double(end)
    else reader.skip(tag, end)
  }
  return point
}

function readExponentialPoint(reader: ProtobufReader, end: number): DecodedPoint {
  const point: DecodedPoint = { ...emptyPoint(), count: 0, scale: 0, zeroCount: 0, zeroThreshold: 0 }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 10) readAttribute(reader, reader.enter(end), point.attributes)
    else if (tag === 17) point.startUs = reader.timeUs(end)
    else if (tag === 25) point.timeUs = reader.timeUs(end)
    else if (tag === 33) point.count = reader.fixed64(end)
    else if (tag === 41) point.sum = reader.double(end)
    else if (tag === 48) point.scale = reader.sint32(end)
    else if (tag === 57) point.zeroCount = reader.fixed64(end)
    else if (tag === 66) point.positive = readBuckets(reader, reader.enter(end), point.positive)
    else if (tag === 74) point.negative = readBuckets(reader, reader.enter(end), point.negative)
    else if (tag === 80) point.flags = reader.uint32(end)
    else if (tag === 90) addExemplar(point, readExemplar(reader, reader.enter(end)))
    else if (tag === 97) point.min = reader.double(end)
    else if (tag === 105) point.max = reader.double(end)
    else if (tag === 113) point.zeroThreshold = reader.double(end)
    else reader.skip(tag, end)
  }
  return point
}

function readBuckets(reader: ProtobufReader, end: number, buckets: Buckets = { offset: 0, counts: [] }): Buckets {
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 8) buckets.offset = reader.sint32(end)
    else if (tag >>> 3 === 2) readRepeated(reader, tag, 0, end, buckets.counts, 'uint64')
    else reader.skip(tag, end)
  }
  return buckets
}

function readSummaryPoint(reader: ProtobufReader, end: number): DecodedPoint {
  const point: DecodedPoint = { ...emptyPoint(), count: 0, sum: 0, quantiles: [] }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 58) readAttribute(reader, reader.enter(end), point.attributes)
    else if (tag === 17) point.startUs = reader.timeUs(end)
    else if (tag === 25) point.timeUs = reader.timeUs(end)
    else if (tag === 33) point.count = reader.fixed64(end)
    else if (tag === 41) point.sum = reader.double(end)
    else if (tag === 50) point.quantiles!.push(readQuantile(reader, reader.enter(end)))
    else if (tag === 64) point.flags = reader.uint32(end)
    else reader.skip(tag, end)
  }
  return point
}

function readQuantile(reader: ProtobufReader, end: number): { quantile: number; value: number } {
  const quantile = { quantile: 0, value: 0 }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 9) quantile.quantile = reader.double(end)
    else if (tag === 17) quantile.value = reader.double(end)
    else reader.skip(tag, end)
  }
  return quantile
}

function readExemplar(reader: ProtobufReader, end: number): DecodedExemplar {
  const exemplar: DecodedExemplar = { timeUs: 0, value: 0, traceId: '', spanId: '', attributes: {} }
  while (reader.position < end) {
    const tag = reader.tag(end)
    if (tag === 17) exemplar.timeUs = reader.timeUs(end)
    else if (tag === 25) exemplar.value = reader.double(end)
    else if (tag === 49) exemplar.value = Number(reader.sfixed64(end))
    else if (tag === 34) exemplar.spanId = reader.spanId(end)
    else if (tag === 42) exemplar.traceId = reader.traceId(end)
    else if (tag === 58) readAttribute(reader, reader.enter(end), exemplar.attributes)
    else reader.skip(tag, end)
  }
  return exemplar
}

function addExemplar(point: DecodedPoint, exemplar: DecodedExemplar): void {
  point.exemplars ??= []
  point.exemplars.push(exemplar)
}

/** A repeated number, packed or one a tag. */
function readRepeated(
  reader: ProtobufReader,
  tag: number,
  wireType: number,
  end: number,
  target: number[],
  read: 'fixed64' | 'double' | 'uint64',
): void {
  if ((tag & 7) === BYTES) {
    const inner = reader.enter(end)
    while (reader.position < inner) target.push(reader[read](inner))
  } else if ((tag & 7) === wireType) target.push(reader[read](end))
  else reader.skip(tag, end)
}
