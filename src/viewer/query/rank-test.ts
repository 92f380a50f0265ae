/** The Mann-Whitney rank test over durations that are counted in buckets: is one run slower, or is it chance? */

export interface RankTest {
  /** Two-sided; of equal runs it is below p in a share p of all cases. */
  readonly pValue: number
  /** Chance that a value of `b` is larger than one of `a`, ties counted half. */
  readonly chanceLarger: number
}

/**
 * By the normal approximation with correction for ties and continuity: right from about eight values on each side.
 * @see https://en.wikipedia.org/wiki/Mann%E2%80%93Whitney_U_test#Normal_approximation_and_tie_correction
 */
export function rankTest(a: ArrayLike<number>, b: ArrayLike<number>): RankTest {
  let [countA, countB, larger, ties] = [0, 0, 0, 0]
  for (let bucket = 0; bucket < a.length; bucket++) {
    const [inA, inB] = [a[bucket]!, b[bucket]!]
    larger += inB * (countA + inA / 2)
    countA += inA
    countB += inB
    ties += (inA + inB) ** 3 - (inA + inB)
  }
  const pairs = countA * countB
  const all = countA + countB
  if (pairs === 0) return { pValue: 1, chanceLarger: 0.5 }
  const variance = (pairs / 12) * (all + 1 - ties / (all * (all - 1)))
  const distance = Math.max(Math.abs(larger - pairs / 2) - 0.5, 0)
  const pValue = variance <= 0 ? 1 : Math.min(erfc(distance / Math.sqrt(2 * variance)), 1)
  return { pValue, chanceLarger: larger / pairs }
}

/** Holm's method: with many tests, one of them is small by chance. Gives the corrected values in the same order. */
export function correctByHolm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((x, y) => pValues[x]! - pValues[y]!)
  const corrected: number[] = new Array(pValues.length)
  let least = 0
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(pValues[index]! * (pValues.length - rank), 1))
    corrected[index] = least
  }
  return corrected
}

/** Complementary error function; relative error below 1.2e-7 (Numerical Recipes, 6.2). */
function erfc(x: number): number {
  const t = 1 / (1 + x / 2)
  const terms = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ]
  return t * Math.exp(-x * x + terms.reduce((sum, term) => sum * t + term, 0))
}
