/** Composes the tracer provider. */
import type { MeterProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IdGenerator, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { KeepOptions } from '../../config/keep-options.ts'
import type { MaskValue } from '../../config/redaction-options.ts'
import type { SpanLimitValues } from '../../config/resolve.ts'
import type { SpanMetricsOptions } from '../../config/span-metrics-options.ts'
import { loadLazily } from '../../lazy.ts'
import { createBaggageProcessor } from '../baggage-attributes.ts'
import { createPrettySpanExporter } from '../pretty-print.ts'
import type { Fates } from './fates.ts'
import { createSelfCounters } from './self-counters.ts'
import { createSimpleProcessor } from './simple-processor.ts'
import { createOwnTracerProvider, type OwnTracerProvider, type OwnTracerProviderOptions } from './tracer-provider.ts'

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
  /** For what is printed or served. */
  readonly mask?: MaskValue | undefined
  readonly selfMetrics: MeterProvider | undefined
  /** Which traces are kept, decided when they are known; all where undefined. */
  readonly keep?: KeepOptions | undefined
  /** Whether what `sampler` leaves out can be told from thresholds; else `keep` writes none. */
  readonly weighs?: boolean | undefined
  /** Told what becomes of traces, where `keep` decides. */
  readonly fates?: Fates | undefined
  /** Gets calls and durations of spans, whether they are sampled and kept or not. */
  readonly spanMetrics?: { readonly provider: MeterProvider; readonly options: SpanMetricsOptions } | undefined
  readonly watchTracer?: OwnTracerProviderOptions['watchTracer']
}

export function createTracerProvider(options: TracesOptions): OwnTracerProvider {
  const measured = options.spanMetrics && measure(options.spanMetrics, options.sampler)
  return createOwnTracerProvider({
    resource: options.resource,
    sampler: measured?.sampler ?? options.sampler,
    trustsSampler: options.trustsSampler ?? false,
    limits: options.limits,
    idGenerator: options.idGenerator,
    spanProcessors: [
      ...(options.baggageKeys.length > 0 ? [createBaggageProcessor(options.baggageKeys)] : []),
      ...options.spanProcessors,
      ...(measured ? [measured.processor] : []),
      ...createKept(options),
    ],
    watchTracer: options.watchTracer,
    counters: options.selfMetrics && createSelfCounters(options.selfMetrics),
  })
}

function createKept(options: TracesOptions): SpanProcessor[] {
  const next = createSinks(options)
  if (options.keep === undefined) return next
  return [
    loadLazily<typeof import('./tail-sampling.ts')>('tail-sampling').createTailSampler({
      ...options.keep,
      next,
      weighs: options.weighs,
      fates: options.fates,
    }),
  ]
}

function measure(
  { provider, options }: NonNullable<TracesOptions['spanMetrics']>,
  sampler: Sampler,
): { processor: SpanProcessor; sampler: Sampler } {
  const { createSpanMetrics, recordAll } = loadLazily<typeof import('../metrics/span-metrics.ts')>('span-metrics')
  return { processor: createSpanMetrics(provider, options), sampler: recordAll(sampler) }
}

/** Where spans go, besides the user's processors. */
export function createSinks(options: Pick<TracesOptions, 'delivery' | 'printsPretty' | 'mask'>): SpanProcessor[] {
  return [
    ...(options.delivery ? [options.delivery] : []),
    ...(options.printsPretty ? [createSimpleProcessor(createPrettySpanExporter(options.mask))] : []),
  ]
}
