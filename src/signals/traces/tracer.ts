/** Starts spans. Nothing that it is given makes it throw: what cannot be read is left out, and the span is there all the same. */
import {
  type Attributes,
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { type InstrumentationScope, isTracingSuppressed } from '@opentelemetry/core'
import { type CleanAttributes, keepAttributes, keysOf, readProperty, toName } from '../attribute-values.ts'
import { RANDOM_TRACE_ID_FLAG } from './id-generator.ts'
import { LOCAL_PARENT, NO_PARENT, REMOTE_PARENT } from './self-counters.ts'
import { openOne, RecordingSpan } from './span.ts'
import type { TracerCore } from './tracer-core.ts'
import { UnrecordedSpan } from './unrecorded-span.ts'

const NO_OPTIONS: SpanOptions = Object.freeze({})
const NO_ATTRIBUTES: Attributes = Object.freeze({})
// values of SamplingDecision
const DROP = 0
const SAMPLE = 2
const SAMPLED_FLAG = 1

export function createTracer(scope: InstrumentationScope, core: TracerCore): Tracer {
  return new OwnTracer(scope, core)
}

class OwnTracer implements Tracer {
  readonly instrumentationScope: InstrumentationScope
  private readonly core: TracerCore

  constructor(scope: InstrumentationScope, core: TracerCore) {
    this.instrumentationScope = scope
    this.core = core
  }

  startSpan(name: string, options?: SpanOptions, parentContext?: Context): Span {
    try {
      return this.start(name, options ?? NO_OPTIONS, parentContext ?? context.active())
    } catch {
      return this.startPlain(name)
    }
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    if (rest.length === 0) return undefined as ReturnType<F>
    const run = rest[Math.min(rest.length, 3) - 1] as F
    const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined
    const parent = (rest.length > 2 ? (rest[1] as Context) : undefined) ?? context.active()
    const span = this.startSpan(name, options, parent)
    return context.with(trace.setSpan(parent, span), run as (span: Span) => ReturnType<F>, undefined, span)
  }

  private start(name: string, options: SpanOptions, given: Context): Span {
    const { core } = this
    if (isTracingSuppressed(given)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
    const parentContext = options.root ? trace.deleteSpan(given) : given
    const parent = trace.getSpan(parentContext)
    const ownParent = parent instanceof RecordingSpan ? parent : undefined
    const from = ownParent ? ownParent._context : parent?.spanContext()
    // ids of our own making are valid
    const hasMadeIds = core.hasOwnIds && (ownParent !== undefined || parent instanceof UnrecordedSpan)
    const isChild = from !== undefined && (hasMadeIds || isSpanContextValid(from))
    const spanId = core.createSpanId()
    const traceId = isChild ? from.traceId : core.createTraceId()
    const kind = typeof options.kind === 'number' ? options.kind : SpanKind.INTERNAL
    const links = options.links ? keepLinks(core, options.links) : undefined
    const { attributes, droppedAttributesCount = 0 } = core.trustsSampler
      ? { attributes: options.attributes }
      : keepForSampler(options.attributes)
    const result = core.sample(
      isChild ? from : undefined,
      parentContext,
      traceId,
      toName(name),
      kind,
      attributes ?? NO_ATTRIBUTES,
      links ?? [],
    )
    const { decision } = result
    core.counters?.start(from === undefined ? NO_PARENT : from.isRemote ? REMOTE_PARENT : LOCAL_PARENT, decision)
    const isRandom = isChild ? (from.traceFlags & RANDOM_TRACE_ID_FLAG) !== 0 : core.hasOwnIds
    const spanContext: SpanContext = {
      traceId,
      spanId,
      traceFlags: (decision === SAMPLE ? SAMPLED_FLAG : 0) | (isRandom ? RANDOM_TRACE_ID_FLAG : 0),
      traceState: result.traceState ?? (isChild ? from.traceState : undefined),
    }
    if (decision === DROP) return new UnrecordedSpan(spanContext)
    const span = new RecordingSpan(core, this.instrumentationScope, spanContext, name, kind)
    if (isChild) span.parentSpanContext = from
    if (ownParent !== undefined) span._above = openOne(ownParent)
    const allAttributes = result.attributes ? { ...attributes, ...result.attributes } : attributes
    span._begin(options.startTime, allAttributes, links)
    span.droppedAttributesCount += droppedAttributesCount
    core.onStart(span, parentContext)
    return span
  }

  /** Starts the span without options, since they cannot be read; where the active context cannot be read either, the span belongs to no trace. */
  private startPlain(name: string): Span {
    try {
      return this.start(name, NO_OPTIONS, context.active())
    } catch {
      return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
    }
  }
}

/** A sampler of the application gets a copy, to which it may add. */
function keepForSampler(attributes: unknown): CleanAttributes {
  const kept = keepAttributes(attributes, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  kept.attributes ??= {}
  return kept
}

function keepLinks(core: TracerCore, links: unknown): Link[] {
  const kept: Link[] = []
  for (const key of keysOf(links)) {
    const link = core.keepLink(readProperty(links as object, key))
    if (link) kept.push(link)
  }
  return kept
}
