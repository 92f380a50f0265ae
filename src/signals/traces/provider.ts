/** Composes the tracer provider. */
import type { MeterProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IdGenerator, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { SpanLimitValues } from '../../config/resolve.ts'
import { loadLazily } from '../../lazy.ts'
import { createBaggageProcessor } from '../baggage-attributes.ts'
import { createPrettySpanExporter } from '../pretty-print.ts'
import { createSelfCounters } from './self-counters.ts'
import { createSimpleProcessor } from './simple-processor.ts'
import { createOwnTracerProvider, type OwnTracerProvider } from './tracer-provider.ts'

export interface TracesOptions {
  readonly resource: Resource
  readonly sampler: Sampler
  /** Whether the sampler is ours, and so looks at no attributes. */
  readonly trustsSampler?: boolean
  readonly limits: SpanLimitValues
  readonly idGenerator: IdGenerator | undefined
  /** The user's processors; they run before delivery. */
  readonly spanProcessors: readonly SpanProcessor[]
  readonly delivery: SpanProcessor | undefined
  readonly baggageKeys: readonly string[]
  readonly printsPretty: boolean
  readonly sendsZipkin: boolean
  readonly selfMetrics: MeterProvider | undefined
}

export function createTracerProvider(options: TracesOptions): OwnTracerProvider {
  return createOwnTracerProvider({
    resource: options.resource,
    sampler: options.sampler,
    trustsSampler: options.trustsSampler ?? false,
    limits: options.limits,
    idGenerator: options.idGenerator,
    spanProcessors: [
      ...(options.baggageKeys.length > 0 ? [createBaggageProcessor(options.baggageKeys)] : []),
      ...options.spanProcessors,
      ...createSinks(options),
    ],
    counters: options.selfMetrics && createSelfCounters(options.selfMetrics),
  })
}

/** Where spans go, besides the user's processors. */
export function createSinks(
  options: Pick<TracesOptions, 'delivery' | 'printsPretty' | 'sendsZipkin'>,
): SpanProcessor[] {
  return [
    ...(options.delivery ? [options.delivery] : []),
    ...(options.printsPretty ? [createSimpleProcessor(createPrettySpanExporter())] : []),
    ...(options.sendsZipkin ? [createZipkin()] : []),
  ]
}

function createZipkin(): SpanProcessor {
  return loadLazily<typeof import('./zipkin.ts')>('zipkin').createZipkinProcessor()
}
