/** Random programs of calls of the tracing API, and what the spans of a provider look like after one. */
import {
  type Context,
  context,
  type HrTime,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type TimeInput,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import type { IdGenerator, ReadableSpan, Sampler, SamplingResult, SpanProcessor } from '@opentelemetry/sdk-trace'
import fc from 'fast-check'

export interface Program {
  readonly limits: Record<string, number>
  readonly sampler: keyof typeof SAMPLERS
  readonly steps: readonly Step[]
}

type Step =
  | { call: 'start'; name: string; options: object | undefined; parent: Parent; active: boolean }
  | { call: 'method'; span: number; method: string; args: readonly unknown[] }

type Parent = number | 'none' | 'remote' | 'unsampled' | 'invalid' | 'suppressed'

const result = (decision: number, more: Partial<SamplingResult> = {}): SamplingResult => ({ decision, ...more })
const state = { serialize: () => 'a=1' } as never

/** Samplers of an application, for which both sides make copies. */
export const SAMPLERS = {
  on: () => result(2),
  off: () => result(0),
  recordOnly: () => result(1),
  byParent: (parent: Context) => result((trace.getSpanContext(parent)?.traceFlags ?? 1) & 1 ? 2 : 0),
  attributes: (_: Context, __: string, name: string) =>
    result(2, { attributes: { sampled: name, method: 'by sampler' }, traceState: state }),
  mutating: (_c: Context, _t: string, _n: string, _k: number, attributes: Record<string, unknown>) => {
    attributes.seen = true
    return result(2)
  },
} satisfies Record<string, Sampler['shouldSample']>

const PAST = 1_600_000_000_000
const time = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: PAST, max: PAST + 1e7 }),
  fc.double({ min: PAST, max: PAST + 1e7, noNaN: true }),
  fc.integer({ min: PAST, max: PAST + 1e7 }).map((millis) => new Date(millis)),
  fc.tuple(fc.integer({ min: 1.6e9, max: 1.6e9 + 1e4 }), fc.integer({ min: 0, max: 999_999_999 })),
  fc.double({ min: 0, max: 100, noNaN: true }),
) as fc.Arbitrary<TimeInput | undefined>
const text = fc.oneof(fc.constantFrom('GET', 'grüße', '', 'a long text of many letters'), fc.string({ maxLength: 12 }))
const simple = fc.oneof(
  text,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.integer(), { maxLength: 3 }),
  fc.constant(undefined),
)
const value = fc.oneof(
  { weight: 4, arbitrary: simple },
  fc.constant(null),
  fc.array(fc.oneof(simple, fc.constant(null)), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.oneof(simple, fc.constant(null)), { noNullPrototype: true }),
)
const key = fc.constantFrom('method', 'path', 'status', 'route', 'ä', 'sampled', '1')
const attributes = fc.dictionary(key, value, { noNullPrototype: true, maxKeys: 7 })
const simpleAttributes = fc.dictionary(key, simple, { noNullPrototype: true, maxKeys: 5 })
const link = attributes.map(
  (own): Link => ({ context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), traceFlags: 1 }, attributes: own }),
)
const bareLink = fc.constant<Link>({ context: { traceId: 'e'.repeat(32), spanId: 'f'.repeat(16), traceFlags: 0 } })
const links = fc.array(fc.oneof(link, bareLink), { maxLength: 4 })
const options = fc.option(
  fc.record(
    { kind: fc.integer({ min: 0, max: 4 }), attributes, links, startTime: time, root: fc.boolean() },
    { requiredKeys: [] },
  ),
  { nil: undefined },
)
const exception = fc.oneof(
  text,
  fc.constantFrom(
    new Error('wrong'),
    Object.assign(new Error('coded'), { code: 'ENOENT' }),
    Object.assign(new TypeError('numbered'), { code: 404 }),
    { name: 'Named' },
    { message: 'only a message' },
    { message: 'x', stack: 'at y' },
    {},
    { code: 12 },
  ),
)
const status = fc.record(
  { code: fc.constantFrom(0, 1, 2), message: fc.oneof(text, fc.constant(5), fc.constant(null)) },
  { requiredKeys: ['code'] },
)

const method = fc.oneof(
  fc.tuple(fc.constant('setAttribute'), fc.tuple(key, value)),
  fc.tuple(fc.constant('setAttributes'), fc.tuple(attributes)),
  fc.tuple(fc.constant('addEvent'), fc.tuple(text, fc.oneof(simpleAttributes, time), time)),
  fc.tuple(fc.constant('addLink'), fc.tuple(fc.oneof(link, bareLink))),
  fc.tuple(fc.constant('addLinks'), fc.tuple(links)),
  fc.tuple(fc.constant('setStatus'), fc.tuple(status)),
  fc.tuple(fc.constant('updateName'), fc.tuple(text)),
  fc.tuple(fc.constant('recordException'), fc.tuple(exception, time)),
  fc.tuple(fc.constant('isRecording'), fc.constant([])),
  fc.tuple(fc.constant('spanContext'), fc.constant([])),
  fc.tuple(fc.constant('end'), fc.tuple(time)),
) as fc.Arbitrary<[string, unknown[]]>

const index = fc.integer({ min: 0, max: 5 })
const start = fc.record({
  call: fc.constant('start' as const),
  name: text,
  options,
  parent: fc.oneof(index, fc.constantFrom('none', 'remote', 'unsampled', 'invalid', 'suppressed')),
  active: fc.boolean(),
}) as fc.Arbitrary<Step>
const call = fc.tuple(index, method).map(([span, [name, args]]): Step => ({ call: 'method', span, method: name, args }))

const limit = fc.constantFrom(0, 1, 2, 5, 128)
export const programs: fc.Arbitrary<Program> = fc.record({
  limits: fc.record(
    {
      attributeCountLimit: limit,
      // not 0, which the SDK takes for no limit
      attributeValueLengthLimit: fc.constantFrom(1, 3, 10, 1000),
      eventCountLimit: limit,
      linkCountLimit: limit,
      attributePerEventCountLimit: limit,
      attributePerLinkCountLimit: limit,
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, number>>,
  sampler: fc.constantFrom(...(Object.keys(SAMPLERS) as (keyof typeof SAMPLERS)[])),
  steps: fc
    .tuple(
      start,
      fc.array(fc.oneof({ weight: 1, arbitrary: start }, { weight: 4, arbitrary: call }), { maxLength: 14 }),
    )
    .map(([first, rest]) => [first, ...rest]),
})

export interface Setup {
  readonly sampler: Sampler
  readonly idGenerator: IdGenerator
  readonly spanProcessors: SpanProcessor[]
  readonly limits: Record<string, number>
}

/** Runs the program. @returns what the application and the processors saw, in order */
export function runProgram(program: Program, createProvider: (setup: Setup) => TracerProvider): unknown[] {
  const seen: unknown[] = []
  const note = (when: string) => (span: ReadableSpan) => void seen.push([when, snapshot(span)])
  const processor: SpanProcessor = {
    onStart: note('start'),
    onEnding: note('ending'),
    onEnd: note('end'),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const sampler: Sampler = { shouldSample: SAMPLERS[program.sampler] as Sampler['shouldSample'] }
  const setup = { sampler, idGenerator: countingIds(), spanProcessors: [processor], limits: program.limits }
  const tracer = createProvider(setup).getTracer('test', '1.0.0', { schemaUrl: 'http://schema' })
  const spans: Span[] = []
  for (const step of program.steps) {
    if (step.call === 'method') {
      const span = spans[step.span % spans.length] as unknown as Record<string, (...args: unknown[]) => unknown>
      const answer = span[step.method]!(...step.args)
      seen.push(answer === span ? 'itself' : flags(answer))
      continue
    }
    const parent = contextOf(step.parent, spans)
    if (step.active) tracer.startActiveSpan(step.name, step.options ?? {}, parent, (span) => spans.push(span))
    else spans.push(tracer.startSpan(step.name, step.options, parent))
    seen.push(flags(spans.at(-1)!.spanContext()))
  }
  for (const span of spans) if (isReadable(span)) seen.push(snapshot(span))
  return seen
}

const isReadable = (span: unknown): span is ReadableSpan => 'startTime' in (span as object)

function contextOf(parent: Parent, spans: readonly Span[]): Context {
  const remote = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isRemote: true }
  if (typeof parent === 'number')
    return spans.length === 0 ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, spans[parent % spans.length]!)
  if (parent === 'suppressed') return suppressTracing(ROOT_CONTEXT)
  if (parent === 'remote') return trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceFlags: 1, traceState: state })
  if (parent === 'unsampled') return trace.setSpanContext(ROOT_CONTEXT, { ...remote, traceFlags: 0 })
  if (parent === 'invalid') return trace.setSpanContext(ROOT_CONTEXT, { ...remote, spanId: 'no', traceFlags: 1 })
  return context.active()
}

function countingIds(): IdGenerator {
  let next = 1
  return {
    generateTraceId: () => (next++).toString(16).padStart(32, '0'),
    generateSpanId: () => (next++).toString(16).padStart(16, '0'),
  }
}

const flags = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'traceFlags' in answer ? { ...answer } : answer

/** All that the seam defines. Times that depend on the clock are told from those that were given. */
export function snapshot(span: ReadableSpan): unknown {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: { ...span.spanContext() },
    parentSpanContext: span.parentSpanContext && { ...span.parentSpanContext },
    startTime: given(span.startTime),
    endTime: given(span.endTime),
    duration: isGiven(span.startTime) && isGiven(span.endTime) ? [...span.duration] : span.duration[0] >= 0,
    ended: span.ended,
    status: { ...span.status },
    attributes: structuredClone(span.attributes),
    events: span.events.map((event) => ({ ...event, time: given(event.time) })),
    links: span.links.map((link) => ({ ...link })),
    dropped: [span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount],
    scope: { ...span.instrumentationScope },
    resource: span.resource.attributes,
  }
}

const isGiven = ([seconds]: HrTime): boolean => seconds < Date.now() / 1000 - 3_000_000
const given = (time: HrTime): unknown => (isGiven(time) ? [...time] : 'now')
