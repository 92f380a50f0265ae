/** Values that are no text, number or boolean: attributes that stay readable, measurements that spoil no sum. */
import { expect, test } from 'vitest'
import { attributesOf, type Decoded, run } from './later-support.ts'

/** What is recorded as attribute `a` of a span, and of a log record. */
const record = (value: string): string => `
const value = ${value}
withSpan('span', (span) => span.setAttribute('a', value))
logs.getLogger('app').emit({ body: 'record', attributes: { a: value } })`

const rawOf = (item: Decoded): Decoded => item?.attributes?.find(({ key }: Decoded) => key === 'a')?.value

test.concurrent.for<[title: string, value: string, raw: object]>([
  ['a bigint above 2^52', '2n ** 52n + 1n', { intValue: '4503599627370497' }],
  ['a bigint above 2^53', '9007199254740993n', { intValue: '9007199254740993' }],
  ['the largest int64', '2n ** 63n - 1n', { intValue: '9223372036854775807' }],
  ['the smallest int64', '-(2n ** 63n)', { intValue: '-9223372036854775808' }],
  ['a bigint past int64', '2n ** 63n', { stringValue: '9223372036854775808' }],
  ['a small bigint', '5n', { intValue: '5' }],
])('C28 · %s as an attribute of a span and of a log record', async ([, value, raw]) => {
  const { sink } = await run(record(value))
  expect(rawOf(sink.items('traces')[0])).toEqual(raw)
  // the SDK of logs takes none past 2^53: those are exact as text
  expect(String(attributesOf(sink.items('logs')[0])['a'])).toBe(Object.values(raw)[0])
})

test.concurrent.for<[title: string, value: string, right: unknown]>([
  ['a Map', `new Map([['user', 7], ['ok', true]])`, { user: 7, ok: true }],
  ['a Set', `new Set(['a', 'b'])`, ['a', 'b']],
  ['an Error', `new TypeError('boom')`, expect.stringContaining('TypeError: boom')],
  ['a Map in an object', `{ inner: new Map([['k', new Set([1])]]) }`, { inner: { k: [1] } }],
  [
    'an Error without a message, with a code',
    `Object.assign(new RangeError(''), { code: 'E_X' })`,
    expect.stringContaining('RangeError'),
  ],
])('C28 · %s as an attribute is readable', async ([, value, right]) => {
  const { sink } = await run(record(value))
  const readable = (item: Decoded): unknown => {
    const text = attributesOf(item)['a']
    return typeof text === 'string' && /^[[{]/.test(text) ? JSON.parse(text) : text
  }
  expect(readable(sink.items('traces')[0])).toEqual(right)
  expect(readable(sink.items('logs')[0])).toEqual(right)
})
