/** Tracers for instrumentations of others, whose spans start in another way than they say. */
import type { Context, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api'

/** @param start as the instrumentation has called it, on the tracer that it would have */
export type StartSpan = (tracer: Tracer, name: string, options?: SpanOptions, parent?: Context) => Span

export function adaptTracers(provider: TracerProvider, start: StartSpan): TracerProvider {
  return { getTracer: (...args) => new AdaptedTracer(provider.getTracer(...args), start) }
}

class AdaptedTracer implements Tracer {
  readonly #tracer: Tracer
  readonly #start: StartSpan

  constructor(tracer: Tracer, start: StartSpan) {
    this.#tracer = tracer
    this.#start = start
  }

  startSpan(name: string, options?: SpanOptions, parent?: Context): Span {
    return this.#start(this.#tracer, name, options, parent)
  }

  startActiveSpan(...args: unknown[]): never {
    return (this.#tracer.startActiveSpan as (...args: unknown[]) => never)(...args)
  }
}
