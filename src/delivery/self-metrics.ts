/**
 * Metrics of delivery itself, by the semantic conventions. All but the duration are read from the counts when metrics are collected. There are
 * none while there was nothing to deliver: a program that makes no telemetry ends without a connection.
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
 */
import type { Attributes, BatchObservableResult, Histogram, Meter, MeterProvider, Observable } from '@opentelemetry/api'
import type { Signal } from '../config/destination.ts'
import { VERSION } from '../version.ts'
import type { AttemptObserver, DestinationQueue } from './queue/destination-queue.ts'
import type { Pipeline } from './queue/signal-queue.ts'

const NAMES: Record<Signal, string> = { traces: 'span', logs: 'log', metrics: 'metric_data_point' }
const UNITS: Record<Signal, string> = { traces: '{span}', logs: '{log_record}', metrics: '{data_point}' }

export interface SelfMetrics extends AttemptObserver {
  /** Registers the instruments. Before, durations are not recorded; counts are never lost. */
  attach(provider: MeterProvider): void
}

export function createSelfMetrics(pipelines: () => readonly Pipeline[]): SelfMetrics {
  let duration: Histogram | undefined
  return {
    attempted(queue, millis, errorType) {
      duration?.record(millis / 1000, { ...queueAttributes(queue), ...(errorType && { 'error.type': errorType }) })
    },
    attach(provider) {
      const meter = provider.getMeter('uptrace-node', VERSION)
      duration = meter.createHistogram('otel.sdk.exporter.operation.duration', {
        unit: 's',
        description: 'The duration of one attempt to export a batch.',
      })
      const isUsed = (): boolean => pipelines().some(({ created }) => created > 0)
      for (const pipeline of pipelines()) observePipeline(meter, pipeline, isUsed)
    },
  }
}

function observePipeline(meter: Meter, pipeline: Pipeline, isUsed: () => boolean): void {
  const { signal, queues } = pipeline
  const unit = UNITS[signal]
  const exporter = `otel.sdk.exporter.${NAMES[signal]}`
  const exported = meter.createObservableCounter(`${exporter}.exported`, {
    unit,
    description: 'Items whose export has finished, successful or not.',
  })
  const inflight = meter.createObservableUpDownCounter(`${exporter}.inflight`, {
    unit,
    description: 'Items passed to the exporter whose export has not finished.',
  })
  const observables: Observable[] = [exported, inflight]
  const observeQueues = (result: BatchObservableResult): void => {
    if (!isUsed()) return
    for (const queue of queues) {
      const attributes = queueAttributes(queue)
      result.observe(exported, queue.delivered, attributes)
      result.observe(inflight, queue.queued, attributes)
      for (const [reason, count] of Object.entries(queue.dropped))
        result.observe(exported, count, { ...attributes, 'error.type': reason })
    }
  }
  meter.addBatchObservableCallback(observeQueues, observables)
  // metric data points have no processor
  if (signal !== 'metrics') observeProcessor(meter, pipeline, isUsed)
}

function observeProcessor(meter: Meter, pipeline: Pipeline, isUsed: () => boolean): void {
  const unit = UNITS[pipeline.signal]
  const prefix = `otel.sdk.processor.${NAMES[pipeline.signal]}`
  const type = `uptrace_${NAMES[pipeline.signal]}_processor`
  const attributes = { 'otel.component.type': type, 'otel.component.name': `${type}/0` }
  const size = meter.createObservableUpDownCounter(`${prefix}.queue.size`, {
    unit,
    description: 'Items in the open batch.',
  })
  const processed = meter.createObservableCounter(`${prefix}.processed`, {
    unit,
    description: 'Items whose processing has finished, successful or not.',
  })
  meter.addBatchObservableCallback(
    (result) => {
      if (!isUsed()) return
      const open = pipeline.open?.count ?? 0
      const { unreadable = 0, after_shutdown = 0 } = pipeline.lost
      result.observe(size, open, attributes)
      result.observe(processed, pipeline.created - open - unreadable - after_shutdown, attributes)
      if (unreadable > 0) result.observe(processed, unreadable, { ...attributes, 'error.type': 'unreadable' })
      if (after_shutdown > 0)
        result.observe(processed, after_shutdown, { ...attributes, 'error.type': 'after_shutdown' })
    },
    [size, processed],
  )
}

const known = new WeakMap<DestinationQueue, Attributes>()

function queueAttributes(queue: DestinationQueue): Attributes {
  const cached = known.get(queue)
  if (cached) return cached
  const { signal, url, protocol } = queue.destination
  const { hostname, port, protocol: scheme } = new URL(url)
  const kind = protocol === 'grpc' ? 'otlp_grpc' : protocol === 'http/json' ? 'otlp_http_json' : 'otlp_http'
  const type = `${kind}_${NAMES[signal]}_exporter`
  const attributes = {
    'otel.component.type': type,
    'otel.component.name': `${type}/${queue.index}`,
    'server.address': hostname,
    'server.port': Number(port) || (scheme === 'https:' ? 443 : 80),
  }
  known.set(queue, attributes)
  return attributes
}
