/** Decides as `ParentBasedSampler` does, without examining once more the ids of a parent that the tracer knows to be valid. */
import { type Context, isSpanContextValid, ROOT_CONTEXT, type SpanContext, TraceFlags, trace } from '@opentelemetry/api'
import { ParentBasedSampler, type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace'

const RECORD: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED })
const DROP: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD })

export class QuickSampler extends ParentBasedSampler {
  readonly #root: Sampler

  /** @param root asks for no more than the trace id */
  constructor(root: Sampler) {
    super({ root })
    this.#root = root
  }

  /** @param parent a valid one, if any */
  decide(parent: SpanContext | undefined, traceId: string): SamplingResult {
    if (parent !== undefined) return parent.traceFlags & TraceFlags.SAMPLED ? RECORD : DROP
    return this.#root.shouldSample(ROOT_CONTEXT, traceId, '', 0, {}, [])
  }

  override shouldSample(context: Context, traceId: string): SamplingResult {
    const parent = trace.getSpanContext(context)
    return this.decide(parent !== undefined && isSpanContextValid(parent) ? parent : undefined, traceId)
  }
}
