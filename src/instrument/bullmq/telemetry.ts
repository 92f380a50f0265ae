/** What BullMQ asks of its option `telemetry`: spans for what is added and processed, and the context that travels with a job. */
import {
  type Attributes,
  type AttributeValue,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import type { Tracing } from '../define.ts'
import { describeError, recordError } from '../error-text.ts'

/** Its attributes that are kept, and under which name; others hold results and options of the application. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  'bullmq.queue.name': 'messaging.destination.name',
  'bullmq.queue.operation': 'messaging.operation.name',
  'bullmq.job.id': 'messaging.message.id',
  'bullmq.job.bulk.count': 'messaging.batch.message_count',
  'bullmq.job.name': 'bullmq.job.name',
  'bullmq.job.attempts.made': 'bullmq.job.attempts.made',
  'bullmq.flow.name': 'bullmq.flow.name',
  'bullmq.worker.name': 'bullmq.worker.name',
}
const EVENTS: ReadonlySet<string> = new Set(['job failed'])

export function createTelemetry(tracing: Tracing) {
  return {
    tracer: {
      startSpan: (name: string, { kind }: { readonly kind: SpanKind }, parent?: Context) =>
        kind === SpanKind.PRODUCER || kind === SpanKind.CONSUMER
          ? new JobSpan(startSpan(tracing, name, kind, parent))
          : HOUSEKEEPING,
    },
    contextManager: {
      with: <T>(own: Context, run: () => T): T => context.with(own, run),
      active: () => context.active(),
      root: () => ROOT_CONTEXT,
      /** As text, since it is stored with the job. */
      getMetadata(own: Context): string {
        const carrier: Record<string, string> = {}
        propagation.inject(own, carrier)
        return Object.keys(carrier).length === 0 ? '' : JSON.stringify(carrier)
      },
      fromMetadata: (_active: Context, metadata: string) => propagation.extract(ROOT_CONTEXT, parse(metadata)),
    },
  }
}

function startSpan(tracing: Tracing, name: string, kind: SpanKind, parent: Context | undefined): Span {
  const type = kind === SpanKind.CONSUMER ? 'process' : 'send'
  const attributes: Attributes = { 'messaging.system': 'bullmq', 'messaging.operation.type': type }
  // a worker outlives who has started it
  const own = parent ?? (kind === SpanKind.CONSUMER ? ROOT_CONTEXT : context.active())
  return tracing.startSpan(name, { kind, attributes }, own)
}

class JobSpan {
  readonly #span: Span

  constructor(span: Span) {
    this.#span = span
  }

  setSpanOnContext(own: Context): Context {
    return trace.setSpan(own, this.#span)
  }

  setAttribute(key: string, value: AttributeValue): void {
    const name = ATTRIBUTES[key]
    if (name !== undefined) this.#span.setAttribute(name, value)
  }

  setAttributes(attributes: Attributes): void {
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) this.setAttribute(key, value)
  }

  /** A job that fails is told of by an event. */
  addEvent(name: string, attributes: Attributes = {}): void {
    if (!EVENTS.has(name)) return
    const message = String(attributes['bullmq.job.failed.reason'] ?? '')
    this.#span.setAttribute('error.type', 'JobFailed')
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message })
  }

  recordException(error: unknown): void {
    const { type, message } = describeError(error)
    this.#span.setAttribute('error.type', type)
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message })
    recordError(this.#span, error)
  }

  end(): void {
    this.#span.end()
  }
}

/** Workers poll, renew locks and look for stalled jobs all day long: none of it is traced unless it is part of something. */
const HOUSEKEEPING = {
  setSpanOnContext: (own: Context) => (trace.getSpan(own) === undefined ? suppressTracing(own) : own),
  setAttribute() {},
  setAttributes() {},
  addEvent() {},
  recordException() {},
  end() {},
}

function parse(metadata: string): object {
  try {
    return Object(JSON.parse(metadata)) as object
  } catch {
    return {}
  }
}
