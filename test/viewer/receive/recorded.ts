/** Telemetry as the SDK hands it to exporters, for OpenTelemetry's own serializers. */
import { SeverityNumber } from '@opentelemetry/api-logs'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
import { AggregationTemporality, DataPointType, InstrumentType, type ResourceMetrics } from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'

const resource = resourceFromAttributes({ 'service.name': 'recorded' })

export function recordedSpans(count: number): ReadableSpan[] {
  const exporter = new InMemorySpanExporter()
  const tracer = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer(
    't',
  )
  for (let n = 0; n < count; n++) tracer.startSpan(`span ${n}`, { attributes: { n } }).end()
  return exporter.getFinishedSpans()
}

export function recordedLogs(count: number): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter()
  const logger = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter })] }).getLogger(
    'l',
  )
  for (let n = 0; n < count; n++) logger.emit({ severityNumber: SeverityNumber.INFO, body: `line ${n}` })
  return exporter.getFinishedLogRecords()
}

export function recordedMetrics(count: number): ResourceMetrics {
  const now = [Math.floor(Date.now() / 1000), 0] as [number, number]
  const metric = (n: number) => ({
    descriptor: {
      name: `metric.${n}`,
      description: '',
      unit: '1',
      type: InstrumentType.COUNTER,
      valueType: 0,
      advice: {},
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM as const,
    isMonotonic: true,
    dataPoints: [{ startTime: now, endTime: now, attributes: {}, value: n }],
  })
  return {
    resource,
    scopeMetrics: [{ scope: { name: 'm' }, metrics: Array.from({ length: count }, (_, n) => metric(n)) }],
  } as ResourceMetrics
}
