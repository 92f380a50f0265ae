/** Composes the tracer provider. */
import type { MeterProvider } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  type IdGenerator,
  type Sampler,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { MAX_TIMER_MILLIS, readEnvironment } from '../../config/environment.ts'
import type { SpanLimitValues } from '../../config/resolve.ts'
import { withoutUndefined } from '../../config/without-undefined.ts'
import { loadLazily } from '../../lazy.ts'
import { createBaggageProcessor } from '../baggage-attributes.ts'
import { createPrettySpanExporter } from '../pretty-print.ts'
import { createIdGenerator, createRandomFlagProcessor } from './id-generator.ts'
import { createSpanCounters } from './span-counters.ts'

export interface TracesOptions {
  readonly resource: Resource
  readonly sampler: Sampler
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

export function createTracerProvider(options: TracesOptions): TracerProvider {
  const { idGenerator, limits } = options
  const { attributeValueLengthLimit: length } = limits
  // the SDK takes a length of 0 for a mistake and the next number above it for no characters, which is what 0 means
  const spanLimits = withoutUndefined({
    ...limits,
    attributeValueLengthLimit: length === 0 ? Number.MIN_VALUE : length,
  })
  return new TracerProvider({
    resource: options.resource,
    sampler: options.sampler,
    spanLimits,
    idGenerator: idGenerator ?? createIdGenerator(),
    spanProcessors: [
      // a generator of the user's own may not be random, so only ours claims it
      ...(idGenerator ? [] : [createRandomFlagProcessor()]),
      ...(options.baggageKeys.length > 0 ? [createBaggageProcessor(options.baggageKeys)] : []),
      ...options.spanProcessors,
      ...createSinks(options),
    ],
    ...(options.selfMetrics && { meterProvider: createSpanCounters(options.selfMetrics) }),
  })
}

/** Where spans go, besides the user's processors. */
export function createSinks(
  options: Pick<TracesOptions, 'delivery' | 'printsPretty' | 'sendsZipkin'>,
): SpanProcessor[] {
  return [
    ...(options.delivery ? [options.delivery] : []),
    ...(options.printsPretty ? [new SimpleSpanProcessor({ exporter: createPrettySpanExporter() })] : []),
    ...(options.sendsZipkin ? [createZipkinProcessor()] : []),
  ]
}

function createZipkinProcessor(): SpanProcessor {
  const { ZipkinExporter } = loadLazily<typeof import('@opentelemetry/exporter-zipkin')>('zipkin')
  // its endpoint it reads itself; 0 is no limit, for which the processor has no value
  const timeoutMillis = readEnvironment(process.env).number('OTEL_EXPORTER_ZIPKIN_TIMEOUT') || MAX_TIMER_MILLIS
  return new BatchSpanProcessor({ exporter: new ZipkinExporter(), exportTimeoutMillis: timeoutMillis })
}
