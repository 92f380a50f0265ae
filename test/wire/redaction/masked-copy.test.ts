/** What is printed or served has no more secrets than what is sent. */
import { expect, test } from 'vitest'
import { createMask } from '../../../src/wire/redaction/masked-copy.ts'
import { createRedactor } from '../../../src/wire/redaction/redactor.ts'

const mask = createMask(createRedactor())!
const M = 'REDACTED'

test.for<[string, unknown, unknown]>([
  ['a', { password: 'x', n: 1, deep: [{ token: 'x', ok: true }] }, { password: M, n: 1, deep: [{ token: M, ok: true }] }],
  ['cookies', { sid: 'x', more: ['y'] }, { sid: M, more: [M] }],
  ['headers', [['host', 'h'], ['cookie', 'x']], [['host', 'h'], ['cookie', M]]],
  ['headers', [{ name: 'cookie', value: 'x' }], [{ name: 'cookie', value: M }]],
  ['command', { name: 'get', args: ['user:7'] }, { name: 'get', args: ['user:7'] }],
  ['call', { name: 'config', args: ['GET', 'maxmemory'] }, { name: 'config', args: ['GET', 'maxmemory'] }],
  ['call', { name: 'createUser', args: [1, 'x'] }, { name: 'createUser', args: [1, 'x'] }],
  ['rawHeaders', ['Host', 'h', 'Cookie', 'x'], ['Host', 'h', 'Cookie', M]],
  ['map', new Map([['secret', 'x']]), { secret: M }],
  ['set', new Set(['password=x']), [`password=${M}`]],
  ['token', Buffer.from('x'), M],
  ['url', new URL('https://u:p@h/?token=x'), `https://${M}:${M}@h/?token=${M}`],
  ['url.full', 'https://h/?token=x', `https://h/?token=${M}`],
  ['note', undefined, undefined],
  ['note', null, null],
])('%s %j', ([key, value, expected]) => {
  expect(mask(key, value)).toEqual(expected)
}) // biome-ignore format: a table

test('a statement is read by the dialect of its database', () => {
  expect(mask('db.query.text', 'SELECT "x"', 'mysql')).toBe('SELECT ?')
  expect(mask('db.query.text', 'SELECT "x"', 'postgresql')).toBe('SELECT "x"')
})

test('nothing throws, and nothing goes round in a circle', () => {
  const circle: Record<string, unknown> = { password: 'x' }
  circle['self'] = circle
  expect(JSON.stringify(mask('a', circle))).not.toContain('"x"')
  const proxy = new Proxy({}, { ownKeys: () => { throw new Error('no') } }) // biome-ignore format: one line
  expect(mask('a', proxy)).toBe('[unreadable]')
})

test('a function of the user that asks again gets no further', () => {
  const own: { mask?: ReturnType<typeof createMask> } = {}
  own.mask = createMask(createRedactor({ redact: (key, value) => `${String(value)} ${own.mask?.(key, 'again')}` }))
  expect(own.mask?.('a', 'once')).toBe(`once ${M}`)
})

test('redaction: false masks nothing', () => {
  expect(createMask(createRedactor(false))).toBeUndefined()
})
