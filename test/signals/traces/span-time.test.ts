/** Milliseconds become seconds and nanoseconds as in OpenTelemetry's `core`, to the last bit. */
import { millisToHrTime } from '@opentelemetry/core'
import { expect, test } from 'vitest'
import { parts, setFromMillis } from '../../../src/signals/traces/span-time.ts'

function check(millis: number): void {
  setFromMillis(millis)
  const [seconds, nanos] = millisToHrTime(millis)
  // there are two zeros
  expect([parts.seconds + 0, parts.nanos + 0]).toEqual([seconds + 0, nanos + 0])
}

const around = (millis: number): number[] => {
  const [value] = new Float64Array([millis])
  const bits = new BigInt64Array(new Float64Array([value!]).buffer)[0]!
  const neighbour = (step: bigint): number => new Float64Array(new BigInt64Array([bits + step]).buffer)[0]!
  return [neighbour(-2n), neighbour(-1n), millis, neighbour(1n), neighbour(2n)]
}

test('whole seconds and what is next to them', () => {
  const wholes = [1, 999, 1e3, 1_700_000_000_000, 1_764_000_000_000, 2 ** 41, 2 ** 52].flatMap(around)
  for (const millis of [0, ...wholes, ...wholes.map((one) => -one)]) check(millis)
})

test('any time', () => {
  for (let index = 0; index < 20_000; index++)
    check(index % 2 === 0 ? 1.7e12 + Math.random() * 1e11 : (Math.random() - 0.5) * 10 ** (index % 13))
})
