/** Ids that are remembered are written as those that are not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { writeId } from '../src/id-bytes.ts'
import { createIdGenerator } from '../src/signals/traces/id-generator.ts'

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length })
/** Few endings, so that many share a place. */
const ids = fc.tuple(
  fc.oneof(hex(29), hex(13), fc.string({ maxLength: 34 })),
  fc.constantFrom('000', '1a7', '5A7', '9a7', 'zzz', 'é', ''),
)

test('an id has the bytes of its digits, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, fc.constantFrom(8, 16)), { maxLength: 200 }), (written) => {
      // each twice, so that most are known the second time
      for (const [[start, end], length] of [...written, ...written])
        expect(bytesOf(start + end, length)).toEqual(expected(start + end, length))
    }),
    { numRuns: 300 },
  )
})

test('an id of the generator has the bytes of its digits: at once, and when others have taken its place', () => {
  const { generateTraceId, generateSpanId } = createIdGenerator()
  const made = Array.from({ length: 5_000 }, (_, index) => {
    const [id, length] = index % 3 === 0 ? [generateTraceId(), 16] : [generateSpanId(), 8]
    expect(bytesOf(id, length)).toEqual(expected(id, length))
    return [id, length] as const
  })
  for (const [id, length] of made) expect(bytesOf(id, length)).toEqual(expected(id, length))
})

function bytesOf(id: string, length: number): number[] {
  const into = new Uint8Array(length + 2).fill(9)
  writeId(id, length, new DataView(into.buffer), 1)
  expect([into[0], into[length + 1]]).toEqual([9, 9])
  return [...into.subarray(1, length + 1)]
}

function expected(id: string, length: number): number[] {
  return Array.from({ length }, (_, index) => {
    const digits = [id[2 * index], id[2 * index + 1]].map((digit = '') => (/^[0-9a-f]$/i.test(digit) ? digit : '0'))
    return Number.parseInt(digits.join(''), 16)
  })
}
