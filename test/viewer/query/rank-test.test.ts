import { describe, expect, test } from 'vitest'
import { correctByHolm, rankTest } from '../../../src/viewer/query/rank-test.ts'

/** Values as counts by bucket, one bucket a value. */
function counts(values: readonly number[], buckets = 40): number[] {
  const all = new Array<number>(buckets).fill(0)
  for (const value of values) all[value]!++
  return all
}

describe('rank test', () => {
  test('the tortoises and hares of Wikipedia: U is 25 of 36', () => {
    const { pValue, chanceLarger } = rankTest(counts([1, 7, 8, 9, 10, 11]), counts([2, 3, 4, 5, 6, 12]))
    expect(chanceLarger).toBeCloseTo(11 / 36, 10)
    expect(pValue).toBeCloseTo(0.298, 3)
  })

  test('ties count half, and are corrected for', () => {
    // scipy.stats.mannwhitneyu(a, b, method='asymptotic'): U of b 39.5, sigma by the tie formula
    const { pValue, chanceLarger } = rankTest(counts([1, 1, 2, 2, 3, 3, 4]), counts([2, 3, 3, 4, 4, 5, 5]))
    expect(chanceLarger).toBeCloseTo(40 / 49, 10)
    expect(pValue).toBeGreaterThan(0.04)
    expect(pValue).toBeLessThan(0.06)
  })

  test('is the same from both sides', () => {
    const [a, b] = [counts([3, 5, 8, 9, 9, 12, 15, 16]), counts([4, 9, 13, 14, 18, 20, 22, 23, 24])]
    expect(rankTest(a, b).pValue).toBe(rankTest(b, a).pValue)
    expect(rankTest(a, b).chanceLarger).toBeCloseTo(1 - rankTest(b, a).chanceLarger, 10)
  })

  test('nothing, or all the same, tells nothing', () => {
    expect(rankTest(counts([]), counts([1])).pValue).toBe(1)
    expect(rankTest(counts([5, 5, 5]), counts([5, 5, 5]))).toEqual({ pValue: 1, chanceLarger: 0.5 })
  })

  test('of equal runs one in a hundred is told apart at 1 %, no more', () => {
    const random = generator(7)
    const sample = () => counts(Array.from({ length: 20 }, () => Math.floor((random() + random() + random()) * 13)))
    let found = 0
    for (let round = 0; round < 4000; round++) if (rankTest(sample(), sample()).pValue < 0.01) found++
    expect(found / 4000).toBeLessThan(0.014)
    expect(found / 4000).toBeGreaterThan(0.004)
  })

  test('a shift by a deviation is found with twenty calls', () => {
    const random = generator(11)
    const sample = (shift: number) =>
      counts(
        Array.from({ length: 20 }, () => Math.floor((random() + random() + random()) * 13) + shift),
        60,
      )
    let found = 0
    for (let round = 0; round < 500; round++) if (rankTest(sample(0), sample(10)).pValue < 0.01) found++
    expect(found / 500).toBeGreaterThan(0.8)
  })
})

test('Holm: the smallest is multiplied by all, and none falls below one before', () => {
  expect(correctByHolm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02])
  expect(correctByHolm([])).toEqual([])
  expect(correctByHolm([0.9, 0.8])).toEqual([1, 1])
})

/** Mulberry32: the same numbers each time. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
