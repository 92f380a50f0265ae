/** Samplers: by name, by rules, and one that limits the number of spans per second. */
import { type Attributes, type Context, isSpanContextValid, type Link, type SpanKind, trace } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import type { SamplerName } from '../../config/options.ts'
import type { SamplingRule } from '../../config/sampling-rules.ts'
import { ConfigError } from '../../errors.ts'
import { loadLazily } from '../../lazy.ts'
import { QuickSampler } from './quick-sampler.ts'
import { createTokenBucket } from './token-bucket.ts'

type Sampling = typeof import('./sampling.ts')

/** A sampler by name, with the argument that the name takes. */
export interface NamedSampler {
  readonly name: SamplerName
  readonly arg: number | undefined
}

const DEFAULT_SPANS_PER_SECOND = 100

/** The sampler of the configuration. With rules, what has a parent follows it, and a trace that no rule is about is the given sampler's. */
export function createConfiguredSampler(given: Sampler | NamedSampler, rules: readonly SamplingRule[] = []): Sampler {
  const isOwn = 'shouldSample' in given
  const sampler = isOwn ? given : createSampler(given.name, given.arg)
  if (rules.length === 0) return sampler
  const { ConsistentProbabilitySampler, createRuleSampler } = loadLazily<Sampling>('samplers')
  const isConsistent = !isOwn && given.name.endsWith('consistent_probability')
  const createRatioSampler = (ratio: number): Sampler =>
    isConsistent ? new ConsistentProbabilitySampler(ratio) : new TraceIdRatioBasedSampler(ratio)
  const root = createRuleSampler(rules, createRatioSampler, sampler)
  if (isOwn || !given.name.startsWith('parentbased_')) return new ParentBasedSampler({ root })
  return new ParentBasedSampler({
    root,
    remoteParentSampled: sampler,
    remoteParentNotSampled: sampler,
    localParentSampled: sampler,
    localParentNotSampled: sampler,
  })
}

/** Whether each trace that the configured sampler records stands for itself, or says in its threshold for how many. */
export function tellsWeights(given: Sampler | NamedSampler, rules: readonly SamplingRule[] = []): boolean {
  if ('shouldSample' in given) return false
  if (given.name.endsWith('consistent_probability')) return true
  return given.name.endsWith('always_on') && rules.every(({ ratio }) => ratio === 0 || ratio === 1)
}

/** The sampler a name stands for. `arg` is a ratio (default 1) or spans per second (default 100). */
export function createSampler(name: SamplerName, arg: number | undefined): Sampler {
  if (name === 'parentbased_consistent_probability')
    return new (loadLazily<Sampling>('samplers').ParentThresholdSampler)(checkRatio(arg ?? 1))
  const root = createRootSampler(name.replace('parentbased_', ''), arg)
  return name.startsWith('parentbased_') ? new QuickSampler(root) : root
}

/**
 * Records at most so many traces per second, spread evenly with bursts of one second's worth; a span with a parent follows the parent.
 * @throws {ConfigError} `ERR_OPTION_RANGE` when not a finite number of at least 0
 * @example
 * configureOpentelemetry({ sampler: rateLimitingSampler(50) })
 */
export function rateLimitingSampler(spansPerSecond: number): Sampler {
  return new QuickSampler(new RateLimitedRootSampler(spansPerSecond))
}

/**
 * Records this share of traces, decided by the trace id; a span with a parent follows the parent. Services on the JavaScript SDK decide alike,
 * others by rules of their own: where they have to agree, use the sampler `parentbased_consistent_probability`.
 * @throws {ConfigError} `ERR_OPTION_RANGE` when not from 0 to 1
 * @see https://opentelemetry.io/docs/specs/otel/trace/sdk/#traceidratiobased
 */
export function ratioSampler(ratio: number): Sampler {
  if (!(ratio >= 0 && ratio <= 1))
    throw new ConfigError('ERR_OPTION_RANGE', `The ratio of a sampler must be from 0 to 1, got ${ratio}`, {
      option: 'sampler',
    })
  return new QuickSampler(new TraceIdRatioBasedSampler(ratio))
}

function createRootSampler(name: string, arg: number | undefined): Sampler {
  switch (name) {
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(checkRatio(arg ?? 1))
    case 'consistent_probability':
      return new (loadLazily<Sampling>('samplers').ConsistentProbabilitySampler)(checkRatio(arg ?? 1))
    case 'rate_limited':
      return new RateLimitedRootSampler(arg ?? DEFAULT_SPANS_PER_SECOND)
    default:
      return new AlwaysOnSampler()
  }
}

function checkRatio(ratio: number): number {
  if (ratio >= 0 && ratio <= 1) return ratio
  throw new ConfigError('ERR_OPTION_RANGE', `Option samplerArg must be a ratio from 0 to 1, got ${ratio}`, {
    option: 'samplerArg',
  })
}

/** Root spans up to a rate; a burst of one second's worth. */
class RateLimitedRootSampler implements Sampler {
  readonly #perSecond: number
  readonly #take: () => boolean

  constructor(perSecond: number) {
    if (!Number.isFinite(perSecond) || perSecond < 0) {
      throw new ConfigError(
        'ERR_OPTION_RANGE',
        `The rate of a sampler must be a finite number of at least 0, got ${perSecond}`,
        { option: 'sampler' },
      )
    }
    this.#perSecond = perSecond
    this.#take = createTokenBucket(perSecond)
  }

  shouldSample(
    context: Context,
    _traceId: string,
    _name: string,
    _kind: SpanKind,
    _attributes: Attributes,
    _links: Link[],
  ): SamplingResult {
    // without a parent-based sampler around it, a child must still not lose its recorded parent's trace
    const parent = trace.getSpanContext(context)
    if (parent && isSpanContextValid(parent) && !parent.isRemote)
      return { decision: parent.traceFlags & 1 ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
    return { decision: this.#take() ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
  }

  toString(): string {
    return `RateLimited{${this.#perSecond}/s}`
  }
}
