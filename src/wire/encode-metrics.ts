/** One metric with its data points as OTLP protobuf. */
import { ValueType } from '@opentelemetry/api'
import type { DataPoint, ExponentialHistogram, Histogram, MetricData } from '@opentelemetry/sdk-metrics'
import type { Exemplar, WithExemplars } from '../signals/metrics/exemplars/filter.ts'
import { toText, writeTime } from './encode-common.ts'
import { writeAttributes } from './encode-values.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'
import { DEFAULT_REDACTOR, type Redactor } from './redaction/redactor.ts'

// values of DataPointType and AggregationTemporality, written out so that this module loads no SDK
const HISTOGRAM = 0
const EXPONENTIAL_HISTOGRAM = 1
const GAUGE = 2
const DELTA = 0
/** The biggest request a receiver must expect, less some room for what is around the metric. */
const METRIC_LIMIT_BYTES = 60 * 1024 * 1024

/** Appends a metric as an entry of ScopeMetrics.metrics. Throws only when the metric cannot be read; the writer is then as before. */
export function encodeMetric(writer: ProtobufWriter, metric: MetricData, redactor: Redactor = DEFAULT_REDACTOR): void {
  const start = writer.pos
  try {
    writer.tag(0x12)
    const message = writer.beginMessage(2)
    writeMetric(writer, metric, start + METRIC_LIMIT_BYTES, redactor)
    writer.endMessage(message, 2)
  } catch (error) {
    writer.pos = start
    throw error
  }
}

function writeMetric(writer: ProtobufWriter, metric: MetricData, limit: number, redactor: Redactor): void {
  writeText(writer, 0x0a, metric.descriptor.name)
  writeText(writer, 0x12, metric.descriptor.description)
  writeText(writer, 0x1a, metric.descriptor.unit)
  const type = metric.dataPointType as number
  writer.tag(type === GAUGE ? 0x2a : type === HISTOGRAM ? 0x4a : type === EXPONENTIAL_HISTOGRAM ? 0x52 : 0x3a)
  const data = writer.beginMessage(2)
  for (const point of metric.dataPoints) {
    writer.tag(0x0a)
    const mark = writer.beginMessage()
    if (type === HISTOGRAM) writeHistogramPoint(writer, point as DataPoint<Histogram>, limit, redactor)
    else if (type === EXPONENTIAL_HISTOGRAM)
      writeExponentialPoint(writer, point as DataPoint<ExponentialHistogram>, limit, redactor)
    else writeNumberPoint(writer, point as DataPoint<number>, metric.descriptor.valueType, limit, redactor)
    writer.endMessage(mark)
  }
  if (type !== GAUGE) {
    writer.tag(0x10)
    writer.varint((metric.aggregationTemporality as number) === DELTA ? 1 : 2)
  }
  if ('isMonotonic' in metric && metric.isMonotonic) {
    writer.tag(0x18)
    writer.varint(1)
  }
  writer.endMessage(data, 2)
}

function writeText(writer: ProtobufWriter, tag: number, text: string | undefined): void {
  if (!text) return
  writer.tag(tag)
  writer.string(toText(text))
}

function writeTimes(writer: ProtobufWriter, point: DataPoint<unknown>): void {
  writer.tag(0x11)
  writeTime(writer, point.startTime)
  writer.tag(0x19)
  writeTime(writer, point.endTime)
}

function writeNumberPoint(
  writer: ProtobufWriter,
  point: DataPoint<number>,
  type: ValueType,
  limit: number,
  redactor: Redactor,
): void {
  writeTimes(writer, point)
  writeNumber(writer, point.value, type === ValueType.INT, 0x31, 0x21)
  writeExemplars(writer, 0x2a, point, type === ValueType.INT, limit, redactor)
  writeAttributes(writer, 0x3a, point.attributes, limit, redactor)
}

function writeNumber(writer: ProtobufWriter, value: number, isWhole: boolean, intTag: number, doubleTag: number): void {
  if (isWhole && Number.isInteger(value) && Math.abs(value) < 2 ** 63) {
    writer.tag(intTag)
    writer.sfixed64(value)
  } else {
    writer.tag(doubleTag)
    writer.double(value)
  }
}

/** What the metrics of this package put on a point; of others' producers it may be anything. */
function writeExemplars(
  writer: ProtobufWriter,
  tag: number,
  point: object,
  isWhole: boolean,
  limit: number,
  redactor: Redactor,
): void {
  const { exemplars } = point as WithExemplars
  if (!Array.isArray(exemplars)) return
  for (const { timestamp, value, spanId, traceId, filteredAttributes } of exemplars as Exemplar[]) {
    writer.tag(tag)
    const mark = writer.beginMessage()
    writer.tag(0x11)
    writeTime(writer, timestamp)
    writeNumber(writer, value, isWhole, 0x31, 0x19)
    if (typeof spanId === 'string' && typeof traceId === 'string') {
      writer.hexId(0x22, spanId, 8)
      writer.hexId(0x2a, traceId, 16)
    }
    writeAttributes(writer, 0x3a, filteredAttributes, limit, redactor)
    writer.endMessage(mark)
  }
}

function writeDouble(writer: ProtobufWriter, tag: number, value: number | undefined): void {
  if (value === undefined) return
  writer.tag(tag)
  writer.double(value)
}

function writeHistogramPoint(
  writer: ProtobufWriter,
  point: DataPoint<Histogram>,
  limit: number,
  redactor: Redactor,
): void {
  const { count, sum, min, max, buckets } = point.value
  writeTimes(writer, point)
  writer.tag(0x21)
  writer.count64(count)
  writeDouble(writer, 0x29, sum)
  if (buckets.counts.length > 0) {
    writer.tag(0x32)
    writer.varint(buckets.counts.length * 8)
    for (const bucket of buckets.counts) writer.count64(bucket)
  }
  if (buckets.boundaries.length > 0) {
    writer.tag(0x3a)
    writer.varint(buckets.boundaries.length * 8)
    for (const bound of buckets.boundaries) writer.double(bound)
  }
  writeExemplars(writer, 0x42, point, false, limit, redactor)
  writeAttributes(writer, 0x4a, point.attributes, limit, redactor)
  writeDouble(writer, 0x59, min)
  writeDouble(writer, 0x61, max)
}

function writeExponentialPoint(
  writer: ProtobufWriter,
  point: DataPoint<ExponentialHistogram>,
  limit: number,
  redactor: Redactor,
): void {
  const { count, sum, scale, zeroCount, positive, negative, min, max } = point.value
  writeAttributes(writer, 0x0a, point.attributes, limit, redactor)
  writeTimes(writer, point)
  writer.tag(0x21)
  writer.count64(count)
  writeDouble(writer, 0x29, sum)
  if (scale !== 0) {
    writer.tag(0x30)
    writer.sint32(scale)
  }
  writer.tag(0x39)
  writer.count64(zeroCount)
  writeBuckets(writer, 0x42, positive)
  writeBuckets(writer, 0x4a, negative)
  writeExemplars(writer, 0x5a, point, false, limit, redactor)
  writeDouble(writer, 0x61, min)
  writeDouble(writer, 0x69, max)
}

function writeBuckets(writer: ProtobufWriter, tag: number, buckets: ExponentialHistogram['positive']): void {
  writer.tag(tag)
  const mark = writer.beginMessage()
  if (buckets.offset !== 0) {
    writer.tag(0x08)
    writer.sint32(buckets.offset)
  }
  if (buckets.bucketCounts.length > 0) {
    writer.tag(0x12)
    const counts = writer.beginMessage()
    for (const count of buckets.bucketCounts) writer.varint(count)
    writer.endMessage(counts)
  }
  writer.endMessage(mark)
}
