/** What a span says of a command of MongoDB: its shape, bounded, in the form of OpenTelemetry's instrumentation. */
import { expect, test } from 'vitest'
import { serializeCommand } from '../../../src/instrument/mongodb/serialize-command.ts'

test.for<[object, string]>([
  [{ find: 'users', filter: { name: 'ada', age: { $gt: 3 } } }, '{"find":"?","filter":{"name":"?","age":{"$gt":"?"}}}'],
  [
    { a: null, b: undefined, c: () => {}, d: new Date(0), e: Buffer.from('x'), f: [] },
    '{"a":"?","d":"?","e":"?","f":[]}',
  ],
  [
    { _id: { $in: Array.from({ length: 5000 }, String) } },
    '{"_id":{"$in":["?","?","?","?","?","?","?","?","?","?","4990 more"]}}',
  ],
])('%j', ([command, text]) => {
  expect(serializeCommand(command)).toBe(text)
})

test('what holds itself, is deep or wide has an end', () => {
  const circular: { self?: object } = {}
  circular.self = circular
  expect(serializeCommand(circular)).toBe('{"self":"[Circular]"}')
  let deep: object = {}
  for (let i = 0; i < 100_000; i++) deep = { deep }
  expect(serializeCommand(deep).length).toBeLessThan(300)
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`field${i}`, i]))
  expect(serializeCommand(wide).length).toBeLessThan(2000)
})
