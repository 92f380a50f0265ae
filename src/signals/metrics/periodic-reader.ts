/**
 * Collects metrics at an interval and hands them to an exporter. In place of the SDK's reader, whose timers hold the process and which waits for
 * the slowest callback as long as for an export.
 */

import { context } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, suppressTracing } from '@opentelemetry/core'
import {
  type CollectionResult,
  type MetricProducer,
  MetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import { MAX_TIMER_MILLIS, settlesWithin } from '../../deadline.ts'
import { messageOf } from '../../errors.ts'
import { kindOf, log, logThrottled } from '../../log.ts'
import { clearInterval, performance, setInterval } from '../../timers.ts'
import type { CallbackLimit } from './guard-callbacks.ts'

export interface PeriodicReaderOptions {
  readonly exporter: PushMetricExporter
  readonly intervalMillis: number
  /** The time limit of one export. */
  readonly timeoutMillis: number
  readonly metricProducers: MetricProducer[]
  /** What callbacks are held to; shared with the instruments of the provider. */
  readonly limit: CallbackLimit
  /** Called before each collection. */
  readonly beforeCollect: () => void
}

/** The exporter of delivery takes the limit, others do not look at it. */
type Limited = (limit: { timeoutMillis: number }) => Promise<void>

/** Callbacks, and attributes of the resource that are being detected, are waited for so long at most. */
const MAX_WAIT_MILLIS = 1_000

export function createPeriodicReader(options: PeriodicReaderOptions): MetricReader {
  return new PeriodicReader(options)
}

class PeriodicReader extends MetricReader {
  /** The SDK's own reader has it under this name: at the end of a process it is looked for in either. */
  readonly _exporter: PushMetricExporter
  private readonly options: PeriodicReaderOptions
  private timer: NodeJS.Timeout | undefined
  private ongoing: Promise<void> | undefined
  private isEnding = false
  private endsAt = 0

  constructor(options: PeriodicReaderOptions) {
    const { exporter } = options
    super({
      ...(exporter.selectAggregation && { aggregationSelector: exporter.selectAggregation.bind(exporter) }),
      ...(exporter.selectAggregationTemporality && {
        aggregationTemporalitySelector: exporter.selectAggregationTemporality.bind(exporter),
      }),
      metricProducers: options.metricProducers,
    })
    this.options = options
    this._exporter = exporter
  }

  protected override onInitialized(): void {
    const { intervalMillis, timeoutMillis } = this.options
    const tick = (): void => {
      if (!this.ongoing) void this.runOnce(timeoutMillis)
    }
    this.timer = setInterval(tick, Math.min(intervalMillis, MAX_TIMER_MILLIS)).unref()
  }

  override collect(options?: Parameters<MetricReader['collect']>[0]): Promise<CollectionResult> {
    this.options.beforeCollect()
    return super.collect(options)
  }

  override async forceFlush(options?: { timeoutMillis?: number }): Promise<void> {
    if (!this.isEnding) await this.flush(options?.timeoutMillis)
  }

  override async shutdown(options?: { timeoutMillis?: number }): Promise<void> {
    if (this.isEnding) return
    this.isEnding = true
    clearInterval(this.timer)
    const { timeoutMillis = this.options.timeoutMillis } = options ?? {}
    this.endsAt = performance.now() + timeoutMillis
    await this.flush(timeoutMillis)
    await super.shutdown()
  }

  protected override onForceFlush(): Promise<void> {
    return this.flush()
  }

  protected override async onShutdown(): Promise<void> {
    const { exporter } = this.options
    const left = Math.max(0, this.endsAt - performance.now())
    await settlesWithin((exporter.shutdown as Limited).call(exporter, { timeoutMillis: left }), left)
  }

  private async flush(timeoutMillis = this.options.timeoutMillis): Promise<void> {
    const deadline = performance.now() + timeoutMillis
    const left = (): number => Math.max(0, deadline - performance.now())
    // begun before anything is awaited: a caller may not wait at all
    const before = this.ongoing
    const run = before && timeoutMillis > 0 ? before.then(() => this.runOnce(left())) : this.runOnce(timeoutMillis)
    if (!(await settlesWithin(run, timeoutMillis))) return
    const { exporter } = this.options
    await settlesWithin((exporter.forceFlush as Limited).call(exporter, { timeoutMillis: left() }), left())
  }

  /** Never rejects. */
  private runOnce(timeoutMillis: number): Promise<void> {
    const run = this.collectAndExport(timeoutMillis).catch((error: unknown) => warn('could not be exported', error))
    this.ongoing = run
    return run.finally(() => {
      if (this.ongoing === run) this.ongoing = undefined
    })
  }

  private async collectAndExport(timeoutMillis: number): Promise<void> {
    const { exporter, limit, intervalMillis } = this.options
    // a caller that does not wait takes nothing from the callbacks
    const waitMillis = Math.min(MAX_WAIT_MILLIS, intervalMillis / 4, (timeoutMillis || this.options.timeoutMillis) / 2)
    const usual = limit.millis
    limit.millis = waitMillis
    // the callbacks have been called when this returns
    const collecting = this.collect()
    limit.millis = usual
    const { resourceMetrics, errors } = await collecting
    for (const error of errors) warn('were collected only in part', error)
    const { resource, scopeMetrics } = resourceMetrics
    if (resource.asyncAttributesPending && resource.waitForAsyncAttributes)
      await settlesWithin(resource.waitForAsyncAttributes(), waitMillis)
    if (scopeMetrics.length === 0) return
    const result = exportUntraced(exporter, resourceMetrics)
    if (!(await settlesWithin(result, this.options.timeoutMillis))) log.warn('metrics were not exported in time')
    else if ((await result).code !== ExportResultCode.SUCCESS) warn('could not be exported', (await result).error)
  }
}

function exportUntraced(exporter: PushMetricExporter, metrics: ResourceMetrics): Promise<ExportResult> {
  return new Promise((resolve) => {
    context.with(suppressTracing(context.active()), () => exporter.export(metrics, resolve))
  })
}

function warn(what: string, error: unknown): void {
  const reason = messageOf(error)
  logThrottled('warn', `metrics:${what}:${kindOf(reason)}`, `metrics ${what}: ${reason}`)
}
