/** Composes delivery: one pipeline a signal, one queue a destination, one budget for all. */

import type { Resource } from '@opentelemetry/resources'
import { type Destination, SIGNALS, type Signal } from '../config/destination.ts'
import { MAX_TIMER_MILLIS } from '../deadline.ts'
import { isComplete, loadLazily } from '../lazy.ts'
import { log } from '../log.ts'
import { onFirstMeasurement } from '../signals/metrics/measured.ts'
import { threads } from '../threads.ts'
import { clearTimeout, setTimeout } from '../timers.ts'
import { createMask } from '../wire/redaction/masked-copy.ts'
import { createRedactor } from '../wire/redaction/redactor.ts'
import { noteDestinations } from './current-destinations.ts'
import { createEnding, type Flushable } from './exit/last-flush.ts'
import { watchExit } from './exit/watch.ts'
import { countOutcomes, createFlusher, difference } from './flush.ts'
import type { IntakeHost } from './intake/host.ts'
import { createMetricExporter } from './intake/metric-exporter.ts'
import { createLogRecordProcessor, createSpanProcessor } from './intake/processors.ts'
import { createBudget } from './queue/budget.ts'
import { DestinationQueue } from './queue/destination-queue.ts'
import { createPipeline, type Pipeline } from './queue/signal-queue.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { createRunUntraced } from './run-untraced.ts'
import { createSelfMetrics } from './self-metrics.ts'
import { availableEncoding, createSender } from './send/create-sender.ts'
import type { Spool, SpoolOptions } from './spool/spool.ts'
import { connectToMain } from './threads/hand-over.ts'
import { handOverMetrics } from './threads/hand-over-metrics.ts'
import { takeOverFromThreads } from './threads/take-over.ts'
import type { Delivery, DeliveryHealth, DeliverySettings, FlushResult } from './types.ts'

const DEFAULT_FLUSH_MILLIS = 30_000
/** A viewer that the program itself has started listens by then, on a busy machine too. */
const VIEWER_START_MILLIS = 5_000

/**
 * Takes spans, log records and metrics from the SDKs and brings them to their destinations: batched, compressed, buffered, retried, counted.
 * Does no I/O before the first batch is closed.
 */
export function createDelivery(options: DeliverySettings): Delivery {
  noteDestinations(options.destinations)
  const runUntraced = createRunUntraced()
  const reporters = new Map<string, Reporter>()
  const budget = createBudget(options.bufferLimitBytes, () => allQueues)
  const selfMetrics = createSelfMetrics(() => allPipelines)
  const pipelines = new Map<Signal, Pipeline>()
  for (const signal of SIGNALS) {
    const destinations = options.destinations.filter((destination) => destination.signal === signal)
    if (destinations.length > 0)
      pipelines.set(signal, createPipeline(signal, destinations.map(createQueue), budget, runUntraced))
  }
  const allPipelines = [...pipelines.values()]
  const allQueues = allPipelines.flatMap(({ queues }) => queues)
  let shuttingDown: Promise<FlushResult> | undefined

  const handOver = connectToMain(options.destinations, options.bufferLimitBytes)
  // a thread that hands over has nothing to keep, and the folder belongs to the process
  const spool =
    options.spoolDirectory && !handOver
      ? loadSpool({
          directory: options.spoolDirectory,
          limitBytes: options.spoolLimitBytes,
          maxAgeMillis: options.spoolMaxAgeMillis,
          budget,
          runUntraced,
          pipelines: allPipelines,
          service: serviceName(options.resource),
        })
      : undefined
  const flusher = createFlusher({ resource: options.resource, isHopeless: () => ending.isHopeless() })
  const takeOver = threads().isMainThread
    ? takeOverFromThreads({
        options,
        runUntraced,
        pipelineOf: (signal) => pipelines.get(signal),
        // the thread that waits holds the process, as long as it is there
        async flush(timeoutMillis) {
          await flusher.flush(allPipelines, timeoutMillis, false)
        },
        onThread: () => watch.arm(),
      })
    : undefined
  const ending = createEnding({
    options,
    pipelines: allPipelines,
    spool,
    takeOver,
    async flush(timeoutMillis) {
      hush()
      await flusher.flush(allPipelines, timeoutMillis)
    },
    giveUp: flusher.giveUp,
  })
  const watch = options.exitFlush ? watchExit(ending, runUntraced) : { arm() {}, stop() {} }
  if (handOver) handOverMetrics(ending.collectAtOnce)
  else if (options.exitFlush) onFirstMeasurement(watch.arm)
  /** The time limit of the caller that is flushing providers at this moment; undefined when nobody is. */
  let callersMillis: number | undefined
  /** How many callers keep the process alive for their flushes themselves, where it is to be kept. */
  let holders = 0
  const host: IntakeHost = {
    options,
    runUntraced,
    redactor: createRedactor(options.redaction),
    async flush(these, timeoutMillis) {
      await flushEverywhere(these, Math.min(timeoutMillis || Infinity, callersMillis ?? Infinity))
    },
    closing,
    handOver,
    onUnsent: watch.arm,
    get isBlocking() {
      return ending.isBlocking
    },
  }
  const traces = pipelines.get('traces')
  const logs = pipelines.get('logs')
  const metrics = pipelines.get('metrics')
  return {
    handsOver: handOver !== undefined,
    spanProcessor: traces && createSpanProcessor(host, traces),
    logRecordProcessor: logs && createLogRecordProcessor(host, logs),
    metricExporter: metrics && createMetricExporter(host, metrics),
    mask: createMask(host.redactor),
    setMeterProvider(provider) {
      ending.meterProvider = provider
      // the main thread counts what it takes
      if (!handOver) selfMetrics.attach(provider)
    },
    setProviders(providers) {
      ending.providers = providers as readonly Flushable[]
    },
    forceFlush: ({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) => flushEverywhere(allPipelines, timeoutMillis),
    limited(timeoutMillis, run) {
      const before = callersMillis
      callersMillis = timeoutMillis
      try {
        return run()
      } finally {
        callersMillis = before
      }
    },
    letProcessEnd() {
      holders++
      return () => holders--
    },
    shutdown({ timeoutMillis = DEFAULT_FLUSH_MILLIS } = {}) {
      if (shuttingDown) return join(shuttingDown, timeoutMillis)
      shuttingDown = shutdown(timeoutMillis)
      return shuttingDown
    },
    health,
  }

  function createQueue(destination: Destination, index: number): DestinationQueue {
    const reporter =
      reporters.get(destination.label) ??
      createReporter(destination.label, runUntraced, destination.isStarting ? VIEWER_START_MILLIS : 0)
    reporters.set(destination.label, reporter)
    const encoding = availableEncoding(destination)
    return new DestinationQueue({
      destination,
      index,
      encoding,
      sender: createSender(destination),
      budget,
      reporter,
      runUntraced,
      observer: selfMetrics,
      spool: () => spool,
      onEndingProgress: () => ending.onProgress(),
    })
  }

  /** The end is reported once, with counts. */
  function hush(): void {
    for (const reporter of reporters.values()) reporter.hush()
  }

  /**
   * Flushes; in a worker thread the main thread is asked to flush what it has taken over as well. At the end of a thread nobody needs to ask:
   * those items are safe.
   */
  async function flushEverywhere(these: readonly Pipeline[], timeoutMillis: number): Promise<FlushResult> {
    takeOver?.drain()
    const isOver = handOver === undefined || ending.isFlushing || ending.isBlocking
    const holds = holders === 0
    const [result] = await Promise.all([
      flusher.flush(these, timeoutMillis, holds),
      isOver ? undefined : handOver.flush(timeoutMillis, holds),
    ])
    return result
  }

  /** The provider of one signal shuts down. Its wait is short: delivery itself goes on until `shutdown`, or the end of the process. */
  async function closing(
    pipeline: Pipeline,
    timeoutMillis = callersMillis ?? Math.max(options.exitTimeoutMillis, 1),
  ): Promise<void> {
    takeOver?.stop()
    pipeline.isClosed = true
    hush()
    const { exportTimeoutMillis } = pipeline.signal === 'logs' ? options.logBatch : options.spanBatch
    await flusher.flush([pipeline], Math.min(exportTimeoutMillis || Infinity, timeoutMillis), holders === 0)
  }

  async function shutdown(timeoutMillis: number): Promise<FlushResult> {
    const before = countOutcomes(allPipelines)
    takeOver?.stop()
    for (const pipeline of allPipelines) pipeline.isClosed = true
    hush()
    const { timedOut } = await flushEverywhere(allPipelines, timeoutMillis)
    ending.conclude('no answer yet')
    watch.stop()
    onFirstMeasurement(undefined)
    return { ...difference(before, countOutcomes(allPipelines)), timedOut }
  }

  /** A later caller may wait for less time than the first. */
  function join(ending: Promise<FlushResult>, timeoutMillis: number): Promise<FlushResult> {
    const before = countOutcomes(allPipelines)
    return new Promise((resolve, reject) => {
      const atDeadline = (): void => resolve({ ...difference(before, countOutcomes(allPipelines)), timedOut: true })
      const timer = setTimeout(atDeadline, Math.min(timeoutMillis, MAX_TIMER_MILLIS))
      void ending.then(resolve, reject).finally(() => clearTimeout(timer))
    })
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

/** The name of the service. `resource.attributes` would log a complaint while other attributes are still being detected. */
function serviceName(resource: Resource): string {
  const [, name] = resource.getRawAttributes().find(([key]) => key === 'service.name') ?? []
  return typeof name === 'string' ? name : ''
}
