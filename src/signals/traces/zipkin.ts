/** Spans for a Zipkin server, in batches. A chunk that only those load who ask for it. */
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin'
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace'

export function createZipkinProcessor(): SpanProcessor {
  return new BatchSpanProcessor({ exporter: new ZipkinExporter() })
}
