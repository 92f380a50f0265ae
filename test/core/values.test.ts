/** Values that are no text, number or boolean: attributes that stay readable, measurements that spoil no sum. */
import { expect, test } from 'vitest'
import { attributesOf, type Decoded, linesAbout, run } from './program.ts'

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
  expect(rawOf(sink.items('logs')[0])).toEqual(raw)
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

test.concurrent.for<[title: string, prepare: string]>([
  ['throws', `() => { throw new Error('in prepare') }`],
  ['throws null', '() => { throw null }'],
  ['ends nowhere', '(error) => Error.prepareStackTrace(error)'],
])('C51 · an uncaught error is delivered where Error.prepareStackTrace %s', async ([, prepare]) => {
  const ran = await run(`Error.prepareStackTrace = ${prepare}; setTimeout(() => { throw new TypeError('boom') }, 10)`)
  expect(ran.sink.items('logs').map(attributesOf)).toMatchObject([
    { 'exception.type': 'TypeError', 'exception.message': 'boom' },
  ])
})

const METER = `const meter = metrics.getMeter('app')`
test.concurrent.for<[title: string, body: string]>([
  ['NaN added to a counter', `const one = meter.createCounter('m'); one.add(3); one.add(Number.NaN); one.add(4)`],
  ['Infinity added to a counter', `const one = meter.createCounter('m'); one.add(3); one.add(Infinity); one.add(4)`],
  [
    '-Infinity added to an up-down counter',
    `const one = meter.createUpDownCounter('m'); one.add(3); one.add(-Infinity); one.add(4)`,
  ],
  [
    'Infinity recorded by a histogram',
    `const one = meter.createHistogram('m'); one.record(3); one.record(Infinity); one.record(4)`,
  ],
  [
    'NaN observed by a counter',
    `meter.createObservableCounter('m').addCallback((result) => { result.observe(7); result.observe(Number.NaN) })`,
  ],
])('C51 · %s does not spoil the sum, and is counted', async ([, body]) => {
  const ran = await run(`${METER}; ${body}; forceFlush().then(() => forceFlush())`)
  const found = ran.sink.items('metrics').filter(({ name }) => name === 'm')
  const points = found.flatMap(({ sum, histogram }) => (sum ?? histogram).dataPoints)
  const values = points.map(({ asInt, asDouble, sum }) => Number(sum ?? asDouble ?? asInt))
  const isCumulative = (found[0].sum ?? found[0].histogram).aggregationTemporality === 2
  expect(isCumulative ? values.at(-1) : values.reduce((total, value) => total + value, 0)).toBe(7)
  expect(linesAbout(ran, /NaN|nfinity/)).toHaveLength(1)
})

test.concurrent.for<[title: string, options: string, emit: string]>([
  ['as the body', '', `{ body: 2n ** 60n, attributes: { a: 2n ** 60n } }`],
  [
    'of a record with an exception',
    '',
    `{ body: 2n ** 60n, attributes: { a: 2n ** 60n }, exception: new Error('boom') }`,
  ],
  [
    'after processors of the application',
    'logRecordProcessors: [own]',
    `{ body: 2n ** 60n, attributes: { a: 2n ** 60n } }`,
  ],
  [
    'in a list and a map',
    '',
    `{ body: 2n ** 60n, attributes: { a: 2n ** 60n, b: [1n, 2n ** 60n], c: new Map([['k', { deep: 2n ** 60n }]]) } }`,
  ],
  ['with baggage as attributes', `baggageKeys: ['tenant']`, `{ body: 2n ** 60n, attributes: { a: 2n ** 60n } }`],
])('C28 · a bigint of a log record, %s', async ([, options, emit]) => {
  const body = `const own = { onEmit(record) { console.log(typeof record.attributes.a, JSON.stringify(record.attributes).length > 0) }, forceFlush: async () => {}, shutdown: async () => {} }
configureOpentelemetry({ dsn: '$DSN', runtimeMetrics: false, ${options} }); withSpan('s', () => logs.getLogger('app').emit(${emit}))`
  const ran = await run(body, { options: null })
  const [record] = ran.sink.items('logs')
  const texts = JSON.stringify([record.body, record.attributes])
  expect(texts).not.toContain('"stringValue":"1152921504606846976"')
  expect(texts.match(/"intValue":"1152921504606846976"/g)!.length).toBe(emit.split('2n ** 60n').length - 1)
  expect([rawOf(record), record.body]).toEqual([
    { intValue: '1152921504606846976' },
    { intValue: '1152921504606846976' },
  ])
  expect(ran).toMatchObject({ code: 0, stdout: options.includes('own') ? 'string true\n' : '' })
})
