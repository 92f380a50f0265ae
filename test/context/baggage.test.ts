/** W3C baggage: vectors for reading and for writing, and the least that has to pass. */
import { type BaggageEntry, baggageEntryMetadataFromString, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { baggagePropagator } from '../../src/context/baggage.ts'
import { configureLog } from '../../src/log.ts'
import { extract, inject, relay } from './support.ts'

const lines: string[] = []
const keep = (message: string): void => void lines.push(message)
beforeEach(() => configureLog({ logger: { error: keep, warn: keep, info: keep, debug: keep } }))
afterEach(() => {
  configureLog()
  lines.length = 0
})

const read = (baggage: unknown): Array<[string, string, string?]> =>
  (propagation.getBaggage(extract(baggagePropagator, { baggage }))?.getAllEntries() ?? []).map(
    ([key, { value, metadata }]) => (metadata ? [key, value, metadata.toString()] : [key, value]),
  )
const write = (entries: Record<string, BaggageEntry>): string | undefined =>
  inject(baggagePropagator, propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries)))['baggage']
const passOn = (baggage: unknown): string | undefined => relay(baggagePropagator, { baggage })['baggage']

const TOKEN = "!#$%&'*+-.^_`|~09azAZ"

test.for<[unknown, Array<[string, string, string?]>]>([
  ['a=1', [['a', '1']]],
  ['a=1,b=2', [['a', '1'], ['b', '2']]],
  ['a = 1 \t,\t b\t=\t2 ', [['a', '1'], ['b', '2']]],
  ['k=', [['k', '']]],
  ['k= ;p', [['k', '', 'p']]],
  ['a=b=c', [['a', 'b=c']]],
  ['a=%20b%2C%3B', [['a', ' b,;']]],
  ['a=%E2%82%AC', [['a', '€']]],
  ['a=%e2%82%ac', [['a', '€']]],
  ['a=a%FFb', [['a', 'a\uFFFDb']]],
  ['a=%C3', [['a', '\uFFFD']]],
  ['a=%C3%28', [['a', '\uFFFD(']]],
  ['a=%ED%A0%80x', [['a', '\uFFFD\uFFFD\uFFFDx']]],
  ['a=100%', [['a', '100%']]],
  ['a=%zz%2', [['a', '%zz%2']]],
  ['a=+', [['a', '+']]],
  ['a=1;p=€', [['a', '1', 'p=€']]],
  ['a=1;p;q=2', [['a', '1', 'p;q=2']]],
  ['a=1 ; p = 1 ; q', [['a', '1', 'p = 1 ; q']]],
  ['a=1;', [['a', '1']]],
  ['key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue', [['key1', 'value1', 'property1;property2'], ['key2', 'value2'], ['key3', 'value3', 'propertyKey=propertyValue']]],
  [`${TOKEN}=x`, [[TOKEN, 'x']]],
  ['a%20b=1', [['a%20b', '1']]],
  ['A=1,a=2', [['A', '1'], ['a', '2']]],
  ['a=1,a=2', [['a', '2']]],
  ['__proto__=x,constructor=y', [['__proto__', 'x'], ['constructor', 'y']]],
  ['a=1,,b=2,', [['a', '1'], ['b', '2']]],
  ['=1,b=2', [['b', '2']]],
  ['a,b=2', [['b', '2']]],
  ['a b=1,c=2', [['c', '2']]],
  ['é=1,c=2', [['c', '2']]],
  ['a="quoted",b={"c":1}', [['a', '"quoted"'], ['b', '{"c":1}']]],
  [['a=1', 'b=2'], [['a', '1'], ['b', '2']]],
  ['', []],
  [' ', []],
  [',', []],
  [7, []],
  [Buffer.from('a=1'), []],
  [undefined, []],
] as const)('%j is read as %j', ([header, entries]) => {
  expect(read(header)).toEqual(entries)
}) // biome-ignore format: a table

const entry = (value: unknown, metadata?: string): BaggageEntry => ({
  value: value as string,
  ...(metadata !== undefined && { metadata: baggageEntryMetadataFromString(metadata) }),
})

test.for<[Record<string, BaggageEntry>, string | undefined]>([
  [{ a: entry('1') }, 'a=1'],
  [{ a: entry('') }, 'a='],
  [{ a: entry(' b,;') }, 'a=%20b%2C%3B'],
  [{ a: entry('€') }, 'a=%E2%82%AC'],
  [{ a: entry('😀') }, 'a=%F0%9F%98%80'],
  [{ a: entry('half \uD83D') }, 'a=half%20%EF%BF%BD'],
  [{ a: entry('\uDE00\uD83D!') }, 'a=%EF%BF%BD%EF%BF%BD!'],
  [{ a: entry('100%41') }, 'a=100%2541'],
  [{ a: entry('"\\\r\n\0') }, 'a=%22%5C%0D%0A%00'],
  [{ a: entry('a+b') }, 'a=a%2Bb'],
  [{ [TOKEN]: entry('x') }, `${TOKEN}=x`],
  [{ 'my key': entry('x') }, 'my%20key=x'],
  [{ 'schlüssel\r\n': entry('x') }, 'schl%C3%BCssel%0D%0A=x'],
  [{ '': entry('x'), b: entry('y') }, 'b=y'],
  [{ a: entry('1', 'p=€') }, 'a=1;p=%E2%82%AC'],
  [{ a: entry('1', 'p=%E2%82%AC;q') }, 'a=1;p=%E2%82%AC;q'],
  [{ a: entry('1', ' p = 1,2 ;; q ') }, 'a=1;p=1%2C2;q'],
  [{ a: entry('1', 'p\r\nx: y=1') }, 'a=1;p%0D%0Ax%3A%20y=1'],
  [{ a: entry('1', '\uD83D') }, 'a=1;%EF%BF%BD'],
  [{ a: entry('1', '') }, 'a=1'],
  [{ n: entry(7), t: entry(true) }, 'n=7,t=true'],
  [{ u: entry(undefined), o: entry({}), s: entry(Symbol('s')), a: entry('1') }, 'a=1'],
  [{ e: undefined as unknown as BaggageEntry, a: entry('1') }, 'a=1'],
  [{}, undefined],
])('%j is written as %j', ([entries, header]) => {
  expect(write(entries)).toBe(header)
})

describe('the least that has to pass', () => {
  const member = (bytes: number, key = 'a'): string => `${key}=${'v'.repeat(bytes - key.length - 1)}`
  test.for<[string, string]>([
    ['a member of 4,097 bytes', member(4097)],
    ['a header of 8,192 bytes, one member', member(8192)],
    ['64 members', Array.from({ length: 64 }, (_, index) => `k${index}a=${index}`).join(',')],
    [
      '64 members and 8,192 bytes',
      Array.from({ length: 64 }, (_, index) => member(index === 63 ? 128 : 127, `k${index}a`)).join(','),
    ],
    ['180 members', Array.from({ length: 180 }, (_, index) => `k${index}a=${index}`).join(',')],
    ['characters that other writers encode', `a=${"/:?@!$&'()*=[]".repeat(580)}`],
  ])('%s', ([, header]) => {
    expect(header.length).toBeLessThanOrEqual(8192)
    expect(passOn(header)).toBe(header)
    expect(lines).toEqual([])
  })

  test('beyond it members are left out, what fits stays, and one line says so', () => {
    expect(passOn(`big=${'v'.repeat(9000)},small=1`)).toBe('small=1')
    expect(passOn(Array.from({ length: 200 }, (_, index) => `k${index}=1`).join(','))?.split(',')).toHaveLength(180)
    expect(lines).toEqual([expect.stringContaining('baggage: 1 entry was not received')])
    expect(write({ big: entry('€'.repeat(3000)), small: entry('1') })).toBe('small=1')
    expect(lines[1]).toContain('not sent')
  })

  test('a hostile header is read in linear time', () => {
    const started = performance.now()
    for (const text of [
      `a=${' '.repeat(2_000_000)};`,
      ',a='.repeat(700_000),
      `a=1;${'p '.repeat(500_000)}`,
      `a=${'%FF'.repeat(600_000)}`,
    ])
      passOn(text)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

test('nothing is written where tracing is suppressed', () => {
  const context = extract(baggagePropagator, { baggage: 'a=1' })
  expect(inject(baggagePropagator, suppressTracing(context))).toEqual({})
})

test('an entry whose metadata throws costs no other entry', () => {
  const hostile = {
    toString() {
      throw new Error('no')
    },
  } as unknown as BaggageEntry['metadata']
  expect(write({ a: { value: '1' }, b: { value: '2', metadata: hostile! }, c: { value: '3' } })).toBe('a=1,c=3')
  expect(lines).toHaveLength(1)
})
