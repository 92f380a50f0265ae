/** What an application hands to a library arrives there as it was, although an instrumentation writes into its copy. */
import { expect, test } from 'vitest'
import { adapt } from '../../../src/instrument/hooks/app-objects.ts'

class Rec {
  messages = [{ value: 'a' }]
  get topic() {
    return 'orders'
  }
}
class Lazy {
  get messages() {
    return [{ value: 'a' }]
  }
  get topicMessages() {
    return [{ topic: 'orders', messages: [{ value: 'a' }] }]
  }
  get acks() {
    return 1
  }
}

function arrivesAs(name: string, given: unknown): Record<string, unknown> {
  const seen: unknown[] = []
  const write = (original: (...args: unknown[]) => unknown) => (record: { messages?: { headers?: unknown }[] }) => {
    for (const message of record.messages ?? []) message.headers = { traceparent: 'x' }
    return original(record)
  }
  const send = adapt('kafkajs', name, write as never)((record: unknown) => seen.push(record), name)
  send(given)
  return seen[0] as Record<string, unknown>
}

test.for<[string, () => object, string, unknown]>([
  ['send', () => new Rec(), 'topic', 'orders'],
  ['send', () => Object.freeze(new Rec()), 'topic', 'orders'],
  ['send', () => new Lazy(), 'acks', 1],
  ['sendBatch', () => new Lazy(), 'acks', 1],
])('kafkajs %s: members of a class', ([name, create, key, value]) => {
  const given = create() as { messages: object[] }
  expect(arrivesAs(name, given)[key]).toBe(value)
  expect(given.messages[0]).toEqual({ value: 'a' })
})
