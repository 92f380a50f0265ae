/** Composes delivery: one pipeline a signal, one lane a destination, one budget for all. */
import type { Resource } from '@opentelemetry/resources'
import { type Destination, SIGNALS, type Signal } from '../config/destination.ts'
import { isComplete, loadLazily } from '../lazy.ts'
import { log } from '../log.ts'
import { noteDestinations } from './current-destinations.ts'
import { createEnding } from './exit/last-flush.ts'
import { watchExit } from './exit/watch.ts'
import {
  createLogRecordProcessor,
  createMetricExporter,
  createSpanProcessor,
  type SeamHost,
} from './intake/processors.ts'
import { createBudget } from './queue/batch.ts'
import { availableEncoding } from './queue/compress.ts'
import { Lane } from './queue/destination-queue.ts'
import { createPipeline, type Pipeline } from './queue/signal-queue.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { createDetached } from './run-untraced.ts'
import { createSelfMetrics } from './self-metrics.ts'
import { createSender } from './send/create-sender.ts'
import type { Spool, SpoolOptions } from './spool/spool.ts'
import type { Delivery, DeliveryHealth, DeliveryOptions } from './types.ts'

/** The first requests wait this long for attributes of the resource that are still being detected. */
const RESOURCE_WAIT_MILLIS = 100
const DEFAULT_FLUSH_MILLIS = 30_000
const MAX_TIMER_MILLIS = 0x7fffffff

/**
 * Takes spans, log records and metrics from the SDKs and brings them to their destinations: batched, compressed, buffered, retried, counted.
 * Does no I/O before the first batch is closed.
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  noteDestinations(options.destinations)
  const detached = createDetached()
  const startedAt = performance.now()
  const reporters = new Map<string, Reporter>()
  const budget = createBudget(options.bufferLimitBytes, () => allLanes)
  const selfMetrics = createSelfMetrics(() => allPipelines)
  const pipelines = new Map<Signal, Pipeline>()
  for (const signal of SIGNALS) {
    const destinations = options.destinations.filter((destination) => destination.signal === signal)
    if (destinations.length > 0)
      pipelines.set(signal, createPipeline(signal, destinations.map(createLane), budget, detached))
  }
  const allPipelines = [...pipelines.values()]
  const allLanes = allPipelines.flatMap(({ lanes }) => lanes)
  let closingSince: number | undefined
  let shuttingDown: Promise<void> | undefined

  const spool = options.spoolDirectory
    ? loadSpool({
        directory: options.spoolDirectory,
        limitBytes: options.spoolLimitBytes,
        maxAgeMillis: options.spoolMaxAgeMillis,
        budget,
        detached,
        pipelines: allPipelines,
        service: serviceName(options.resource),
      })
    : undefined
  const flushes = new Set<() => void>()
  const ending = createEnding({
    options,
    pipelines: allPipelines,
    spool,
    flush(timeoutMillis) {
      hush()
      return flush(allPipelines, timeoutMillis)
    },
    giveUp: () => {
      for (const stop of flushes) stop()
    },
  })
  const unwatch = options.exitFlush ? watchExit(ending) : () => {}
  const host: SeamHost = { options, detached, flush, closing }
  const traces = pipelines.get('traces')
  const logs = pipelines.get('logs')
  const metrics = pipelines.get('metrics')
  return {
    spanProcessor: traces && createSpanProcessor(host, traces),
    logRecordProcessor: logs && createLogRecordProcessor(host, logs),
    metricExporter: metrics && createMetricExporter(host, metrics),
    setMeterProvider(provider) {
      ending.meterProvider = provider
      selfMetrics.attach(provider)
    },
    forceFlush: ({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) => flush(allPipelines, timeoutMillis),
    shutdown({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) {
      shuttingDown ??= shutdown(timeoutMillis)
      return shuttingDown
    },
    health,
  }

  function createLane(destination: Destination, index: number): Lane {
    const reporter = reporters.get(destination.label) ?? createReporter(destination.label)
    reporters.set(destination.label, reporter)
    const encoding = availableEncoding(destination.compression)
    return new Lane({
      destination,
      index,
      encoding,
      sender: createSender(destination),
      budget,
      reporter,
      detached,
      observer: selfMetrics,
      spool: () => spool,
      onEndingProgress: () => ending.onProgress(),
    })
  }

  /** The end is reported once, with counts. */
  function hush(): void {
    for (const reporter of reporters.values()) reporter.hush()
  }

  /** Waits until everything created so far is settled. The timer holds the process, as sockets and other timers of delivery do not. */
  async function flush(these: readonly Pipeline[], timeoutMillis: number): Promise<void> {
    const isSettling =
      options.resource.asyncAttributesPending === true && performance.now() - startedAt < RESOURCE_WAIT_MILLIS
    if (isSettling) await settleResource(options.resource)
    for (const pipeline of these) pipeline.open?.flush()
    const batches = these.flatMap((pipeline) => [...pipeline.outstanding])
    if (batches.length === 0) return
    const settled = Promise.all(batches.map((batch) => batch.whenSettled()))
    for (const { lanes } of these) for (const lane of lanes) lane.hurry()
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        flushes.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeoutMillis > 0 ? Math.min(timeoutMillis, MAX_TIMER_MILLIS) : MAX_TIMER_MILLIS)
      flushes.add(done)
      void settled.then(done)
      if (ending.isHopeless()) done()
    })
  }

  /** The provider of one signal shuts down. Its wait is short: delivery itself goes on until `shutdown`, or the end of the process. */
  function closing(pipeline: Pipeline): Promise<void> {
    closingSince ??= performance.now()
    pipeline.isClosed = true
    hush()
    const { exportTimeoutMillis } = pipeline.signal === 'logs' ? options.logBatch : options.spanBatch
    return flush(
      [pipeline],
      Math.min(exportTimeoutMillis || Number.POSITIVE_INFINITY, Math.max(options.exitTimeoutMillis, 1)),
    )
  }

  async function shutdown(timeoutMillis: number): Promise<void> {
    const elapsed = closingSince === undefined ? 0 : performance.now() - closingSince
    for (const pipeline of allPipelines) pipeline.isClosed = true
    hush()
    await flush(allPipelines, Math.max(1, timeoutMillis - elapsed - 50))
    ending.conclude()
    unwatch()
  }

  function health(): DeliveryHealth {
    const open = allPipelines.reduce((sum, pipeline) => sum + (pipeline.open?.bytes ?? 0), 0)
    return {
      signals: Object.fromEntries(allPipelines.map((pipeline) => [pipeline.signal, pipeline.health()])),
      bufferedBytes: budget.used + open,
      bufferLimitBytes: budget.limit,
      spoolSkipped: spool?.skipped ?? 0,
    }
  }
}

function loadSpool(options: SpoolOptions): Spool | undefined {
  if (isComplete()) return loadLazily<typeof import('./spool/spool.ts')>('spool').createSpool(options)
  log.warn('the spool directory is not used: the package is bundled without its files; leave uptrace-node external')
  return undefined
}

/** Not `attributes`, which complains while others are still being detected. */
function serviceName(resource: Resource): string {
  const [, name] = resource.getRawAttributes().find(([key]) => key === 'service.name') ?? []
  return typeof name === 'string' ? name : ''
}

function settleResource(resource: Resource): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RESOURCE_WAIT_MILLIS)
    void resource.waitForAsyncAttributes?.().finally(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
