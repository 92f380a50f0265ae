/** Samplers by name and by rate: who is recorded, and that children follow their parent. */
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api'
import { RandomIdGenerator, type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import type { SamplerName } from '../../../src/config/options.ts'
import type { SamplingRule } from '../../../src/config/sampling-rules.ts'
import {
  createSampler,
  type NamedSampler,
  rateLimitingSampler,
  ratioSampler,
  tellsWeights,
} from '../../../src/signals/traces/samplers.ts'

const ids = new RandomIdGenerator()
const parent = (isRemote: boolean, traceFlags: number) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: ids.generateTraceId(),
    spanId: ids.generateSpanId(),
    traceFlags,
    isRemote,
  })
const isSampled = (sampler: Sampler, context = ROOT_CONTEXT): boolean =>
  sampler.shouldSample(context, ids.generateTraceId(), 'span', SpanKind.INTERNAL, {}, []).decision ===
  SamplingDecision.RECORD_AND_SAMPLED

test.for<[SamplerName, number | undefined, { root: boolean; sampledRemote: boolean; unsampledRemote: boolean }]>([
  ['always_on', undefined, { root: true, sampledRemote: true, unsampledRemote: true }],
  ['always_off', undefined, { root: false, sampledRemote: false, unsampledRemote: false }],
  ['traceidratio', 0, { root: false, sampledRemote: false, unsampledRemote: false }],
  ['traceidratio', 1, { root: true, sampledRemote: true, unsampledRemote: true }],
  ['parentbased_always_on', undefined, { root: true, sampledRemote: true, unsampledRemote: false }],
  ['parentbased_always_off', undefined, { root: false, sampledRemote: true, unsampledRemote: false }],
  ['parentbased_traceidratio', 0, { root: false, sampledRemote: true, unsampledRemote: false }],
  ['rate_limited', 0, { root: false, sampledRemote: false, unsampledRemote: false }],
  ['parentbased_rate_limited', 1000, { root: true, sampledRemote: true, unsampledRemote: false }],
  ['parentbased_rate_limited', 0, { root: false, sampledRemote: true, unsampledRemote: false }],
  ['consistent_probability', undefined, { root: true, sampledRemote: true, unsampledRemote: true }],
  ['consistent_probability', 0, { root: false, sampledRemote: false, unsampledRemote: false }],
  ['parentbased_consistent_probability', 1, { root: true, sampledRemote: true, unsampledRemote: false }],
  ['parentbased_consistent_probability', 0, { root: false, sampledRemote: true, unsampledRemote: false }],
])('%s with %s', ([name, arg, expected]) => {
  const sampler = createSampler(name, arg)
  expect({
    root: isSampled(sampler),
    sampledRemote: isSampled(sampler, parent(true, 1)),
    unsampledRemote: isSampled(sampler, parent(true, 0)),
  }).toEqual(expected)
})

test('a ratio of 0.25 records a quarter of the traces', () => {
  const sampler = ratioSampler(0.25)
  const recorded = Array.from({ length: 20_000 }, () => isSampled(sampler)).filter(Boolean).length
  expect(recorded / 20_000).toBeCloseTo(0.25, 1)
})

test('a rate of 50 lets a burst of 50 through, then about 50 a second', async () => {
  const sampler = rateLimitingSampler(50)
  const count = (tries: number): number =>
    Array.from({ length: tries }, () => isSampled(sampler)).filter(Boolean).length
  const start = performance.now()
  let recorded = count(1000)
  expect(recorded).toBeGreaterThanOrEqual(50)
  while (performance.now() - start < 600) {
    recorded += count(20)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const seconds = (performance.now() - start) / 1000
  expect(recorded).toBeGreaterThan(50 + 50 * seconds * 0.7)
  expect(recorded).toBeLessThanOrEqual(50 + 50 * seconds + 1)
})

test('children of a recorded local parent are recorded beyond the rate', () => {
  const sampler = rateLimitingSampler(1)
  const recorded = Array.from({ length: 100 }, () => isSampled(sampler, parent(false, 1))).filter(Boolean).length
  expect(recorded).toBe(100)
})

test.for([Number.NaN, -1, Number.POSITIVE_INFINITY])('a rate of %s is refused', (rate) => {
  expect(() => rateLimitingSampler(rate)).toThrow(/finite number of at least 0/)
})

test.for<[NamedSampler['name'], readonly SamplingRule[], boolean]>([
  ['parentbased_always_on', [], true],
  ['always_on', [{ route: '/health', ratio: 0 }], true],
  ['always_on', [{ route: '/health', ratio: 0.1 }], false],
  ['parentbased_traceidratio', [], false],
  ['rate_limited', [], false],
  ['parentbased_consistent_probability', [{ route: '/health', ratio: 0.1 }], true],
])('with %s and rules %j what is left out can be told: %s', ([name, rules, expected]) => {
  expect(tellsWeights({ name, arg: 0.1 }, rules)).toBe(expected)
})

test('what a sampler of the application leaves out cannot be told', () => {
  expect(tellsWeights(createSampler('always_on', undefined))).toBe(false)
})
