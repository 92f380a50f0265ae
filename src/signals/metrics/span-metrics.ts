/** Rate, errors and duration of spans as metrics, of all that were recorded: what is kept afterwards does not change them. */
import {
  type Attributes,
  type Histogram,
  type MeterProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import { DISTRO_NAME, VERSION } from '../../version.ts'

/** Names without end count under one. */
const MAX_NAMES = 500
const OTHER = 'other'
/** Boundaries in seconds, the same as the semantic conventions have for durations of requests. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * The counter `traces.span.metrics.calls` and the histogram `traces.span.metrics.duration`, by `span.name`, `span.kind` and `status.code`: names and values are those of
 * the Collector's span metrics connector.
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector
 */
export function createSpanMetrics(provider: MeterProvider): SpanProcessor {
  const meter = provider.getMeter(DISTRO_NAME, VERSION)
  const calls = meter.createCounter('traces.span.metrics.calls', { description: 'Spans that have ended' })
  const durations = meter.createHistogram('traces.span.metrics.duration', {
    unit: 's',
    description: 'Durations of spans',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const attributesOf = createAttributeSets()
  return {
    onStart() {},
    onEnd: (span) => record(span, attributesOf(span), calls, durations),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

type Calls = Pick<ReturnType<ReturnType<MeterProvider['getMeter']>['createCounter']>, 'add'>

function record(span: ReadableSpan, attributes: Attributes, calls: Calls, durations: Histogram): void {
  // exemplars name the span itself, not the one that is active where it ends
  const context = trace.setSpanContext(ROOT_CONTEXT, span.spanContext())
  calls.add(1, attributes, context)
  durations.record(hrTimeToMilliseconds(span.duration) / 1000, attributes, context)
}

/** The same object for the same attributes: nothing is made for each span. */
function createAttributeSets(): (span: ReadableSpan) => Attributes {
  const byName = new Map<string, Map<number, Attributes>>()
  return ({ name, kind, status }) => {
    const counted = byName.has(name) || byName.size < MAX_NAMES ? name : OTHER
    let sets = byName.get(counted)
    if (sets === undefined) {
      sets = new Map()
      byName.set(counted, sets)
    }
    const key = kind * 3 + status.code
    let attributes = sets.get(key)
    if (attributes === undefined) {
      attributes = createAttributes(counted, kind, status.code)
      sets.set(key, attributes)
    }
    return attributes
  }
}

function createAttributes(name: string, kind: SpanKind, code: SpanStatusCode): Attributes {
  return {
    'span.name': name,
    'span.kind': `SPAN_KIND_${SpanKind[kind] ?? 'INTERNAL'}`,
    'status.code': `STATUS_CODE_${SpanStatusCode[code] ?? 'UNSET'}`,
  }
}
