/** The official seams the SDKs call: span processor, log record processor, metric exporter. None of them throws into the application. */
import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type {
  AggregationOption,
  InstrumentType,
  MetricData,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { encodeLogRecord } from '../../wire/encode-logs.ts'
import { encodeMetric } from '../../wire/encode-metrics.ts'
import { encodeRequest, type Section } from '../../wire/encode-request.ts'
import { encodeSpan } from '../../wire/encode-traces.ts'
import { ProtobufWriter } from '../../wire/protobuf-writer.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { Detached } from '../run-untraced.ts'
import type { BatchOptions, DeliveryOptions, FlushOptions } from '../types.ts'
import { BATCH_LIMIT_BYTES, createBatcher, type Originated } from './batcher.ts'

/** What a seam needs of delivery. */
export interface SeamHost {
  readonly options: DeliveryOptions
  readonly detached: Detached
  /** No longer than this, nor than the limit of whoever has asked for it; 0 means without limit. */
  flush(pipelines: readonly Pipeline[], timeoutMillis: number): Promise<void>
  /** A provider is being shut down. */
  closing(pipeline: Pipeline, timeoutMillis?: number): Promise<void>
}

const SLICE_MILLIS = 5

export function createSpanProcessor(host: SeamHost, pipeline: Pipeline): SpanProcessor {
  const add = createIntake<ReadableSpan>(host, pipeline, host.options.spanBatch, encodeSpan)
  return {
    onStart() {},
    onEnd(span) {
      if (isSampled(span)) add.item(span)
    },
    forceFlush: () => host.flush([pipeline], host.options.spanBatch.exportTimeoutMillis),
    shutdown: () => add.close(),
  }
}

export function createLogRecordProcessor(host: SeamHost, pipeline: Pipeline): LogRecordProcessor {
  const add = createIntake<ReadableLogRecord>(host, pipeline, host.options.logBatch, encodeLogRecord)
  return {
    onEmit: (record) => add.item(record),
    forceFlush: (options) =>
      host.flush([pipeline], options?.timeoutMillis ?? host.options.logBatch.exportTimeoutMillis),
    shutdown: () => add.close(),
  }
}

function isSampled(span: ReadableSpan): boolean {
  try {
    return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0
  } catch {
    return false
  }
}

interface Intake<Item> {
  item(item: Item): void
  close(): Promise<void>
}

function createIntake<Item extends Originated>(
  host: SeamHost,
  pipeline: Pipeline,
  batch: BatchOptions,
  encode: (writer: ProtobufWriter, item: Item) => void,
): Intake<Item> {
  const { bufferLimitBytes, resource } = host.options
  const batcher = createBatcher<Item>({
    encode,
    maxCount: Math.max(1, Math.min(batch.maxExportBatchSize, batch.maxQueueSize)),
    maxBytes: Math.min(BATCH_LIMIT_BYTES, bufferLimitBytes / 4),
    delayMillis: batch.scheduledDelayMillis,
    resource,
    detached: host.detached,
    onBatch: (request, count) => pipeline.accept(request, count),
    onLost: (count) => pipeline.drop(count, 'unreadable'),
  })
  pipeline.open = batcher
  let ending: Promise<void> | undefined
  return {
    item(item) {
      pipeline.created++
      if (pipeline.isClosed) {
        pipeline.drop(1, 'after_shutdown')
        return
      }
      try {
        batcher.add(item)
      } catch {
        pipeline.drop(1, 'unreadable')
      }
    },
    close() {
      ending ??= host.closing(pipeline)
      return ending
    },
  }
}

export function createMetricExporter(host: SeamHost, pipeline: Pipeline): PushMetricExporter {
  const { temporalityPreference, histogramAggregation, resource } = host.options
  let ending: Promise<void> | undefined
  /** Exports that are still being encoded. */
  const encoding = new Set<Promise<void>>()
  return {
    export(metrics, done) {
      // the reader waits for this answer before it collects again: what is encoded is safe in the buffer, so it need not wait
      const run = host
        .detached(() => encodeMetrics(metrics))
        .then(
          () => done({ code: ExportResultCode.SUCCESS }),
          (error: Error) => done({ code: ExportResultCode.FAILED, error }),
        )
      encoding.add(run)
      void run.finally(() => encoding.delete(run))
    },
    async forceFlush(limit?: FlushOptions) {
      await Promise.all(encoding)
      if (limit?.timeoutMillis === 0) return
      await host.flush([pipeline], limit?.timeoutMillis ?? host.options.spanBatch.exportTimeoutMillis)
    },
    async shutdown(limit?: FlushOptions) {
      await Promise.all(encoding)
      ending ??= host.closing(pipeline, limit?.timeoutMillis)
      await ending
    },
    selectAggregationTemporality: (type) => selectTemporality(temporalityPreference, type),
    selectAggregation: (type) => selectAggregation(histogramAggregation, type),
  }

  async function encodeMetrics({ scopeMetrics }: ResourceMetrics): Promise<void> {
    let sections: Section[] = []
    let bytes = 0
    let count = 0
    let sliceStart = performance.now()
    const submit = (): void => {
      if (count > 0) pipeline.accept(encodeRequest(sections), count)
      sections = []
      bytes = 0
      count = 0
    }
    for (const { scope, metrics } of scopeMetrics) {
      let writer = new ProtobufWriter(8192)
      for (const metric of metrics) {
        if (bytes + writer.pos > BATCH_LIMIT_BYTES) {
          if (writer.pos > 0) sections.push({ resource, scope, items: writer.written() })
          writer = new ProtobufWriter(8192)
          submit()
        }
        count += encodeOne(writer, metric)
        if (performance.now() - sliceStart > SLICE_MILLIS) {
          await new Promise((resolve) => setImmediate(resolve))
          sliceStart = performance.now()
        }
      }
      if (writer.pos > 0) sections.push({ resource, scope, items: writer.written() })
      bytes += writer.pos
    }
    submit()
  }

  /** @returns how many data points are in the writer now */
  function encodeOne(writer: ProtobufWriter, metric: MetricData): number {
    const { length } = metric.dataPoints
    pipeline.created += length
    try {
      if (pipeline.isClosed) pipeline.drop(length, 'after_shutdown')
      else {
        encodeMetric(writer, metric)
        return length
      }
    } catch {
      pipeline.drop(length, 'unreadable')
    }
    return 0
  }
}

// values of AggregationTemporality and AggregationType
const DELTA = 0
const CUMULATIVE = 1
const DEFAULT_AGGREGATION = { type: 0 } as AggregationOption
const EXPONENTIAL_HISTOGRAM = { type: 5 } as AggregationOption

/** @see https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/#additional-environment-variable-configuration */
function selectTemporality(preference: DeliveryOptions['temporalityPreference'], type: InstrumentType): number {
  if (preference === 'cumulative' || type.endsWith('UP_DOWN_COUNTER')) return CUMULATIVE
  if (preference === 'delta') return DELTA
  return type === 'COUNTER' || type === 'HISTOGRAM' ? DELTA : CUMULATIVE
}

function selectAggregation(
  preference: DeliveryOptions['histogramAggregation'],
  type: InstrumentType,
): AggregationOption {
  return type === 'HISTOGRAM' && preference === 'base2_exponential_bucket_histogram'
    ? EXPONENTIAL_HISTOGRAM
    : DEFAULT_AGGREGATION
}
