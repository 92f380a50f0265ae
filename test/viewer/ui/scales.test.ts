/** Marks of the axes of charts. */
import { expect, test } from 'vitest'
import { timeTicks, valueTicks } from '../../../src/viewer/ui/charts/scales.ts'

test.for<readonly [title: string, args: Parameters<typeof valueTicks>, ticks: readonly number[]]>([
  ['values are round', [0, 97, 5], [0, 20, 40, 60, 80]],
  ['small values are round too', [0, 0.0041, 4], [0, 0.002, 0.004]],
  ['a range below zero starts there', [-15, 15, 3], [-10, 0, 10]],
  ['bytes are round in powers of 1024', [0, 3 * 2 ** 20, 3, 'By'], [0, 2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20]],
  ['a range of one value has one mark', [5, 5, 4], [5]],
])('%s', ([, args, ticks]) => {
  expect(valueTicks(...args).map((tick) => Number(tick.toPrecision(12)))).toEqual(ticks)
})

test('times are whole steps apart and within the range', () => {
  const from = Date.UTC(2026, 0, 2, 3, 4, 5) * 1000
  const { stepUs, ticks } = timeTicks(from, from + 600e6, 8)
  expect(stepUs).toBe(120e6)
  expect(ticks).toHaveLength(5)
  for (const [index, tick] of ticks.entries()) {
    expect(tick % 60e6).toBe(0)
    expect(tick).toBeGreaterThanOrEqual(from)
    if (index > 0) expect(tick - ticks[index - 1]!).toBe(stepUs)
  }
})
