/** Spans of messages received on a connection that outlives the request which opened it: traces of their own, linked to that request. */
import { context, SpanKind, type TracerProvider, trace } from '@opentelemetry/api'
import { adaptTracers, type StartSpan } from '../mend/adapt-tracer.ts'

const ON_CONNECTIONS: ReadonlySet<string> = new Set(['socket.io'])

/** The same provider for all others. */
export function withLinkedReceives(instrumentation: string, provider: TracerProvider): TracerProvider {
  return ON_CONNECTIONS.has(instrumentation) ? adaptTracers(provider, startLinked) : provider
}

const startLinked: StartSpan = (tracer, name, options = {}, parent = context.active()) => {
  const opened = options.kind === SpanKind.CONSUMER ? trace.getSpanContext(parent) : undefined
  if (opened === undefined) return tracer.startSpan(name, options, parent)
  const links = [...(options.links ?? []), { context: opened }]
  return tracer.startSpan(name, { ...options, links }, trace.deleteSpan(parent))
}
