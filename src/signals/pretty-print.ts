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
  return toLines([
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
  ])
}

function formatLog(record: ReadableLogRecord, mask: MaskValue): string {
  const body = mask('body', record.body)
  const ids = record.spanContext ? ` trace_id=${record.spanContext.traceId} span_id=${record.spanContext.spanId}` : ''
  const [first = '', ...more] = (typeof body === 'string' ? body : toText(body)).split(/\r?\n/)
  return toLines([
    `log ${record.severityText ?? record.severityNumber ?? ''} ${first}${ids}`,
    ...more.map((line) => `  ${line}`),
    ...formatAttributes(record.attributes, mask),
  ])
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
  return toLines(lines)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal would obey
const CONTROL = /[\0-\x1f\x7f-\x9f]/g

/** Names and texts may come from whoever sends requests: they neither steer the terminal nor begin a line of their own. */
function toLines(lines: readonly string[]): string {
  const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  return lines.map((line) => line.replace(CONTROL, escaped)).join('\n')
}

function formatAttributes(attributes: Record<string, unknown>, mask: MaskValue, system?: unknown): string[] {
  return Object.entries(attributes).map(([key, value]) => `  ${key}=${toText(mask(key, value, system))}`)
}

/** JSON knows no BigInt, and no numbers that are none; of nothing it makes no text. */
function toText(value: unknown): string {
  const keep = (_: string, inner: unknown): unknown =>
    typeof inner === 'bigint' || (typeof inner === 'number' && !Number.isFinite(inner)) ? String(inner) : inner
  return JSON.stringify(value, keep) ?? ''
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
