/** Spans of instrumentations that end each of them twice: the second end, of which the SDK complains, does nothing. */
import type { Span, TracerProvider } from '@opentelemetry/api'
import { adaptTracers, type StartSpan } from '../mend/adapt-tracer.ts'

const END_TWICE: ReadonlySet<string> = new Set(['restify'])

/** The same provider for all others. */
export function withEndOnce(instrumentation: string, provider: TracerProvider): TracerProvider {
  return END_TWICE.has(instrumentation) ? adaptTracers(provider, startEndingOnce) : provider
}

const startEndingOnce: StartSpan = (tracer, ...started) => {
  const span = tracer.startSpan(...started)
  if (!span.isRecording()) return span
  const { end } = span
  const endOnce: Span['end'] = (time) => {
    if (span.isRecording()) end.call(span, time)
  }
  span.end = endOnce
  return span
}
