/** Spans of messages received on a connection that outlives the request which opened it: traces of their own, linked to that request. */
import {
  type Context,
  context,
  type Span,
  SpanKind,
  type SpanOptions,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'

const ON_CONNECTIONS: ReadonlySet<string> = new Set(['socket.io'])

/** The same provider for all others. */
export function withLinkedReceives(instrumentation: string, provider: TracerProvider): TracerProvider {
  if (!ON_CONNECTIONS.has(instrumentation)) return provider
  return { getTracer: (...args) => new LinkingTracer(provider.getTracer(...args)) }
}

class LinkingTracer implements Tracer {
  readonly #tracer: Tracer

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  startSpan(name: string, options: SpanOptions = {}, parent: Context = context.active()): Span {
    const opened = options.kind === SpanKind.CONSUMER ? trace.getSpanContext(parent) : undefined
    if (opened === undefined) return this.#tracer.startSpan(name, options, parent)
    const links = [...(options.links ?? []), { context: opened }]
    return this.#tracer.startSpan(name, { ...options, links }, trace.deleteSpan(parent))
  }

  startActiveSpan(...args: unknown[]): never {
    return (this.#tracer.startActiveSpan as (...args: unknown[]) => never)(...args)
  }
}
