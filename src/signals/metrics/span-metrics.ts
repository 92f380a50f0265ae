/** Rate, errors and duration of spans as metrics: what is sampled and kept afterwards does not change them. */
import {
  type Attributes,
  type AttributeValue,
  type Histogram,
  type MeterProvider,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { SpanMetricsOptions } from '../../config/span-metrics-options.ts'
import { DISTRO_NAME, VERSION } from '../../version.ts'
import { compilePattern } from '../traces/pattern.ts'
import { SpanData } from '../traces/span-data.ts'

/** Names without end count under one. */
const MAX_NAMES = 500
const OTHER = 'other'
/** The SDK has a limit of its own, which is higher. */
const MAX_SERIES = 1000
/** https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute */
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true })
/** Boundaries in seconds, the same as the semantic conventions have for durations of requests. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
// values of SamplingDecision
const DROP = 0
const RECORD = 1

/**
 * The counter `traces.span.metrics.calls` and the histogram `traces.span.metrics.duration`, by `span.name`, `span.kind`, `status.code` and the dimensions
 * that were chosen: names and values are those of the Collector's span metrics connector.
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector
 */
export function createSpanMetrics(provider: MeterProvider, options: SpanMetricsOptions = {}): SpanProcessor {
  const meter = provider.getMeter(DISTRO_NAME, VERSION)
  const calls = meter.createCounter('traces.span.metrics.calls', { description: 'Spans that have ended' })
  const durations = meter.createHistogram('traces.span.metrics.duration', {
    unit: 's',
    description: 'Durations of spans',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const isMeasured = createChoice(options.names ?? [])
  const attributesOf = createAttributeSets(options.dimensions ?? [], options.maxSeries ?? MAX_SERIES)
  return {
    onStart() {},
    onEnd(span) {
      if (isMeasured(span)) record(span, attributesOf(span), calls, durations)
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  }
}

/** What the sampler leaves out is recorded, so that it is measured, and is not sent. */
export function recordAll(sampler: Sampler): Sampler {
  return {
    shouldSample(...span) {
      const result = sampler.shouldSample(...span)
      return result.decision === DROP ? { ...result, decision: RECORD } : result
    },
    toString: () => sampler.toString(),
  }
}

function createChoice(names: readonly (string | RegExp)[]): (span: ReadableSpan) => boolean {
  const patterns = names.map(compilePattern)
  return ({ kind, name, parentSpanContext: parent }) =>
    kind !== SpanKind.INTERNAL ||
    parent === undefined ||
    parent.isRemote === true ||
    patterns.some((matches) => matches(name))
}

type Calls = Pick<ReturnType<ReturnType<MeterProvider['getMeter']>['createCounter']>, 'add'>

function record(span: ReadableSpan, attributes: Attributes, calls: Calls, durations: Histogram): void {
  // exemplars name the span itself, not the one that is active where it ends
  const context = trace.setSpanContext(ROOT_CONTEXT, span.spanContext())
  calls.add(1, attributes, context)
  durations.record(hrTimeToMilliseconds(span.duration) / 1000, attributes, context)
}

/** A node of a tree whose paths are name, kind with status, and the values of the dimensions. */
interface Series {
  attributes: Attributes | undefined
  readonly below: Map<unknown, Series>
}

/** The same object for the same attributes, so that they are put together once. */
function createAttributeSets(dimensions: readonly string[], maxSeries: number): (span: ReadableSpan) => Attributes {
  const first: Series = { attributes: undefined, below: new Map() }
  const names = new Set<string>()
  let count = 0
  return (span) => {
    const { kind, status } = span
    const name = nameOf(span.name)
    const values = dimensions.map((key) => attributeOf(span, key))
    const path = [name, kind * 3 + status.code, ...values]
    const known = find(path)
    if (known !== undefined) return known
    if (count >= maxSeries) return OVERFLOW
    count++
    return remember(path, createAttributes(name, kind, status.code, dimensions, values))
  }

  function nameOf(name: string): string {
    if (names.has(name)) return name
    if (names.size >= MAX_NAMES) return OTHER
    names.add(name)
    return name
  }

  function find(path: readonly unknown[]): Attributes | undefined {
    let series: Series | undefined = first
    for (const part of path) series = series?.below.get(part)
    return series?.attributes
  }

  function remember(path: readonly unknown[], attributes: Attributes): Attributes {
    let series = first
    for (const part of path) {
      const next = series.below.get(part) ?? { attributes: undefined, below: new Map() }
      series.below.set(part, next)
      series = next
    }
    series.attributes = attributes
    return attributes
  }
}

/** To ask a span of ours for its attributes would make an object of them. */
function attributeOf(span: ReadableSpan, key: string): AttributeValue | undefined {
  const flat = span instanceof SpanData ? span._flat : undefined
  let value: unknown
  if (flat === undefined) value = span.attributes[key]
  else for (let index = 0; index < flat.length; index += 2) if (flat[index] === key) value = flat[index + 1]
  return typeof value === 'object' ? undefined : (value as AttributeValue | undefined)
}

function createAttributes(
  name: string,
  kind: SpanKind,
  code: SpanStatusCode,
  dimensions: readonly string[],
  values: readonly (AttributeValue | undefined)[],
): Attributes {
  const attributes: Attributes = {
    'span.name': name,
    'span.kind': `SPAN_KIND_${SpanKind[kind] ?? 'INTERNAL'}`,
    'status.code': `STATUS_CODE_${SpanStatusCode[code] ?? 'UNSET'}`,
  }
  for (const [index, key] of dimensions.entries()) if (values[index] !== undefined) attributes[key] = values[index]
  return attributes
}
