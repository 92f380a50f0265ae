/** Prints telemetry on stdout, one readable block an item, for a first look without a back end. */
import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, hrTimeToMilliseconds } from '@opentelemetry/core'
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

type Done = (result: ExportResult) => void

export function createPrettySpanExporter(): SpanExporter {
  return {
    ...LIFECYCLE,
    export: (spans: ReadableSpan[], done: Done) => finish(done, () => print(spans.map(formatSpan).join('\n'))),
  }
}

export function createPrettyLogExporter(): LogRecordExporter {
  return {
    ...LIFECYCLE,
    export: (records: ReadableLogRecord[], done: Done) => finish(done, () => print(records.map(formatLog).join('\n'))),
  }
}

export function createPrettyMetricExporter(): PushMetricExporter {
  return {
    ...LIFECYCLE,
    selectAggregationTemporality: () => AggregationTemporality.DELTA,
    export: (metrics: ResourceMetrics, done: Done) => finish(done, () => print(formatMetrics(metrics))),
  }
}

const LIFECYCLE = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }

function formatSpan(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext()
  const status =
    span.status.code === SpanStatusCode.UNSET
      ? ''
      : ` ${SpanStatusCode[span.status.code]}${span.status.message ? ` (${span.status.message})` : ''}`
  return [
    `span ${span.name} [${SpanKind[span.kind].toLowerCase()}] ${millis(span.duration)}${status}`,
    `  trace_id=${traceId} span_id=${spanId} parent=${span.parentSpanContext?.spanId ?? '-'} scope=${span.instrumentationScope.name}`,
    ...formatAttributes(span.attributes),
    ...span.events.map((event) => `  event ${event.name} ${toText(event.attributes ?? {})}`),
    ...span.links.map(
      ({ context, attributes = {} }) =>
        `  link trace_id=${context.traceId} span_id=${context.spanId} ${toText(attributes)}`,
    ),
  ].join('\n')
}

function formatLog(record: ReadableLogRecord): string {
  const ids = record.spanContext ? ` trace_id=${record.spanContext.traceId} span_id=${record.spanContext.spanId}` : ''
  return [
    `log ${record.severityText ?? record.severityNumber ?? ''} ${typeof record.body === 'string' ? record.body : toText(record.body)}${ids}`,
    ...formatAttributes(record.attributes),
  ].join('\n')
}

function formatMetrics({ scopeMetrics }: ResourceMetrics): string {
  const lines = scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(
        (point) =>
          `metric ${descriptor.name}${descriptor.unit ? ` (${descriptor.unit})` : ''} ${toText(point.value)} ${toText(point.attributes)}`,
      ),
    ),
  )
  return lines.join('\n')
}

function formatAttributes(attributes: Record<string, unknown>): string[] {
  return Object.entries(attributes).map(([key, value]) => `  ${key}=${toText(value)}`)
}

/** JSON knows no BigInt. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner))
}

function millis(time: HrTime): string {
  return `${hrTimeToMilliseconds(time).toFixed(2)}ms`
}

function finish(done: Done, run: () => void): void {
  try {
    run()
    done({ code: ExportResultCode.SUCCESS })
  } catch (error) {
    done({ code: ExportResultCode.FAILED, error: error as Error })
  }
}

function print(text: string): void {
  if (text) process.stdout.write(`${text}\n`)
}
