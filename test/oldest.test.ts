/** The oldest of a map, whatever has been put in and taken out in between. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createOldest } from '../src/oldest.ts'

test('gives what a new iterator would give', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), key: fc.nat(60) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key: fc.nat(60) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('oldest' as const), key: fc.constant(0) }) },
    ),
    { maxLength: 300 },
  )
  fc.assert(
    fc.property(steps, (all) => {
      const map = new Map<number, number>()
      const takeOldest = createOldest(map)
      all.forEach(({ kind, key }, at) => {
        if (kind === 'add') map.set(key, at)
        else if (kind === 'remove') map.delete(key)
        else {
          const [expected] = map
          expect(takeOldest()).toEqual(expected)
          if (expected !== undefined) map.delete(expected[0])
        }
      })
    }),
    { numRuns: 1_000 },
  )
})

/** With a new iterator each, the second of them takes some fifty times as long as the first. */
test('a full map costs little more than one that is not full', () => {
  const cpuOf = (size: number): number => {
    const map = new Map<number, number>()
    const takeOldest = createOldest(map)
    const before = process.cpuUsage()
    for (let key = 0; key < 300_000; key++) {
      map.set(key, key)
      if (map.size > size) map.delete(takeOldest()![0])
    }
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  cpuOf(10)
  const [small, large] = [cpuOf(10), cpuOf(20_000)]
  expect(large).toBeLessThan(small * 10 + 200_000)
})
