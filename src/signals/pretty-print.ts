/** Prints telemetry on stdout, one readable block an item, for a first look without a back end. Secrets are masked as in what is sent. */
import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { type ExportResult, ExportResultCode, hrTimeToMilliseconds } from '@opentelemetry/core'
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs'
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'
import type { MaskValue } from '../config/redaction-options.ts'

type Done = (result: ExportResult) => void

const AS_IT_IS: MaskValue = (_, value) => value

export function createPrettySpanExporter(mask: MaskValue = AS_IT_IS): SpanExporter {
  return {
    ...LIFECYCLE,
    export: (spans: ReadableSpan[], done: Done) =>
      finish(done, () => print(spans.map((span) => formatSpan(span, mask)).join('\n'))),
  }
}

export function createPrettyLogExporter(mask: MaskValue = AS_IT_IS): LogRecordExporter {
  return {
    ...LIFECYCLE,
    export: (records: ReadableLogRecord[], done: Done) =>
      finish(done, () => print(records.map((record) => formatLog(record, mask)).join('\n'))),
  }
}

export function createPrettyMetricExporter(mask: MaskValue = AS_IT_IS): PushMetricExporter {
  return {
    ...LIFECYCLE,
    selectAggregationTemporality: () => AggregationTemporality.DELTA,
    export: (metrics: ResourceMetrics, done: Done) => finish(done, () => print(formatMetrics(metrics, mask))),
  }
}

const LIFECYCLE = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }

function formatSpan(span: ReadableSpan, mask: MaskValue): string {
  const { traceId, spanId } = span.spanContext()
  const system = span.attributes['db.system.name'] ?? span.attributes['db.system']
  const status =
    span.status.code === SpanStatusCode.UNSET
      ? ''
      : ` ${SpanStatusCode[span.status.code]}${span.status.message ? ` (${mask('status.message', span.status.message, system)})` : ''}`
  return [
    `span ${mask('span.name', span.name, system)} [${SpanKind[span.kind].toLowerCase()}] ${millis(span.duration)}${status}`,
    `  trace_id=${traceId} span_id=${spanId} parent=${span.parentSpanContext?.spanId ?? '-'} scope=${span.instrumentationScope.name}`,
    ...formatAttributes(span.attributes, mask, system),
    ...span.events.map(
      (event) => `  event ${mask('event.name', event.name)} ${toText(mask('', event.attributes ?? {}, system))}`,
    ),
    ...span.links.map(
      ({ context, attributes = {} }) =>
        `  link trace_id=${context.traceId} span_id=${context.spanId} ${toText(mask('', attributes))}`,
    ),
  ].join('\n')
}

function formatLog(record: ReadableLogRecord, mask: MaskValue): string {
  const body = mask('body', record.body)
  const ids = record.spanContext ? ` trace_id=${record.spanContext.traceId} span_id=${record.spanContext.spanId}` : ''
  return [
    `log ${record.severityText ?? record.severityNumber ?? ''} ${typeof body === 'string' ? body : toText(body)}${ids}`,
    ...formatAttributes(record.attributes, mask),
  ].join('\n')
}

function formatMetrics({ scopeMetrics }: ResourceMetrics, mask: MaskValue): string {
  const lines = scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(
        (point) =>
          `metric ${descriptor.name}${descriptor.unit ? ` (${descriptor.unit})` : ''} ${toText(point.value)} ${toText(mask('', point.attributes))}`,
      ),
    ),
  )
  return lines.join('\n')
}

function formatAttributes(attributes: Record<string, unknown>, mask: MaskValue, system?: unknown): string[] {
  return Object.entries(attributes).map(([key, value]) => `  ${key}=${toText(mask(key, value, system))}`)
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
