/** Spans of instrumentations that end each of them twice: the second end, of which the SDK complains, does nothing. */
import type { Context, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api'

const END_TWICE: ReadonlySet<string> = new Set(['restify'])

/** The same provider for all others. */
export function withEndOnce(instrumentation: string, provider: TracerProvider): TracerProvider {
  if (!END_TWICE.has(instrumentation)) return provider
  return { getTracer: (...args) => new EndOnceTracer(provider.getTracer(...args)) }
}

class EndOnceTracer implements Tracer {
  readonly #tracer: Tracer

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  startSpan(name: string, options?: SpanOptions, parent?: Context): Span {
    const span = this.#tracer.startSpan(name, options, parent)
    if (!span.isRecording()) return span
    const { end } = span
    span.end = (time) => {
      if (span.isRecording()) end.call(span, time)
    }
    return span
  }

  startActiveSpan(...args: unknown[]): never {
    return (this.#tracer.startActiveSpan as (...args: unknown[]) => never)(...args)
  }
}
