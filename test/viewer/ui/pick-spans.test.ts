import { expect, test } from 'vitest'
import type { SpanRow } from '../../../src/viewer/api.ts'
import { pickSpans } from '../../../src/viewer/ui/pages/logs/pick-spans.ts'

/** Parents by position, depth-first. */
function spansOf(parents: readonly number[]): SpanRow[] {
  const descendants = parents.map(() => 0)
  for (let index = parents.length - 1; index >= 0; index--) {
    const parent = parents[index]!
    if (parent >= 0) descendants[parent]! += descendants[index]! + 1
  }
  return parents.map((parentIndex, index) => ({ index, parentIndex, descendants: descendants[index] }) as SpanRow)
}

test('a small trace is shown whole', () => {
  expect(pickSpans(spansOf([-1, 0, 1, 0, -1]), 2, 10)).toEqual([0, 1, 2, 3, 4])
})

test('the span, its path to the root and its children come before its neighbours', () => {
  // 0 > 1..20, of which 10 has 11 and 12
  const parents = [-1, ...Array.from({ length: 20 }, (_, index) => ([11, 12].includes(index + 1) ? 10 : 0))]
  expect(pickSpans(spansOf(parents), 10, 6)).toEqual([0, 8, 9, 10, 11, 12])
})

test('a deep path keeps both ends', () => {
  const chain = spansOf(Array.from({ length: 50 }, (_, index) => index - 1))
  expect(pickSpans(chain, 40, 5)).toEqual([0, 37, 38, 39, 40])
})

test('never more than asked for, never the same twice', () => {
  const wide = spansOf([-1, ...Array(3000).fill(0)])
  for (const owner of [0, 1, 1500, 3000]) {
    const picked = pickSpans(wide, owner, 10)
    expect(picked).toContain(owner)
    expect(new Set(picked).size).toBe(10)
  }
})
