/** Composes delivery: one pipeline a signal, one lane a destination, one budget for all. */
import type { MeterProvider } from '@opentelemetry/api'
import { type Destination, SIGNALS, type Signal } from '../config/destination.ts'
import { createBudget } from './batch.ts'
import { availableEncoding } from './compress.ts'
import { createDetached } from './detached.ts'
import { Lane, type LaneObserver } from './lane.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { createLogRecordProcessor, createMetricExporter, createSpanProcessor, type SeamHost } from './seams.ts'
import { createSender } from './sender.ts'
import type { Delivery, DeliveryHealth, DeliveryOptions } from './types.ts'

const DEFAULT_FLUSH_MILLIS = 30_000

/**
 * Takes spans, log records and metrics from the SDKs and brings them to their destinations: batched, compressed, buffered, retried, counted.
 * Does no I/O before the first batch is closed.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const detached = createDetached()
  const reporters = new Map<string, Reporter>()
  const budget = createBudget(options.bufferLimitBytes, () => allLanes)
  const observer: LaneObserver = { attempted() {}, finished() {} }
  const pipelines = new Map<Signal, Pipeline>()
  for (const signal of SIGNALS) {
    const destinations = options.destinations.filter((destination) => destination.signal === signal)
    if (destinations.length > 0)
      pipelines.set(signal, createPipeline(signal, destinations.map(createLane), budget, detached))
  }
  const allPipelines = [...pipelines.values()]
  const allLanes = allPipelines.flatMap(({ lanes }) => lanes)
  let meterProvider: (MeterProvider & { forceFlush?(): Promise<void> }) | undefined
  let closingSince: number | undefined
  let ending: Promise<void> | undefined

  const host: SeamHost = { options, detached, flush, closing }
  const traces = pipelines.get('traces')
  const logs = pipelines.get('logs')
  const metrics = pipelines.get('metrics')
  return {
    spanProcessor: traces && createSpanProcessor(host, traces),
    logRecordProcessor: logs && createLogRecordProcessor(host, logs),
    metricExporter: metrics && createMetricExporter(host, metrics),
    setMeterProvider(provider) {
      meterProvider = provider
    },
    forceFlush: ({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) => flush(allPipelines, timeoutMillis),
    shutdown({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) {
      ending ??= shutdown(timeoutMillis)
      return ending
    },
    health,
  }

  function createLane(destination: Destination): Lane {
    const reporter = reporters.get(destination.label) ?? createReporter(destination.label)
    reporters.set(destination.label, reporter)
    const encoding = availableEncoding(destination.compression)
    return new Lane({
      destination,
      encoding,
      sender: createSender(destination),
      budget,
      reporter,
      detached,
      observer,
      spool: undefined,
    })
  }

  /** Waits until everything created so far is settled. The timer holds the process, as sockets and other timers of delivery do not. */
  async function flush(these: readonly Pipeline[], timeoutMillis: number): Promise<void> {
    for (const pipeline of these) pipeline.open?.flush()
    const batches = these.flatMap((pipeline) => [...pipeline.outstanding])
    if (batches.length === 0) return
    const settled = Promise.all(batches.map((batch) => batch.whenSettled()))
    for (const { lanes } of these) for (const lane of lanes) lane.hurry()
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMillis > 0 ? Math.min(timeoutMillis, 0x7fffffff) : 0x7fffffff)
    })
    await Promise.race([settled, deadline])
    clearTimeout(timer)
  }

  /** The provider of one signal shuts down. Its wait is short: delivery itself goes on until `shutdown`, or the end of the process. */
  function closing(pipeline: Pipeline): Promise<void> {
    closingSince ??= performance.now()
    const { exportTimeoutMillis } = pipeline.signal === 'logs' ? options.logBatch : options.spanBatch
    return flush(
      [pipeline],
      Math.min(exportTimeoutMillis || Number.POSITIVE_INFINITY, Math.max(options.exitTimeoutMillis, 1)),
    )
  }

  async function shutdown(timeoutMillis: number): Promise<void> {
    const elapsed = closingSince === undefined ? 0 : performance.now() - closingSince
    await flush(allPipelines, Math.max(1, timeoutMillis - elapsed - 50))
    for (const pipeline of allPipelines) pipeline.compressNow()
    for (const lane of allLanes) lane.stop('not_in_time')
  }

  function health(): DeliveryHealth {
    const open = allPipelines.reduce((sum, pipeline) => sum + (pipeline.open?.bytes ?? 0), 0)
    return {
      signals: Object.fromEntries(allPipelines.map((pipeline) => [pipeline.signal, pipeline.health()])),
      bufferedBytes: budget.used + open,
      bufferLimitBytes: budget.limit,
      spoolSkipped: 0,
    }
  }
  void meterProvider
}
