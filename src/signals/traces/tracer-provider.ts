/** The tracer provider: one tracer a scope, and processors that are flushed and shut down together. */

import type { Tracer, TracerProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IdGenerator, Sampler, SpanLimits, SpanProcessor } from '@opentelemetry/sdk-trace'
import { type FlushProcessorsOptions, flushProcessors } from '../flush-processors.ts'
import type { SelfCounters } from './self-counters.ts'
import { createTracer } from './tracer.ts'
import { TracerCore } from './tracer-core.ts'

export interface OwnTracerProviderOptions {
  readonly resource: Resource
  readonly sampler: Sampler
  /** Whether the sampler looks at no attributes. */
  readonly trustsSampler?: boolean
  readonly limits?: { readonly [Limit in keyof SpanLimits]?: number | undefined }
  readonly idGenerator?: IdGenerator | undefined
  readonly spanProcessors?: readonly SpanProcessor[]
  readonly counters?: SelfCounters | undefined
  /** Sees each tracer once, and may give another one in its place. */
  readonly watchTracer?: ((scope: string, tracer: Tracer) => Tracer) | undefined
}

export interface OwnTracerProvider extends TracerProvider {
  /** @throws a list of errors: of the processors that failed, or took too long */
  forceFlush(options?: FlushProcessorsOptions): Promise<void>
  /** @throws the first error of a processor, after all have been asked */
  shutdown(): Promise<void>
}

const LIMIT = 128

export function createOwnTracerProvider(options: OwnTracerProviderOptions): OwnTracerProvider {
  const {
    resource,
    sampler,
    trustsSampler = false,
    idGenerator,
    spanProcessors: processors = [],
    counters,
    watchTracer,
  } = options
  const limits = withDefaults(options.limits ?? {})
  const core = new TracerCore({ resource, limits, sampler, trustsSampler, idGenerator, processors, counters })
  const tracers = new Map<string, Tracer>()
  return {
    getTracer(name, version, tracerOptions) {
      const schemaUrl = tracerOptions?.schemaUrl
      const key = `${String(name)}@${version || ''}:${schemaUrl || ''}`
      let tracer = tracers.get(key)
      if (tracer === undefined) {
        tracer = createTracer({ name, version, schemaUrl } as Parameters<typeof createTracer>[0], core)
        if (watchTracer !== undefined) tracer = watchTracer(String(name), tracer)
        tracers.set(key, tracer)
      }
      return tracer
    },
    forceFlush: (flushOptions) => flushProcessors(processors, 'Span', flushOptions),
    async shutdown() {
      const results = await Promise.allSettled(processors.map(async (processor) => processor.shutdown()))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    },
  }
}

/** A length of 0 leaves nothing of a text, as the specification has it; one below 0 counts as none. */
function withDefaults(limits: NonNullable<OwnTracerProviderOptions['limits']>): Required<SpanLimits> {
  const length = limits.attributeValueLengthLimit
  return {
    attributeValueLengthLimit: length === undefined || !(length >= 0) ? Number.POSITIVE_INFINITY : length,
    attributeCountLimit: limits.attributeCountLimit ?? LIMIT,
    eventCountLimit: limits.eventCountLimit ?? LIMIT,
    linkCountLimit: limits.linkCountLimit ?? LIMIT,
    attributePerEventCountLimit: limits.attributePerEventCountLimit ?? LIMIT,
    attributePerLinkCountLimit: limits.attributePerLinkCountLimit ?? LIMIT,
  }
}
