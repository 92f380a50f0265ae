/** The pauses between attempts, for any course of failures. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterFailure, type Backoff, HEALTHY, hurried, isNewFailure } from '../../../src/delivery/queue/backoff.ts'

const failures = fc.array(
  fc.record({
    afterMillis: fc.integer({ min: 0, max: 120_000 }),
    retryAfterMillis: fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined }),
    isEnding: fc.boolean(),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 60 },
)

test('a pause is what the server asks for, else between 0.8 and 36 seconds, or 40 ms at the end', () => {
  fc.assert(
    fc.property(failures, (course) => {
      let backoff: Backoff = HEALTHY
      let now = 1000
      for (const { afterMillis, ...failure } of course) {
        now += afterMillis
        const isNew = isNewFailure(backoff, now)
        const before = backoff
        backoff = afterFailure(backoff, { now, ...failure })
        const pause = backoff.notBefore - now
        if (failure.retryAfterMillis !== undefined) expect(pause).toBeCloseTo(failure.retryAfterMillis, 3)
        else if (!isNew) expect(backoff).toBe(before)
        else if (failure.isEnding) expect(pause).toBeCloseTo(40, 3)
        else {
          expect(pause).toBeGreaterThanOrEqual(799.9)
          expect(pause).toBeLessThanOrEqual(36_000.1)
        }
        expect(backoff.failures).toBe(before.failures + (isNew ? 1 : 0))
        expect(backoff.isThrottled).toBe(
          backoff === before ? before.isThrottled : failure.retryAfterMillis !== undefined,
        )
      }
    }),
  )
})

test('pauses grow to five seconds, and to thirty once an outage has lasted five minutes', () => {
  let backoff: Backoff = HEALTHY
  let now = 0
  const pauses: number[] = []
  while (now < 400_000) {
    backoff = afterFailure(backoff, { now, retryAfterMillis: undefined, isEnding: false, random: 0.5 })
    pauses.push(backoff.notBefore - now)
    now = backoff.notBefore
  }
  expect(pauses.slice(0, 5)).toEqual([1000, 2000, 4000, 5000, 5000])
  expect(pauses.at(-1)).toBe(30_000)
})

test('whoever is in a hurry shortens a pause of ours, never one that the server has asked for', () => {
  const failure = { now: 10, isEnding: false, random: 0.5 }
  const ours = afterFailure(HEALTHY, { ...failure, retryAfterMillis: undefined })
  const theirs = afterFailure(HEALTHY, { ...failure, retryAfterMillis: 9000 })
  expect(hurried(ours).notBefore).toBe(0)
  expect(hurried(theirs).notBefore).toBe(9010)
})
