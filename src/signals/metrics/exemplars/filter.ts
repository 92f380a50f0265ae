/** Which measurements may become exemplars, and what an exemplar is. */
import {
  type Attributes,
  type Context,
  context,
  type HrTime,
  INVALID_SPAN_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from '@opentelemetry/api'
import type { ExemplarFilter } from '../../../config/config.ts'

/** One measurement that stands for others. It is found on a data point as `exemplars`, which readers of the application may use as well. */
export interface Exemplar {
  /** Attributes of the measurement that the series does not have. */
  readonly filteredAttributes: Attributes
  readonly value: number
  readonly timestamp: HrTime
  /** Of the span in whose context it was measured; none with `always_on` outside of spans. */
  readonly spanId?: string
  readonly traceId?: string
}

/** What a data point has beside the fields of the SDK. */
export interface WithExemplars {
  exemplars?: readonly Exemplar[]
}

/** Finds the span that an exemplar names, `OUTSIDE` for none; undefined for a measurement that becomes no exemplar. */
export interface SpanChooser {
  /** @param given the context of the measurement; undefined for that of now */
  fromContext(given: Context | undefined): SpanContext | undefined
  fromSpan(span: Span | undefined): SpanContext | undefined
}

/** Stands for the span of a measurement outside of any. */
export const OUTSIDE: SpanContext = INVALID_SPAN_CONTEXT

const SAMPLED = 1

/**
 * Undefined where there are to be no exemplars.
 * @see https://opentelemetry.io/docs/specs/otel/metrics/sdk/#exemplarfilter
 */
export function createSpanChooser(filter: ExemplarFilter): SpanChooser | undefined {
  if (filter === 'always_off') return undefined
  const choose = filter === 'always_on' ? (span: SpanContext | undefined) => span ?? OUTSIDE : chooseSampled
  return {
    fromContext: (given) => choose(trace.getSpanContext(given ?? context.active())),
    fromSpan: (span) => choose(span?.spanContext()),
  }
}

function chooseSampled(span: SpanContext | undefined): SpanContext | undefined {
  return span !== undefined && (span.traceFlags & SAMPLED) !== 0 ? span : undefined
}
