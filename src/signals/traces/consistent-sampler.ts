/** Consistent probability sampling: all services that know it decide alike, and each span says in `ot=th:…` how many it stands for. */
import {
  type Context,
  isSpanContextValid,
  type SpanContext,
  TraceFlags,
  type TraceState,
  trace,
} from '@opentelemetry/api'
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace'
import { DIGITS, readRandomness, readThreshold, trimZeros, withThreshold } from './ot-state.ts'

const RANGE = 1n << 56n
/** Hex digits a threshold is rounded to, beyond those that are all 0 or all f. */
const PRECISION = 4

/** Records this share of traces, whoever started them. */
export class ConsistentProbabilitySampler implements Sampler {
  readonly #ratio: number
  readonly #threshold: string | undefined

  constructor(ratio: number) {
    this.#ratio = ratio
    this.#threshold = formatThreshold(ratio)
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const state = findParent(context)?.traceState
    const isSampled = this.#threshold !== undefined && isBelow(this.#threshold, randomnessOf(state, traceId))
    return decide(isSampled, withThreshold(state, isSampled ? this.#threshold : undefined))
  }

  toString(): string {
    return `ConsistentProbability{${this.#ratio}}`
  }
}

/** Follows the parent, and takes away a threshold that contradicts it; a trace without a parent is decided by ratio. */
export class ParentThresholdSampler implements Sampler {
  readonly #root: ConsistentProbabilitySampler

  constructor(ratio: number) {
    this.#root = new ConsistentProbabilitySampler(ratio)
  }

  shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = findParent(context)
    if (parent === undefined) return this.#root.shouldSample(context, traceId)
    const isSampled = (parent.traceFlags & TraceFlags.SAMPLED) !== 0
    const threshold = readThreshold(parent.traceState)
    const isTrue = isSampled && threshold !== undefined && isBelow(threshold, randomnessOf(parent.traceState, traceId))
    return decide(isSampled, withThreshold(parent.traceState, isTrue ? threshold : undefined))
  }

  toString(): string {
    return `ParentThreshold{root=${this.#root.toString()}}`
  }
}

/**
 * The threshold of a ratio, without zeros at its end; `undefined` where nothing is recorded.
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/#converting-floating-point-probability-to-threshold-value
 */
export function formatThreshold(ratio: number): string | undefined {
  if (ratio >= 1) return '0'
  const exact = RANGE - BigInt(Math.round(ratio * Number(RANGE)))
  if (exact >= RANGE) return undefined
  const extra = Math.max(leadingDigits(ratio), leadingDigits(1 - ratio))
  const dropped = BigInt(4 * (DIGITS - Math.min(DIGITS, PRECISION + extra)))
  const rounded = dropped === 0n ? exact : ((exact + (1n << (dropped - 1n))) >> dropped) << dropped
  const threshold = rounded >= RANGE ? RANGE - 1n : rounded
  return trimZeros(threshold.toString(16).padStart(DIGITS, '0'))
}

/** Hex digits that are 0 in front of the first other one. */
function leadingDigits(fraction: number): number {
  return fraction <= 0 ? 0 : Math.max(0, Math.floor(-(Math.floor(Math.log2(fraction)) + 1) / 4))
}

function findParent(context: Context): SpanContext | undefined {
  const parent = trace.getSpanContext(context)
  return parent !== undefined && isSpanContextValid(parent) ? parent : undefined
}

/** What the trace was started with, or else the last 56 bits of its id. */
function randomnessOf(state: TraceState | undefined, traceId: string): string {
  return readRandomness(state) ?? traceId.slice(-DIGITS).toLowerCase()
}

function isBelow(threshold: string, randomness: string): boolean {
  return threshold.padEnd(DIGITS, '0') <= randomness
}

function decide(isSampled: boolean, traceState: TraceState | undefined): SamplingResult {
  const decision = isSampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD
  return traceState === undefined ? { decision } : { decision, traceState }
}
