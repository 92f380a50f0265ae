import path from 'node:path'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { decodeJson, decodeProtobuf } from '../../src/wire/decode.ts'
import { RepeatTable } from '../../src/wire/decode-repeats.ts'

const type = protobuf
  .loadSync(path.join(import.meta.dirname, 'proto', 'otlp.proto'))
  .lookupType('otlp.ExportTraceServiceRequest')

/** OTLP JSON as protobuf. */
function encode(request: object): Uint8Array {
  const text = JSON.stringify(request, (key, value) =>
    /^(trace|span)Id$/.test(key) ? Buffer.from(value, 'hex').toString('base64') : value,
  )
  return type.encode(type.fromObject(JSON.parse(text))).finish()
}

describe('table of repeats', () => {
  const view = new DataView(new TextEncoder().encode('abcdefgh|abcdefgh|abcdefgX|abcdefg').buffer)
  const repeat = (table: RepeatTable<string>, start: number, end: number, value: string) => {
    for (let round = 0; round < 2; round++) {
      expect(table.find(view, start, end)).toBeUndefined()
      table.offer(view, start, end, value)
    }
  }

  test('keeps what comes a second time', () => {
    const table = new RepeatTable<string>(16)
    repeat(table, 0, 8, 'first')
    expect(table.find(view, 9, 17)).toBe('first')
  })

  test('does not take other bytes for it, even in the only slot', () => {
    const table = new RepeatTable<string>(1)
    repeat(table, 0, 8, 'first')
    expect(table.find(view, 18, 26)).toBeUndefined()
    expect(table.find(view, 27, 34)).toBeUndefined()
    expect(table.find(view, 0, 7)).toBeUndefined()
    expect(table.find(view, 0, 0)).toBeUndefined()
  })
})

describe('spans with attributes that repeat', () => {
  const ids = (number: number) => ({
    traceId: `${(number + 1).toString(16)}`.padStart(32, '0'),
    spanId: `${(number + 1).toString(16)}`.padStart(16, '0'),
  })
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } })
  const span = (number: number, attributes: object[]) => ({ ...ids(number), name: `span ${number % 3}`, attributes })
  const kinds = [
    [text('a', '1'), text('b', 'ä'.repeat(20))],
    [text('a', '1'), text('b', 'ä'.repeat(21))],
    [text('a', '2'), text('b', 'ä'.repeat(20))],
    [text('a', '1')],
    [],
    [text('a', '1'), text('a', '2'), { key: 'list', value: { arrayValue: { values: [{ stringValue: 'x' }, {}] } } }],
    [text('__proto__', 'x'), { key: 'n', value: { intValue: '9007199254740993' } }],
    [text('long', 'x'.repeat(2000))],
    [text('k'.repeat(100), 'long key')],
  ]

  test('are decoded like those of JSON, however often they come', () => {
    for (let round = 0; round < 4; round++) {
      const spans = Array.from({ length: 200 }, (_, index) => span(index >> 2, kinds[(index + round) % kinds.length]!))
      const request = { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] }
      const fromBytes = decodeProtobuf('traces', encode(request))
      const strip = (decoded: ReturnType<typeof decodeJson>) =>
        decoded.traces.map((group) => group.items.map(({ shared: _, ...rest }) => rest))
      expect(strip(fromBytes)).toEqual(strip(decodeJson(request)))
    }
  })

  test('share one object from the third time on', () => {
    const request = () => {
      const spans = Array.from({ length: 6 }, (_, index) => span(index, [text('only', 'in this test')]))
      return encode({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    }
    decodeProtobuf('traces', request())
    const items = decodeProtobuf('traces', request()).traces[0]!.items
    expect(new Set(items.map(({ attributes }) => attributes)).size).toBe(1)
  })

  test.for([
    ['no trace id', { traceId: '' }],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }],
    ['a trace id of 15 bytes', { traceId: 'ab'.repeat(15) }],
    ['a span id of zeros', { spanId: '0'.repeat(16) }],
    ['a span id of 16 bytes', { spanId: 'ab'.repeat(16) }],
  ] as const)('%s is none, in protobuf and JSON', ([, wrong]) => {
    const valid = { ...ids(1), name: 'valid' }
    const request = { resourceSpans: [{ scopeSpans: [{ spans: [valid, { ...valid, ...wrong }, valid] }] }] }
    for (const { traces } of [decodeJson(request), decodeProtobuf('traces', encode(request))]) {
      const items = traces[0]!.items
      const [field] = Object.keys(wrong) as ['traceId' | 'spanId']
      expect(items.map((item) => item[field] === '')).toEqual([false, true, false])
      expect(items[2]!.traceId).toBe(valid.traceId)
    }
  })
})
