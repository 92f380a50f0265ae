/** The exporter that the SDK calls with collected metrics: encodes them in slices, so that the loop stays free. */
import { ExportResultCode } from '@opentelemetry/core'
import type {
  AggregationOption,
  InstrumentType,
  MetricData,
  PushMetricExporter,
  ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { noteExport } from '../../signals/metrics/collect-now.ts'
import { noteCollection } from '../../signals/metrics/measured.ts'
import { performance, setImmediate } from '../../timers.ts'
import { encodeMetric } from '../../wire/encode-metrics.ts'
import { encodeRequest, type Section } from '../../wire/encode-request.ts'
import { ProtobufWriter } from '../../wire/protobuf-writer.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { DeliverySettings, FlushOptions } from '../types.ts'
import { BATCH_LIMIT_BYTES } from './batcher.ts'
import type { IntakeHost } from './host.ts'

const SLICE_MILLIS = 5

export function createMetricExporter(host: IntakeHost, pipeline: Pipeline): PushMetricExporter {
  const { temporalityPreference, histogramAggregation, resource } = host.options
  let ending: Promise<void> | undefined
  /** Exports that are still being encoded. */
  const encoding = new Set<Promise<void>>()
  /** Their steps. */
  const unfinished = new Set<Generator>()
  pipeline.finishEncoding = () => {
    for (const steps of unfinished) while (!steps.next().done);
  }
  return {
    export(metrics, done) {
      noteCollection()
      noteExport(metrics)
      // the reader waits for this answer before it collects again: what is encoded is safe in the buffer, so it need not wait
      const run = host
        .runUntraced(() => encodeInSlices(metrics))
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

  /** The event loop turns between two slices. The end of the process does not wait for it, and takes the steps that are left. */
  async function encodeInSlices(metrics: ResourceMetrics): Promise<void> {
    const steps = encodeMetrics(metrics)
    unfinished.add(steps)
    try {
      let sliceStart = performance.now()
      while (!steps.next().done) {
        if (host.isBlocking || performance.now() - sliceStart <= SLICE_MILLIS) continue
        await new Promise((resolve) => setImmediate(resolve))
        sliceStart = performance.now()
      }
    } finally {
      unfinished.delete(steps)
    }
  }

  function* encodeMetrics({ scopeMetrics }: ResourceMetrics): Generator<undefined, void> {
    let sections: Section[] = []
    let bytes = 0
    let count = 0
    const submit = (): void => {
      pipeline.encoding -= count
      if (count > 0) submitRequest(encodeRequest(sections, false, host.redactor), count)
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
        yield
      }
      if (writer.pos > 0) sections.push({ resource, scope, items: writer.written() })
      bytes += writer.pos
    }
    submit()
  }

  function submitRequest(request: Buffer, count: number): void {
    const { handOver } = host
    if (!handOver?.takes('metrics')) {
      host.onUnsent()
      pipeline.accept(request, count)
    } else if (handOver.request('metrics', request, count)) pipeline.handOver(count)
    else pipeline.drop(count, 'buffer_full')
  }

  /** @returns how many data points are in the writer now */
  function encodeOne(writer: ProtobufWriter, metric: MetricData): number {
    const { length } = metric.dataPoints
    pipeline.created += length
    try {
      if (pipeline.isClosed) pipeline.drop(length, 'after_shutdown')
      else {
        encodeMetric(writer, metric, host.redactor)
        pipeline.encoding += length
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
function selectTemporality(preference: DeliverySettings['temporalityPreference'], type: InstrumentType): number {
  if (preference === 'cumulative' || type.endsWith('UP_DOWN_COUNTER')) return CUMULATIVE
  if (preference === 'delta') return DELTA
  return type === 'COUNTER' || type === 'HISTOGRAM' ? DELTA : CUMULATIVE
}

function selectAggregation(
  preference: DeliverySettings['histogramAggregation'],
  type: InstrumentType,
): AggregationOption {
  return type === 'HISTOGRAM' && preference === 'base2_exponential_bucket_histogram'
    ? EXPONENTIAL_HISTOGRAM
    : DEFAULT_AGGREGATION
}
