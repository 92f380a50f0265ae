/** Builds a delivery with a tracer, a logger and a meter on it, for tests. */
import type { Resource } from '@opentelemetry/resources'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import type { Destination } from '../../src/config/destination.ts'
import { createDelivery, type DeliveryHealth, type DeliverySettings } from '../../src/delivery/index.ts'

export const BATCH = {
  maxQueueSize: 16_384,
  maxExportBatchSize: 1000,
  scheduledDelayMillis: 200,
  exportTimeoutMillis: 30_000,
}

export function deliveryOptions(
  destinations: readonly Destination[],
  overrides: Partial<DeliverySettings> = {},
): DeliverySettings {
  return {
    destinations,
    spanBatch: BATCH,
    logBatch: BATCH,
    bufferLimitBytes: 16 * 1024 * 1024,
    exitFlush: false,
    exitTimeoutMillis: 2000,
    captureUncaught: false,
    spoolDirectory: undefined,
    spoolLimitBytes: 64 * 1024 * 1024,
    spoolMaxAgeMillis: 86_400_000,
    temporalityPreference: 'delta',
    histogramAggregation: 'explicit_bucket_histogram',
    resource: resourceFromAttributes({ 'service.name': 'test' }),
    ...overrides,
  }
}

/** A delivery with providers. */
export function startDelivery(destinations: readonly Destination[], overrides: Partial<DeliverySettings> = {}) {
  const options = deliveryOptions(destinations, overrides)
  const delivery = createDelivery(options)
  const resource: Resource = options.resource
  const { spanProcessor, logRecordProcessor, metricExporter } = delivery
  const tracerProvider = new TracerProvider({ resource, spanProcessors: spanProcessor ? [spanProcessor] : [] })
  const loggerProvider = new LoggerProvider({ resource, processors: logRecordProcessor ? [logRecordProcessor] : [] })
  const reader =
    metricExporter && new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 3_600_000 })
  const meterProvider = new MeterProvider({ resource, readers: reader ? [reader] : [] })
  const tracer = tracerProvider.getTracer('test', '1.0.0')
  const logger = loggerProvider.getLogger('test')
  const meter = meterProvider.getMeter('test')
  const createSpans = (count: number, name = 'span'): void => {
    for (let index = 0; index < count; index++)
      tracer.startSpan(`${name} ${index}`, { attributes: { index, 'http.route': '/users/:id' } }).end()
  }
  return { delivery, tracerProvider, loggerProvider, meterProvider, tracer, logger, meter, createSpans }
}

/** Throws unless every destination's counts add up. @returns the counts of traces */
export function assertBalanced(health: DeliveryHealth): {
  created: number
  delivered: number
  dropped: number
  queued: number
} {
  for (const [signal, counts] of Object.entries(health.signals)) {
    for (const { label, delivered, dropped, queued } of counts.destinations) {
      const sum = delivered + queued + totalOf(dropped)
      if (sum !== counts.created) {
        throw new Error(
          `${signal} to ${label}: created ${counts.created}, but delivered ${delivered}, queued ${queued}, dropped ${JSON.stringify(dropped)}`,
        )
      }
    }
  }
  const traces = health.signals.traces
  return {
    created: traces?.created ?? 0,
    delivered: traces?.delivered ?? 0,
    dropped: totalOf(traces?.dropped ?? {}),
    queued: traces?.queued ?? 0,
  }
}

export const totalOf = (dropped: object): number =>
  Object.values(dropped).reduce((sum: number, count: number) => sum + count, 0)

export const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/** Waits until `holds`, at most `millis`. */
export async function until(holds: () => boolean, millis = 10_000): Promise<void> {
  const end = performance.now() + millis
  while (!holds()) {
    if (performance.now() > end) throw new Error(`still not so after ${millis} ms: ${holds}`)
    await sleep(10)
  }
}
