/** Consistent probability sampling: thresholds, randomness, and what is written about them into the trace state. */
import { createTraceState, ROOT_CONTEXT, SamplingDecision, type TraceState, trace } from '@opentelemetry/api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseTraceState } from '../../../src/context/trace-state.ts'
import {
  ConsistentProbabilitySampler,
  formatThreshold,
  ParentThresholdSampler,
} from '../../../src/signals/traces/consistent-sampler.ts'
import { createSampler } from '../../../src/signals/traces/samplers.ts'

/** A trace id that ends in this randomness. */
const idWith = (randomness: string): string => `abcdef0123456789ab${randomness.padEnd(14, '0')}`
const childOf = (traceId: string, traceFlags: number, state?: string | TraceState) =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: 'b7ad6b7169203331',
    traceFlags,
    isRemote: true,
    ...(state !== undefined && { traceState: typeof state === 'string' ? parseTraceState(state)! : state }),
  })
const isSampled = ({ decision }: { decision: SamplingDecision }): boolean =>
  decision === SamplingDecision.RECORD_AND_SAMPLED

test.for<[number, string | undefined]>([
  [1, '0'], [0.5, '8'], [0.25, 'c'], [0.75, '4'], [0.125, 'e'], [1 / 3, 'aaab'], [2 / 3, '5555'], [0.1, 'e666'], [0.9, '199a'], [0.05, 'f3333'], [0.01, 'fd70a'], [0.99, '028f6'], [0.001, 'ffbe77'],
  [2 ** -16, 'ffff'], [2 ** -56, 'ffffffffffffff'], [1 - 2 ** -20, '00001'], [2 ** -58, undefined], [0, undefined],
])('a ratio of %s has the threshold %s', ([ratio, threshold]) => {
  expect(formatThreshold(ratio)).toBe(threshold)
}) // biome-ignore format: a table

test('a threshold is near its ratio, and never has more than 14 digits', () => {
  fc.assert(
    fc.property(fc.double({ min: 2 ** -50, max: 1, noNaN: true }), (ratio) => {
      const threshold = formatThreshold(ratio)!
      const share = 1 - Number(BigInt(`0x${threshold.padEnd(14, '0')}`)) / 2 ** 56
      return (
        /^[0-9a-f]{1,14}$/.test(threshold) &&
        (ratio < 2 ** -40 || Math.abs(share - ratio) <= ratio * 2 ** -11 + 2 ** -53)
      )
    }),
  )
})

describe('a root', () => {
  const sampler = new ConsistentProbabilitySampler(0.25)
  test.for<[string, boolean]>([
    ['bfffffffffffff', false], ['c0000000000000', true], ['ffffffffffffff', true], ['00000000000000', false],
  ])('with the randomness %s is sampled: %s', ([randomness, sampled]) => {
    const result = sampler.shouldSample(ROOT_CONTEXT, idWith(randomness))
    expect(isSampled(result)).toBe(sampled)
    expect(result.traceState?.serialize()).toBe(sampled ? 'ot=th:c' : undefined)
  }) // biome-ignore format: a table

  test('the share of random ids is the ratio, and a smaller ratio samples a part of them', () => {
    const half = new ConsistentProbabilitySampler(0.5)
    let [quarter, both] = [0, 0]
    for (let index = 0; index < 20_000; index++) {
      const id = Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(16))).toString('hex')
      if (!isSampled(sampler.shouldSample(ROOT_CONTEXT, id))) continue
      quarter++
      if (isSampled(half.shouldSample(ROOT_CONTEXT, id))) both++
    }
    expect(quarter / 20_000).toBeCloseTo(0.25, 1)
    expect(both).toBe(quarter)
  })
})

test.for<[string, string, number, string | undefined, boolean, string | undefined]>([
  // decided by its own ratio of 0.5, whatever the parent decided
  ['high', 'c', 1, undefined, true, 'ot=th:8'],
  ['low', '4', 1, undefined, false, undefined],
  ['its threshold replaces another one', 'f', 1, 'ot=th:c,x=1', true, 'ot=th:8,x=1'],
  ['the same threshold changes nothing', 'f', 1, 'x=1,ot=th:8', true, undefined],
  ['a threshold goes where the span is not sampled', '4', 1, 'ot=th:2,x=1', false, 'x=1'],
  ['the only member goes', '4', 1, 'ot=th:2', false, ''],
  ['explicit randomness counts, and stays', '0', 1, 'ot=rv:c0000000000000', true, 'ot=th:8;rv:c0000000000000'],
  ['explicit randomness below', 'f', 1, 'ot=th:0;rv:40000000000000', false, 'ot=rv:40000000000000'],
  ['randomness of the wrong length is none', 'f', 1, 'ot=rv:00', true, 'ot=th:8;rv:00'],
  ['randomness in capitals is none', 'f', 1, 'ot=rv:0A000000000000', true, 'ot=th:8;rv:0A000000000000'],
  ['what others write under ot stays', 'f', 1, 'ot=a:1;th:1;zz:x', true, 'ot=th:8;a:1;zz:x'],
  ['a threshold that is none is replaced', 'f', 1, 'ot=th:xyz', true, 'ot=th:8'],
])('consistent_probability below a parent: %s', ([, randomness, flags, state, sampled, expected]) => {
  const traceId = idWith(randomness)
  const result = new ConsistentProbabilitySampler(0.5).shouldSample(childOf(traceId, flags, state), traceId)
  expect(isSampled(result)).toBe(sampled)
  expect(result.traceState?.serialize()).toBe(expected)
})

test.for<[string, string, number, string | undefined, boolean, string | undefined]>([
  ['sampled without a threshold', '0', 1, undefined, true, undefined],
  ['not sampled', 'f', 0, undefined, false, undefined],
  ['sampled with its threshold', 'f', 3, 'ot=th:c', true, undefined],
  ['a threshold that is not true', '0', 1, 'ot=th:c,x=1', true, 'x=1'],
  ['a threshold of a span that is not sampled', 'f', 0, 'ot=th:c;a:1', false, 'ot=a:1'],
  ['explicit randomness', '0', 1, 'ot=th:c;rv:d0000000000000', true, undefined],
])('parentbased_consistent_probability follows a parent: %s', ([, randomness, flags, state, sampled, expected]) => {
  const traceId = idWith(randomness)
  const result = new ParentThresholdSampler(0).shouldSample(childOf(traceId, flags, state), traceId)
  expect(isSampled(result)).toBe(sampled)
  expect(result.traceState?.serialize()).toBe(expected)
})

test('a state of another implementation is changed by its own means', () => {
  const traceId = idWith('f')
  const result = new ConsistentProbabilitySampler(0.5).shouldSample(
    childOf(traceId, 1, createTraceState('x=1')),
    traceId,
  )
  expect(result.traceState?.serialize()).toBe('ot=th:8,x=1')
})

test.for(['consistent_probability', 'parentbased_consistent_probability'] as const)('%s takes a ratio', (name) => {
  expect(isSampled(createSampler(name, 0.5).shouldSample(ROOT_CONTEXT, idWith('8'), '', 0, {}, []))).toBe(true)
  expect(isSampled(createSampler(name, 0.5).shouldSample(ROOT_CONTEXT, idWith('7'), '', 0, {}, []))).toBe(false)
  expect(() => createSampler(name, 1.5)).toThrow(/samplerArg must be a ratio from 0 to 1/)
})
