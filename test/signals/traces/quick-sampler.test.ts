/** Samplers that the tracer asks in its short way decide for each parent as the SDK's, and what is not recorded behaves as the API's own. */
import { ROOT_CONTEXT, type Span, type SpanContext, type Tracer, trace } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createSampler, ratioSampler } from '../../../src/signals/traces/samplers.ts'
import { createOwnTracerProvider } from '../../../src/signals/traces/tracer-provider.ts'

const createTracer = (sampler: Sampler, idGenerator?: IdGenerator, trustsSampler = true): Tracer =>
  createOwnTracerProvider({ resource: emptyResource(), sampler, trustsSampler, idGenerator }).getTracer('test')

const ids = fc.constantFrom('0', '1', 'f', 'a', 'g', 'F')
const idOf = (length: number) =>
  fc
    .oneof(
      {
        weight: 5,
        arbitrary: fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }),
      },
      { weight: 1, arbitrary: fc.array(ids, { minLength: length - 1, maxLength: length + 1 }) },
      { weight: 1, arbitrary: fc.constant(Array.from({ length }, () => '0')) },
    )
    .map((digits) => digits.join(''))
const parents = fc.option(
  fc.record({
    traceId: idOf(32),
    spanId: idOf(16),
    traceFlags: fc.constantFrom(0, 1, 2, 3, 255),
    isRemote: fc.option(fc.boolean(), { nil: undefined }),
  }),
  { nil: undefined },
)

const PAIRS: ReadonlyArray<readonly [string, () => Sampler, () => Sampler]> = [
  ['parentbased_always_on', () => createSampler('parentbased_always_on', undefined), () => new AlwaysOnSampler()],
  ['parentbased_always_off', () => createSampler('parentbased_always_off', undefined), () => new AlwaysOffSampler()],
  ...[0, 0.1, 0.5, 1].flatMap((ratio) => [
    [
      `parentbased_traceidratio ${ratio}`,
      () => createSampler('parentbased_traceidratio', ratio),
      () => new TraceIdRatioBasedSampler(ratio),
    ] as const,
    [`ratioSampler ${ratio}`, () => ratioSampler(ratio), () => new TraceIdRatioBasedSampler(ratio)] as const,
  ]),
]

/** What a span and one below it are. */
function grow(
  getSpan: (parent: SpanContext | undefined) => Span,
  below: (span: Span) => Span,
  parent: SpanContext | undefined,
) {
  const span = getSpan(parent)
  const child = below(span)
  return [span, child].map((one) => {
    const { traceId, traceFlags, isRemote } = one.spanContext()
    return { traceId, isSampled: (traceFlags & 1) === 1, isRemote, isRecording: one.isRecording() }
  })
}

test.for(PAIRS)('%s', ([, createOwn, createRoot]) => {
  const sampler = createOwn()
  const theirs = new ParentBasedSampler({ root: createRoot() })
  // roots have the same ids, so that a share of them is decided alike
  let next = 0n
  const idGenerator = {
    generateTraceId: () =>
      ((next * 0x9e3779b97f4a7c15f39cc0605cedc835n) % (1n << 128n))
        .toString(16)
        .padStart(32, '0')
        .replace(/^0{32}$/, '1'.repeat(32)),
    generateSpanId: () => (next + 1n).toString(16).padStart(16, '0'),
  }
  const own = createTracer(sampler, idGenerator)
  const stock = new TracerProvider({ sampler: theirs, idGenerator }).getTracer('test')
  fc.assert(
    fc.property(parents, fc.boolean(), (parent, isRoot) => {
      next++
      const [ours, upstream] = [own, stock].map((tracer) =>
        grow(
          (from) =>
            tracer.startSpan('a', { root: isRoot }, from ? trace.setSpanContext(ROOT_CONTEXT, from) : ROOT_CONTEXT),
          (span) => tracer.startSpan('b', {}, trace.setSpan(ROOT_CONTEXT, span)),
          parent,
        ),
      )
      expect(ours).toEqual(upstream)
      // asked by others, as from within a sampler of the application
      const at = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
      const traceId = idGenerator.generateTraceId()
      expect(sampler.shouldSample(at, traceId, 'a', 0, {}, []).decision).toBe(
        theirs.shouldSample(at, traceId, 'a', 0, {}, []).decision,
      )
    }),
    { numRuns: 500 },
  )
})

test('a method that is put in the place of the decision is asked', () => {
  const sampler = ratioSampler(0)
  const asked = vi.fn(sampler.shouldSample.bind(sampler))
  sampler.shouldSample = asked
  const tracer = createTracer(sampler, undefined, false)
  tracer.startSpan('a', { attributes: { 'shop.user': 'ada' } })
  expect(asked).toHaveBeenCalledWith(expect.anything(), expect.any(String), 'a', 0, { 'shop.user': 'ada' }, [])
})

test('all that can be done with a span can be done with one that is not recorded', () => {
  const create = (sampler: Sampler) => createTracer(sampler).startSpan('a')
  const methodsOf = (span: Span): string[] =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(span)).filter((name) => name !== 'constructor')
  const span = create(createSampler('parentbased_always_off', undefined))
  const theirs = trace.wrapSpanContext(span.spanContext())
  expect(methodsOf(span).sort()).toEqual(methodsOf(theirs).sort())
  for (const name of methodsOf(span)) {
    const [ours, upstream] = [span, theirs].map((one) => {
      const result = (one as unknown as Record<string, (...given: unknown[]) => unknown>)[name]!('key', 'value')
      return result === one ? 'itself' : result
    })
    expect([name, ours]).toEqual([name, upstream])
  }
})
