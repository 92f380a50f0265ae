/** What all tracers of one provider share: sampling, ids, limits, counters, and the processors, none of which may throw into the application. */
import {
  type Attributes,
  type Context,
  diag,
  isValidSpanId,
  isValidTraceId,
  type Link,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IdGenerator, Sampler, SamplingResult, SpanProcessor } from '@opentelemetry/sdk-trace'
import { hearRejection } from '../../errors.ts'
import { keepAttributes, readProperty } from '../attribute-values.ts'
import { createIdGenerator } from './id-generator.ts'
import { QuickSampler } from './quick-sampler.ts'
import type { SelfCounters } from './self-counters.ts'
import type { RecordingSpan, SpanOwner } from './span.ts'
import type { Limits } from './span-attributes.ts'

export interface TracerCoreOptions {
  readonly resource: Resource
  readonly limits: Limits
  readonly sampler: Sampler
  /** Whether the sampler looks at no attributes, so that it may be given those of the application as they are. */
  readonly trustsSampler: boolean
  /** The application's; ours where undefined. */
  readonly idGenerator: IdGenerator | undefined
  readonly processors: readonly SpanProcessor[]
  readonly counters: SelfCounters | undefined
}

// values of SamplingDecision
const DROP = 0
const RECORD = 1
const SAMPLE = 2

export class TracerCore implements SpanOwner {
  readonly resource: Resource
  readonly limits: Limits
  readonly processors: readonly SpanProcessor[]
  readonly counters: SelfCounters | undefined
  /** Whether trace ids that start here are random, by the word of W3C's flag. */
  readonly hasOwnIds: boolean
  readonly trustsSampler: boolean
  /** Where the sampler asks for no more than the parent and the trace id. */
  private readonly quickSampler: QuickSampler | undefined
  private readonly sampler: Sampler
  private readonly ids: IdGenerator
  private readonly ownIds: IdGenerator

  constructor({ resource, limits, sampler, trustsSampler, idGenerator, processors, counters }: TracerCoreOptions) {
    this.resource = resource
    this.limits = limits
    this.processors = processors
    this.counters = counters
    this.sampler = sampler
    // its method may be replaced
    const isQuick = sampler instanceof QuickSampler && sampler.shouldSample === QuickSampler.prototype.shouldSample
    this.quickSampler = isQuick ? sampler : undefined
    this.trustsSampler = trustsSampler || isQuick
    this.hasOwnIds = idGenerator === undefined
    this.ownIds = createIdGenerator()
    this.ids = idGenerator ?? this.ownIds
  }

  createSpanId(): string {
    try {
      const id = this.ids.generateSpanId()
      if (this.hasOwnIds || isValidSpanId(id)) return id
      say('id generator', new Error('no id of 16 hexadecimal digits'))
    } catch (error) {
      say('id generator', error)
    }
    return this.ownIds.generateSpanId()
  }

  createTraceId(): string {
    try {
      const id = this.ids.generateTraceId()
      if (this.hasOwnIds || isValidTraceId(id)) return id
      say('id generator', new Error('no id of 32 hexadecimal digits'))
    } catch (error) {
      say('id generator', error)
    }
    return this.ownIds.generateTraceId()
  }

  /**
   * The decision of the sampler; that of the parent where the sampler throws or decides nothing.
   * @param parent a valid one, if any
   */
  sample(
    parent: SpanContext | undefined,
    context: Context,
    traceId: string,
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    links: Link[],
  ): SamplingResult {
    if (this.quickSampler !== undefined) return this.quickSampler.decide(parent, traceId)
    try {
      const result = this.sampler.shouldSample(context, traceId, name, kind, attributes, links)
      if (result.decision === DROP || result.decision === RECORD || result.decision === SAMPLE) return result
      hearRejection(result, (error) => say('sampler', error))
      say('sampler', new Error('no decision'))
    } catch (error) {
      say('sampler', error)
    }
    return { decision: parent !== undefined && (parent.traceFlags & 1) === 0 ? DROP : SAMPLE }
  }

  keepLink(link: unknown): Link | undefined {
    if (typeof link !== 'object' || link === null) return undefined
    const context = readProperty(link, 'context') as SpanContext | undefined
    if (typeof context !== 'object' || context === null) return undefined
    if (typeof readProperty(context, 'traceId') !== 'string') return undefined
    const { attributePerLinkCountLimit, attributeValueLengthLimit } = this.limits
    const attributes = readProperty(link, 'attributes')
    return { context, ...keepAttributes(attributes, attributePerLinkCountLimit, attributeValueLengthLimit) }
  }

  onStart(span: RecordingSpan, context: Context): void {
    for (const processor of this.processors) {
      try {
        processor.onStart(span, context)
      } catch (error) {
        say('span processor', error)
      }
    }
  }

  onEnding(span: RecordingSpan): void {
    for (const processor of this.processors) {
      if (processor.onEnding === undefined) continue
      try {
        processor.onEnding(span)
      } catch (error) {
        say('span processor', error)
      }
    }
    this.counters?.end(span._isSampled)
  }

  onEnd(span: RecordingSpan): void {
    for (const processor of this.processors) {
      try {
        processor.onEnd(span)
      } catch (error) {
        say('span processor', error)
      }
    }
  }
}

/** Logging throttles equal lines. */
function say(what: string, error: unknown): void {
  try {
    diag.error(`A ${what} has thrown, which costs the span what it would have done: ${(error as Error)?.message}`)
  } catch {
    // an error that cannot be read
  }
}
