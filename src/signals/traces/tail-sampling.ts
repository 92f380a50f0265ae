/**
 * Decides whether a trace is kept when it is known: its spans wait in memory, bounded in bytes and in time, until its local root has ended. What is
 * certain to be kept passes at once.
 */

import { AsyncLocalStorage } from 'node:async_hooks'
import { type SpanContext, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace'
import type { KeepOptions } from '../../config/keep-options.ts'
import { createOldest } from '../../oldest.ts'
import { unlistenToProcess } from '../../process-events.ts'
import { clearTimeout, performance, setTimeout } from '../../timers.ts'
import { sizeOfValue } from '../value-size.ts'
import type { Fate, Fates } from './fates.ts'
import { createKeepRules, hasThreshold, type KeepReason, withProbability } from './keep-rules.ts'
import { setAttribute } from './span-attributes.ts'
import { SpanData } from './span-data.ts'

export interface TailSamplingOptions extends KeepOptions {
  /** Where kept spans go. */
  readonly next: readonly SpanProcessor[]
  /** Whether the sampler before this one leaves nothing out but what its thresholds tell. Else no weights are written, which would be too small. @default true */
  readonly weighs?: boolean | undefined
  /** Told of every decision. */
  readonly fates?: Fates | undefined
}

export interface TailSampler extends SpanProcessor {
  /** Spans of traces that were not kept. */
  readonly sampledOut: number
  /** Spans that wait for a decision. */
  readonly waiting: number
}

interface Trace {
  /** The context of the span that came first. */
  readonly context: SpanContext
  /** Ended, and not decided. */
  spans: ReadableSpan[]
  bytes: number
  readonly since: number
  /** Local roots that have not ended: a service that calls itself has several. */
  readonly roots: Set<string>
  reason: KeepReason | undefined
  isDropped: boolean
  /** The probability that this trace was kept with; undefined where the caller's threshold holds. */
  probability: number | undefined
}

const REASON = 'uptrace.keep.reason'
const WAIT_MILLIS = 30_000
const BUFFER_LIMIT_BYTES = 16 * 1024 * 1024
const SWEEP_MILLIS = 1000
const MAX_OPEN = 50_000
/** So many decisions are remembered for spans that end after their root. */
const MAX_DECIDED = 10_000
const SPAN_BYTES = 600
const NO_LIMITS = {
  ...{ attributeCountLimit: 1e9, attributeValueLengthLimit: 1e9, eventCountLimit: 0, linkCountLimit: 0 },
  ...{ attributePerEventCountLimit: 0, attributePerLinkCountLimit: 0 },
}

export function createTailSampler(options: TailSamplingOptions): TailSampler {
  const { next, fates, weighs = true, waitMillis = WAIT_MILLIS, bufferLimitBytes = BUFFER_LIMIT_BYTES } = options
  const rules = createKeepRules(options)
  // the timer must not hold the state of the request that happened to start it
  const detached = AsyncLocalStorage.snapshot()
  /** Oldest first. */
  const open = new Map<string, Trace>()
  const decided = new Map<string, Trace>()
  const takeOldest = createOldest(open)
  const takeOldestDecided = createOldest(decided)
  let bytes = 0
  let waiting = 0
  let sampledOut = 0
  let timer: NodeJS.Timeout | undefined
  process.prependListener('exit', decideAll)
  if (fates) fates.fateOf = fateOf

  return {
    onStart(span, context) {
      for (const processor of next) processor.onStart(span, context)
      const own = span.spanContext()
      if ((own.traceFlags & TraceFlags.SAMPLED) === 0) return
      const { traceId, spanId } = own
      const undecided = open.get(traceId)
      if (undecided === undefined && !decided.has(traceId)) begin(own, span.parentSpanContext)
      else if (undecided !== undefined && isLocalRoot(span)) undecided.roots.add(spanId)
    },
    onEnd(span) {
      const own = span.spanContext()
      const { traceId, spanId } = own
      if ((own.traceFlags & TraceFlags.SAMPLED) === 0) return
      const trace = open.get(traceId) ?? decided.get(traceId) ?? createTrace(own)
      const isRoot = trace.roots.delete(spanId) || isLocalRoot(span)
      if (trace.reason === undefined) keepFor(trace, rules.evidenceOf(span, isRoot), 1)
      if (trace.reason !== undefined) pass(trace, span)
      else if (trace.isDropped) sampledOut++
      else hold(trace, span)
      if (trace.roots.size === 0 && (isUndecided(trace) || open.has(traceId))) decide(traceId, trace)
    },
    async forceFlush() {
      decideAll()
      await Promise.all(next.map((processor) => processor.forceFlush()))
    },
    async shutdown() {
      unlistenToProcess('exit', decideAll)
      decideAll()
      clearTimeout(timer)
      await Promise.all(next.map((processor) => processor.shutdown()))
    },
    get sampledOut() {
      return sampledOut
    },
    get waiting() {
      return waiting
    },
  }

  function begin(own: SpanContext, parent: SpanContext | undefined): void {
    const trace = createTrace(own)
    trace.roots.add(own.spanId)
    open.set(own.traceId, trace)
    if (parent?.isRemote && hasThreshold(parent.traceState)) keepFor(trace, 'parent', undefined)
    if (open.size > MAX_OPEN) decideOldest()
    timer ??= detached(startTimer)
  }

  function fateOf(traceId: string): Fate | undefined {
    const trace = open.get(traceId) ?? decided.get(traceId)
    if (trace === undefined) return undefined
    return trace.reason !== undefined ? 'kept' : trace.isDropped ? 'dropped' : 'open'
  }

  function startTimer(): NodeJS.Timeout {
    return setTimeout(sweep, SWEEP_MILLIS).unref()
  }

  function sweep(): void {
    timer = undefined
    const before = performance.now() - waitMillis
    for (const [traceId, trace] of open) {
      if (trace.since > before) break
      decide(traceId, trace)
    }
    if (open.size > 0) timer = startTimer()
  }

  function hold(trace: Trace, span: ReadableSpan): void {
    const size = sizeOf(span)
    trace.spans.push(span)
    trace.bytes += size
    bytes += size
    waiting++
    while (bytes > bufferLimitBytes && open.size > 0) decideOldest()
  }

  function decideAll(): void {
    for (const [traceId, trace] of open) decide(traceId, trace)
  }

  function decideOldest(): void {
    const oldest = takeOldest()
    if (oldest !== undefined) decide(...oldest)
  }

  function decide(traceId: string, trace: Trace): void {
    open.delete(traceId)
    remember(traceId, trace)
    const isLong = trace.roots.size > 0 && rules.isSlow(performance.now() - trace.since)
    // nothing waits for them any more, and those that never end would stay
    trace.roots.clear()
    if (trace.reason !== undefined) return
    if (isLong) keepFor(trace, 'slow', 1)
    const chance = trace.reason === undefined ? rules.draw(trace.context) : undefined
    if (chance) keepFor(trace, chance.reason, chance.probability)
    if (trace.reason !== undefined) return
    trace.isDropped = true
    fates?.onDecided(traceId, false)
    sampledOut += trace.spans.length
    release(trace)
  }

  /** What was remembered last is asked for first. */
  function remember(traceId: string, trace: Trace): void {
    decided.set(traceId, trace)
    if (decided.size > MAX_DECIDED) decided.delete(takeOldestDecided()![0])
  }

  /** Also of a trace that was dropped: what comes from here on is kept. */
  function keepFor(trace: Trace, reason: KeepReason | undefined, probability: number | undefined): void {
    if (reason === undefined) return
    trace.reason = reason
    trace.probability = probability
    fates?.onDecided(trace.context.traceId, true)
    for (const span of release(trace)) pass(trace, span)
  }

  function release(trace: Trace): ReadableSpan[] {
    const { spans } = trace
    bytes -= trace.bytes
    waiting -= spans.length
    trace.spans = []
    trace.bytes = 0
    return spans
  }

  function pass(trace: Trace, span: ReadableSpan): void {
    if (weighs && trace.probability !== undefined) markProbability(span.spanContext(), trace.probability, trace.reason!)
    if (isLocalRoot(span) && span instanceof SpanData) setAttribute(span, REASON, trace.reason, NO_LIMITS)
    for (const processor of next) processor.onEnd(span)
  }
}

const createTrace = (context: SpanContext): Trace => ({
  context,
  spans: [],
  bytes: 0,
  since: performance.now(),
  roots: new Set(),
  reason: undefined,
  isDropped: false,
  probability: undefined,
})

const isUndecided = (trace: Trace): boolean => trace.reason === undefined && !trace.isDropped

function isLocalRoot({ parentSpanContext }: ReadableSpan): boolean {
  return parentSpanContext === undefined || parentSpanContext.isRemote === true
}

/** A trace that is kept for what it is stands for those that a sampler before this one has left out, and no others. */
function markProbability(context: SpanContext, probability: number, reason: KeepReason): void {
  const isCertain = reason !== 'ratio' && reason !== 'rate'
  if (isCertain && hasThreshold(context.traceState)) return
  context.traceState = withProbability(context.traceState, probability)
}

/** Roughly what a span holds in memory. */
function sizeOf(span: ReadableSpan): number {
  const size = SPAN_BYTES + (span.status.message?.length ?? 0)
  if (!(span instanceof SpanData)) return size + sizeOfValue([span.attributes, span.events, span.links])
  return size + sizeOfValue([span._flat ?? span.attributes, span._events, span._links])
}
