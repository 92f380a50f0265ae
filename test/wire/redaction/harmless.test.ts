/** Texts that a loop takes for harmless are left as they are by all that masks. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskDatabaseMessage } from '../../../src/wire/redaction/database-message.ts'
import { createNames } from '../../../src/wire/redaction/names.ts'
import { maskFlags, maskPairs } from '../../../src/wire/redaction/pairs.ts'
import { isHarmless, isHarmlessUrl, maskTokens } from '../../../src/wire/redaction/tokens.ts'
import { maskUserInfo } from '../../../src/wire/redaction/user-info.ts'

const names = createNames()
/** Of secrets and of what looks like them, each of which may follow any other. */
const PIECES = [
  'bearer', 'Basic', 'BEARER', 'basis', 'bean', 'eyJhbGciOi', 'SG.', 'AKIA', 'ASIA', 'AIza', 'ghp', 'glpat', 'xoxb', 'sk', 'npm', 'hf', 'password', 'token',
  'Failing row contains (', 'Duplicate entry ', 'insert into t values (', 'select a from b', 'Key (', 'abcdefghijklmnop1234', 'AAAABBBBCCCC1234', 'user', 'é',
  '=', ':', '/', '//', '://', '@', '%', '%20', '?', '&', '#', '_', '-', '--', '.', ',', ' ', '  ', "'", '"', '(', ')', '{', '5432', '1', '\n',
] // biome-ignore format: a table
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(''))

test('nothing in a harmless text is masked', () => {
  let count = 0
  fc.assert(
    fc.property(text, (value) => {
      if (!isHarmless(value)) return
      count++
      expect(maskTokens(value)).toBe(value)
      expect(maskPairs(value, names, false)).toBe(value)
      expect(maskFlags(value, names)).toBe(value)
      expect(maskUserInfo(value)).toBe(value)
      for (const family of [undefined, 'postgresql', 'mysql', 'other'] as const)
        expect(maskDatabaseMessage(value, family)).toBe(value)
    }),
    { numRuns: 20_000 },
  )
  expect(count).toBeGreaterThan(100)
})

test('nothing in a harmless address is masked', () => {
  let count = 0
  fc.assert(
    fc.property(fc.constantFrom('', '/', 'http://', 'https://host', 'http://127.0.0.1:8080/'), text, (start, rest) => {
      const value = start + rest
      if (!isHarmlessUrl(value)) return
      count++
      expect(value).not.toContain('%')
      expect(maskUserInfo(value)).toBe(value)
      expect(maskPairs(value, names, true)).toBe(value)
      expect(maskTokens(value)).toBe(value)
    }),
    { numRuns: 20_000 },
  )
  expect(count).toBeGreaterThan(100)
})

test.for(['user served', '/users/17', 'Order 12 shipped, thanks!', 'best'])('%s is harmless', (value) => {
  expect(isHarmless(value)).toBe(true)
})

test.for(['bearer abcdef12', 'Basic dXNlcjpwYXNz', 'a=b', 'key: v', 'eyJhbGciOi', "it's", 'a-b', 'x_y', 'ü'])(
  '%s is looked at',
  (value) => {
    expect(isHarmless(value)).toBe(false)
  },
)

test.for(['http://user:pw@host/', 'http://user:secret', 'http://host/?a=b', 'http://host/a%3Db', 'http://a:12b/'])(
  '%s is looked at as an address',
  (value) => {
    expect(isHarmlessUrl(value)).toBe(false)
  },
)

test.for(['http://127.0.0.1:8080/stock/17', 'https://host.example/items', '/path'])(
  '%s is a harmless address',
  (value) => {
    expect(isHarmlessUrl(value)).toBe(true)
  },
)
