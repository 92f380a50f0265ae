/**
 * Counts of started and of live spans, as the SDK has them. The sums are observed when metrics are collected: a span costs two additions then.
 * @see https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/#span-metrics
 */
import type { Attributes, MeterProvider } from '@opentelemetry/api'

export interface SelfCounters {
  /** `decision` is one of SamplingDecision. */
  start(origin: Origin, decision: number): void
  end(isSampled: boolean): void
}

export const NO_PARENT = 0
export const REMOTE_PARENT = 1
export const LOCAL_PARENT = 2
export type Origin = typeof NO_PARENT | typeof REMOTE_PARENT | typeof LOCAL_PARENT

/** What dashboards know these metrics by. */
const SCOPE = '@opentelemetry/sdk-trace'
const SCOPE_VERSION = '3.1.1'
const ORIGINS = ['none', 'remote', 'local'] as const
const RESULTS = ['DROP', 'RECORD_ONLY', 'RECORD_AND_SAMPLE'] as const
const DROP = 0
const RECORD = 1
const SAMPLE = 2

export function createSelfCounters(provider: MeterProvider): SelfCounters {
  const meter = provider.getMeter(SCOPE, SCOPE_VERSION)
  const started = new Array<number>(ORIGINS.length * RESULTS.length).fill(0)
  const live = [0, 0, 0]
  const hasBeenLive = [false, false, false]
  const startedAttributes = started.map(
    (_, index): Attributes => ({
      'otel.span.parent.origin': ORIGINS[Math.floor(index / RESULTS.length)]!,
      'otel.span.sampling_result': RESULTS[index % RESULTS.length]!,
    }),
  )
  meter
    .createObservableCounter('otel.sdk.span.started', { unit: '{span}', description: 'The number of created spans.' })
    .addCallback((result) => {
      for (const [index, sum] of started.entries()) if (sum > 0) result.observe(sum, startedAttributes[index])
    })
  meter
    .createObservableUpDownCounter('otel.sdk.span.live', {
      unit: '{span}',
      description: 'The number of currently live spans.',
    })
    .addCallback((result) => {
      for (const decision of [RECORD, SAMPLE])
        if (hasBeenLive[decision]) result.observe(live[decision]!, { 'otel.span.sampling_result': RESULTS[decision]! })
    })
  return {
    start(origin, decision) {
      started[origin * RESULTS.length + decision]!++
      if (decision === DROP) return
      live[decision]!++
      hasBeenLive[decision] = true
    },
    end(isSampled) {
      live[isSampled ? SAMPLE : RECORD]!--
    },
  }
}
