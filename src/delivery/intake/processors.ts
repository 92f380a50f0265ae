/** The processors that the SDKs call with spans and log records. None of them throws into the application. */
import { TraceFlags } from '@opentelemetry/api'
import type { LogRecordProcessor, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { encodeLogRecord } from '../../wire/encode-logs.ts'
import { encodeSpan } from '../../wire/encode-traces.ts'
import type { ProtobufWriter } from '../../wire/protobuf-writer.ts'
import type { Redactor } from '../../wire/redaction/redactor.ts'
import { batchLimit } from '../queue/concurrency.ts'
import type { Pipeline } from '../queue/signal-queue.ts'
import type { BatchOptions, FlushOptions } from '../types.ts'
import { BATCH_LIMIT_BYTES, createBatcher, type Originated } from './batcher.ts'
import type { IntakeHost } from './host.ts'

/** The default of `maxExportBatchSize`. */
const STANDARD_BATCH_SIZE = 1000

export function createSpanProcessor(host: IntakeHost, pipeline: Pipeline): SpanProcessor {
  const add = createIntake<ReadableSpan>(host, pipeline, host.options.spanBatch, encodeSpan)
  return {
    onStart() {},
    onEnd(span) {
      if (isSampled(span)) add.item(span)
    },
    // the interface knows no options; a provider that has a deadline of its caller hands it over all the same
    forceFlush: (options?: FlushOptions) =>
      host.flush([pipeline], options?.timeoutMillis ?? host.options.spanBatch.exportTimeoutMillis),
    shutdown: () => add.close(),
  }
}

export function createLogRecordProcessor(host: IntakeHost, pipeline: Pipeline): LogRecordProcessor {
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
  host: IntakeHost,
  pipeline: Pipeline,
  batch: BatchOptions,
  encode: (writer: ProtobufWriter, item: Item, redactor: Redactor) => void,
): Intake<Item> {
  const { handOver, redactor } = host
  const encodeRedacted = (writer: ProtobufWriter, item: Item): void => encode(writer, item, redactor)
  const { bufferLimitBytes, resource } = host.options
  const chosen = Math.max(1, batch.maxExportBatchSize)
  const batcher = createBatcher<Item>({
    encode,
    redactor: host.redactor,
    maxCount: () =>
      Math.min(batchLimit(chosen, STANDARD_BATCH_SIZE, pipeline.isBehind), Math.max(1, batch.maxQueueSize)),
    maxBytes: Math.min(BATCH_LIMIT_BYTES, bufferLimitBytes / 4),
    delayMillis: batch.scheduledDelayMillis,
    resource,
    runUntraced: host.runUntraced,
    onBatch(request, count) {
      host.onUnsent()
      pipeline.accept(request, count)
    },
    onOpen: host.onUnsent,
    onLost: (count) => pipeline.drop(count, 'unreadable'),
  })
  pipeline.open = batcher
  pipeline.takeEncoded = (origin, bytes) => {
    pipeline.created++
    if (pipeline.isClosed) pipeline.drop(1, 'after_shutdown')
    else batcher.add(origin as Item, (writer) => writer.raw(bytes))
  }
  let ending: Promise<void> | undefined
  return {
    item(item) {
      pipeline.created++
      if (pipeline.isClosed) {
        pipeline.drop(1, 'after_shutdown')
        return
      }
      try {
        if (!handOver?.takes(pipeline.signal)) batcher.add(item)
        else if (handOver.item(pipeline.signal, item, encodeRedacted)) pipeline.handOver(1)
        else pipeline.drop(1, 'buffer_full')
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
