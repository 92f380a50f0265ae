/** Ids that are remembered are written as those that are not. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProtobufWriter } from '../../src/wire/protobuf-writer.ts'

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: length, maxLength: length })
/** Few endings, so that many share a place. */
const ids = fc.tuple(
  fc.oneof(hex(30), hex(14), fc.string({ maxLength: 34 })),
  fc.constantFrom('00', 'a7', 'A7', 'zz', ''),
)

test('a shared id has the bytes that it has by itself, whatever was written before', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, fc.constantFrom(8, 16)), { maxLength: 200 }), (written) => {
      const shared = new ProtobufWriter(1)
      const alone = new ProtobufWriter(1)
      // each twice, so that most are known the second time
      for (const [[start, end], length] of [...written, ...written]) {
        shared.sharedHexId(0x0a, start + end, length)
        alone.hexId(0x0a, start + end, length)
      }
      expect(shared.written().equals(alone.written())).toBe(true)
    }),
    { numRuns: 300 },
  )
})
