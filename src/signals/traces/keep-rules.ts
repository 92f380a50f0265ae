/** Which traces are kept once they are known, why, and for how many a kept one stands. */
import { type SpanContext, SpanStatusCode, type TraceState } from '@opentelemetry/api'
import { hrTimeToMilliseconds } from '@opentelemetry/core'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import type { KeepOptions } from '../../config/keep-options.ts'
import { EMPTY_TRACE_STATE } from '../../context/trace-state.ts'
import { DIGITS, readRandomness, readThreshold, withThreshold } from './ot-state.ts'
import { createTokenBucket } from './token-bucket.ts'

/** `parent`: a caller has decided with a threshold; `slow` and `error` and `when` are the rules of those names. */
export type KeepReason = 'parent' | 'error' | 'slow' | 'when' | 'ratio' | 'rate'

/** Why an ordinary trace is kept, and the share of traces that it stands for. */
export interface Chance {
  readonly reason: KeepReason
  readonly probability: number
}

export interface KeepRules {
  /** What a span that has ended says for its trace. */
  evidenceOf(span: ReadableSpan, isRoot: boolean): KeepReason | undefined
  isSlow(millis: number): boolean
  /** Whether an ordinary trace is among those that are kept. */
  draw(context: SpanContext): Chance | undefined
}

const TWO_56 = 2 ** 56

export function createKeepRules({ errors, slowerThanMillis, when, ratio, perSecond }: KeepOptions): KeepRules {
  const share = ratio ?? (perSecond === undefined ? 0 : 1)
  const limiter = perSecond === undefined ? undefined : createLimiter(perSecond)
  const isSlow = (millis: number): boolean => slowerThanMillis !== undefined && millis > slowerThanMillis
  return {
    isSlow,
    evidenceOf(span, isRoot) {
      if (errors && span.status.code === SpanStatusCode.ERROR) return 'error'
      if (isRoot && isSlow(hrTimeToMilliseconds(span.duration))) return 'slow'
      return when && isTrue(when, span) ? 'when' : undefined
    },
    draw(context) {
      if (share < 1 && randomnessOf(context) < thresholdOf(share)) return undefined
      if (share <= 0) return undefined
      const before = probabilityOf(context.traceState)
      // the decision of a sampler before this one was by the same randomness
      const probability = Math.min(before, share)
      if (limiter === undefined) return { reason: 'ratio', probability }
      const offered = limiter()
      return offered === 0 ? undefined : { reason: 'rate', probability: probability / offered }
    },
  }
}

/** The caller's threshold: it has decided for the whole trace. Sampled flags alone say nothing, since those are set before anything is known. */
export function hasThreshold(state: TraceState | undefined): boolean {
  return readThreshold(state) !== undefined
}

export function withProbability(state: TraceState | undefined, probability: number): TraceState {
  return withThreshold(state, thresholdOf(probability)) ?? state ?? EMPTY_TRACE_STATE
}

/** The probability that an earlier sampler kept the trace with, from its threshold; 1 without a threshold. */
export function probabilityOf(state: TraceState | undefined): number {
  const threshold = readThreshold(state)
  return threshold === undefined ? 1 : 1 - Number.parseInt(threshold.padEnd(DIGITS, '0'), 16) / TWO_56
}

/** Of 14 digits, as the randomness of a trace: greater texts are greater numbers. */
function thresholdOf(probability: number): string {
  const rejected = BigInt(Math.min(TWO_56 - 1, Math.round((1 - probability) * TWO_56)))
  return rejected.toString(16).padStart(DIGITS, '0')
}

/** Also of an id that its maker has not marked as random, as older SDKs do: all services that the trace passes must decide alike. */
function randomnessOf({ traceId, traceState }: SpanContext): string {
  return readRandomness(traceState) ?? traceId.slice(-DIGITS).toLowerCase()
}

function isTrue(when: (span: ReadableSpan) => boolean, span: ReadableSpan): boolean {
  try {
    return when(span) === true
  } catch {
    // a rule of the application that throws keeps nothing
    return false
  }
}

/** @returns for how many traces the one at hand stands, those turned away since the last included; 0 where it is turned away */
function createLimiter(perSecond: number): () => number {
  const take = createTokenBucket(perSecond)
  let offered = 0
  return () => {
    offered++
    if (!take()) return 0
    const stands = offered
    offered = 0
    return stands
  }
}
