/** Spans for a Zipkin server, in batches. A chunk that only those load who ask for it. */
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { readEnvironment } from '../../config/environment.ts'
import { MAX_TIMER_MILLIS } from '../../deadline.ts'

export function createZipkinProcessor(): SpanProcessor {
  // its endpoint it reads itself; 0 is no limit, for which the processor has no value
  const exportTimeoutMillis = readEnvironment(process.env).number('OTEL_EXPORTER_ZIPKIN_TIMEOUT') || MAX_TIMER_MILLIS
  return new BatchSpanProcessor({ exporter: new ZipkinExporter(), exportTimeoutMillis })
}
